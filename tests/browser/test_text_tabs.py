"""The text tabs by hand: what a person clicks and types, and what the page then says."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import PHONE, RUN_LIMIT_MS, open_tab, panel
from tests.conftest import IN_CHROMIUM
from tests.dropdowns import pick

pytestmark = IN_CHROMIUM


def test_an_emptied_text_takes_its_translation_away(visit):
    page = visit("translation")
    tab = panel(page, "translation")
    tab.get_by_label("Translate while I type").check()
    text, output = tab.locator("textarea").first, tab.locator(".md-output textarea")
    text.press_sequentially("The house is small.", delay=20)
    expect(output).to_have_value(re.compile("casa"), timeout=RUN_LIMIT_MS)
    text.press("Control+a")
    text.press("Delete")
    expect(output).to_have_value("")
    expect(tab.locator(".md-done")).to_have_count(0)
    assert page.problems == []


def test_a_value_that_a_link_can_not_restore_is_named(visit):
    page = visit("summarization", link="tab=summarization&text=One.+Two.&length=<b>huge")
    tab = panel(page, "summarization")
    expect(page.locator(".toast-body")).to_contain_text("length can't be '<b>huge'")
    expect(tab.locator("textarea").first).to_have_value("One. Two.")
    expect(tab.get_by_label("Medium")).to_be_checked()
    page.locator(".toast-close").click()
    expect(page.locator(".toast-body")).to_have_count(0)


def test_sending_nothing_says_that_there_is_nothing(visit):
    page = visit("translation")
    pick(panel(page, "translation").locator(".md-send-menu input"), "Sentiment")
    expect(page.locator(".toast-body")).to_contain_text("There is no translation yet.")
    expect(panel(page, "translation")).to_be_visible()


def test_each_paragraph_runs_in_the_direction_of_its_script(pages):
    """A dot at the end of an Arabic sentence stands at its left, and the text begins at the right."""
    page = pages.untouched()
    open_tab(page, "sentiment")
    text = panel(page, "sentiment").locator("textarea").first
    expect(text).to_have_css("unicode-bidi", "plaintext")
    expect(text).to_have_css("text-align", "start")


def test_a_long_name_of_a_model_ends_before_the_arrow_of_its_menu(pages):
    page = pages.untouched(**PHONE)
    open_tab(page, "question_answering")
    name = panel(page, "question_answering").get_by_label("Model", exact=True).first
    room = """part => part.getBoundingClientRect().right
        - parseFloat(getComputedStyle(part).paddingRight)
        <= part.parentElement.querySelector('svg').getBoundingClientRect().left"""
    expect(name).to_have_css("text-overflow", "ellipsis")
    page.wait_for_function(room, arg=name.element_handle())


def test_a_translation_goes_back_and_its_differences_are_marked(visit):
    page = visit("translation")
    tab = panel(page, "translation")
    tab.locator(".md-example").first.click()
    expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    tab.get_by_text("Check by translating back", exact=True).click()
    tab.get_by_role("button", name="Translate back").click()
    back = tab.locator(".md-later", has_text="Check by translating back")
    expect(back.locator(".md-text")).to_contain_text("The house is small", timeout=RUN_LIMIT_MS)
    expect(back.locator(".md-note").last).to_contain_text("a hint, not a fault")
    tab.get_by_text("Other wordings", exact=True).click()
    expect(tab.get_by_role("button", name="Find other wordings")).to_be_disabled()
    expect(tab.get_by_text("This model gives its best translation only")).to_be_visible()
    assert page.problems == []


def test_a_book_in_question_answering_shows_progress_and_stops(visit):
    page = visit("question_answering")
    tab = panel(page, "question_answering")
    tab.get_by_label("Question", exact=True).fill("When did the bridge open?")
    filler = "The weather was mild and nothing of note happened that day. "
    tab.get_by_label("Passage", exact=True).fill(filler * 10_000)
    tab.locator(".md-run").first.click()
    read = tab.locator(".md-note", has_text="overlapping windows").first
    expect(read).to_contain_text(re.compile(r"read in [\d,]+ of"), timeout=RUN_LIMIT_MS)
    tab.get_by_label("Question", exact=True).press("Escape")
    expect(tab.locator(".md-done").first).to_contain_text("stopped")
    expect(read).to_be_visible()
    assert page.problems == []


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("sentiment", "هذا الفيلم رائع وأحببته كثيرا.", "Arabic"),
        ("zero_shot", "Me gusta mucho jugar al fútbol con mis amigos los domingos.", "Spanish"),
    ],
)
def test_a_foreign_text_is_named_beside_its_result(visit, name, text, language):
    page = visit(name)
    tab = panel(page, name)
    tab.locator("textarea").first.fill(text)
    tab.locator(".md-run").first.click()
    expect(tab.locator(".md-foreign")).to_contain_text(f"looks {language}", timeout=RUN_LIMIT_MS)
    expect(tab.locator(".md-bar").first).to_be_visible()
