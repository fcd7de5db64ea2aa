"""The music tab in the browser: a tune by the starter, its notes, the line over what is heard, MIDI."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.pages import RUN_LIMIT_MS, panel
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM


@pytest.fixture
def tab(visit):
    page = visit("music")
    yield panel(page, "music")
    assert page.problems == []


def test_a_tune_is_heard_and_its_notes_are_seen_listed_and_taken_away(tab):
    tab.locator(".md-example").first.click()
    expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    notes = tab.locator(".md-roll svg title")
    count = int(tab.locator(".md-figures div", has_text="notes").locator("dd").inner_text())
    expect(notes).to_have_count(count)
    expect(tab.locator(".md-word-read").first).to_be_visible()
    head = tab.locator(".md-roll-head")
    expect(head).to_be_visible()  # it plays by itself
    first = head.evaluate("line => line.style.left")
    tab.page.wait_for_function(
        "([line, first]) => line.style.left !== first", arg=[head.element_handle(), first]
    )
    tab.get_by_text("The notes as a table").click()
    expect(tab.locator(".md-score tbody tr").first).to_be_visible()
    with tab.page.expect_download() as download:
        tab.get_by_role("button", name="MIDI", exact=True).click()
    assert Path(download.value.path()).read_bytes()[:4] == b"MThd"
