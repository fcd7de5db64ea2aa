"""The label box by hand: typed, pasted, removed, and run with what still stands in it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.pages import RUN_LIMIT_MS, open_page, open_tab, panel
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM
PASTE = """(box, text) => {
    const data = new DataTransfer();
    data.setData("text", text);
    box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def tab(chromium, address):
    """One page for all tests here."""
    page = open_page(chromium, f"{address}?tab=zero_shot&labels=red%0Agreen%20apple", width=390)
    open_tab(page, "zero_shot")
    yield panel(page, "zero_shot")
    assert page.problems == []
    page.close()


def test_labels_are_added_and_removed_by_hand_and_the_run_asks_for_them(tab):
    box, names = tab.get_by_role("textbox", name="Labels"), tab.locator("[data-chips] span")
    expect(names).to_have_text(["red", "green apple"])  # from the link
    box.press_sequentially("sport,")
    box.press_sequentially("RED")
    box.press("Enter")
    expect(names).to_have_text(["red", "green apple", "sport"])
    expect(box).to_have_value("")
    box.evaluate(PASTE, "cooking, <b>bold\nmusic")
    expect(names).to_have_text(["red", "green apple", "sport", "cooking", "<b>bold", "music"])
    tab.get_by_role("button", name="Remove red").click()
    expect(box).to_be_focused()
    box.press("Backspace")
    expect(names).to_have_text(["green apple", "sport", "cooking", "<b>bold"])
    expect(tab.locator(".md-preview")).to_contain_text("This text is about green apple.")
    tab.get_by_label("Text", exact=True).first.fill("The keeper saved a penalty.")
    box.press_sequentially("chess")
    box.press("Control+Enter")
    expect(tab.locator(".md-bar-name")).to_have_count(5, timeout=RUN_LIMIT_MS)
    expect(tab.locator(".md-bar-name").first).to_have_text("sport")
    expect(tab.locator(".md-bars")).to_contain_text("chess")


def test_a_set_fills_labels_and_template_and_a_bad_template_is_told_before_a_run(tab):
    tab.get_by_role("button", name="Emotions").click()
    expect(tab.locator("[data-chips] span").first).to_have_text("joy")
    expect(tab.locator(".md-preview")).to_contain_text("The writer feels joy.")
    tab.get_by_label("Hypothesis template").fill("no place")
    expect(tab.locator(".md-alert")).to_contain_text("has no {}")
