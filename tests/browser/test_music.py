"""The music tab in the browser: a tune by the starter, its notes, the line over what is heard, MIDI."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.pages import RUN_LIMIT_MS, finish, panel
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


#: Presses Stop as soon as there is something to keep: a hand that no machine is too quick for.
_STOP_AT_THE_FIRST_NOTE = """tab => new MutationObserver((_, watching) => {
    if (!tab.querySelector(".md-music-meter") || !tab.querySelector(".md-roll svg title")) return;
    watching.disconnect();
    tab.querySelector(".md-stop").click();
}).observe(tab, { childList: true, subtree: true })"""


def test_stop_keeps_what_was_made_of_a_long_piece_and_the_next_one_is_made(tab):
    tab.locator("textarea").first.fill("A slow air on the flute")
    tab.get_by_label("number input for Seconds").fill("120")
    tab.evaluate(_STOP_AT_THE_FIRST_NOTE)
    tab.locator(".md-run").first.click()
    line = tab.locator(".md-done").first
    expect(line).to_contain_text("stopped: what was done is kept", timeout=RUN_LIMIT_MS)
    expect(tab.locator(".md-figures").first).to_contain_text("of 120 s")
    expect(tab.locator(".md-music-player")).to_be_visible()
    expect(tab.get_by_role("button", name="MIDI", exact=True)).to_be_enabled()
    seed = tab.get_by_label("Seed", exact=True).input_value()
    assert seed.isdigit()
    tab.get_by_label("number input for Seconds").fill("2")
    finish(tab, tab.locator(".md-run").first)
    expect(line).not_to_contain_text("stopped")
