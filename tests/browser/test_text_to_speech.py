"""The speech tab in the browser: heard while it is made, read along, seek by word, check, chapters."""

from __future__ import annotations

import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.pages import RUN_LIMIT_MS, panel
from tests.browser.passing import seen, watch
from tests.conftest import IN_CHROMIUM
from tests.dropdowns import pick

pytestmark = IN_CHROMIUM
STORM = (
    "It was the third day of the storm, and nobody had slept. The captain counted 14 men on deck."
)
BOOK = "\n\n".join(f"# Part {number}\n\n{STORM}" for number in range(1, 25))
#: Words that are marked while they are heard: any, and those of the last piece.
SPOKEN = ".md-reading .md-now .md-now-word"
SPOKEN_AT_LAST = ".md-reading .md-now:last-child .md-now-word"
#: At a click: what was heard before, while the speech was made, counts no more.
FORGET = """word => word.addEventListener("click", () => {
    window.seen = [];
    document.querySelector(".md-now-word")?.classList.remove("md-now-word");
})"""


@pytest.fixture
def tab(visit):
    page = visit("text_to_speech")
    yield panel(page, "text_to_speech")
    assert page.problems == []


def button(tab, name):
    return tab.get_by_role("button", name=name, exact=True).first


def test_a_book_is_heard_and_marked_while_it_is_made_and_stop_keeps_its_chapters(tab):
    pick(tab.get_by_label("Model", exact=True).first, "Piper Joe")
    expect(tab.get_by_label("Voice", exact=True)).to_have_value("Joe, American")
    tab.get_by_label("Text", exact=True).first.fill(BOOK)
    watch(tab.page, SPOKEN)
    button(tab, "Speak").click()
    player = tab.locator(".md-pieces audio")
    expect(player).to_be_visible(timeout=RUN_LIMIT_MS)
    tab.page.wait_for_function("audio => audio.currentTime > 0.3", arg=player.element_handle())
    assert seen(tab.page)
    expect(tab.locator(".md-figures dd").first).to_contain_text(re.compile(r"\d of 24: Part \d"))
    button(tab, "Stop").click()
    expect(tab.locator(".md-done").first).to_contain_text("stopped", timeout=RUN_LIMIT_MS)
    with tab.page.expect_download() as download:
        button(tab, "Chapters").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        names = archive.namelist()
    assert names[0] == "01 Part 1.wav"
    assert 1 <= len(names) < 24


def test_a_click_on_a_word_plays_from_there_and_the_check_counts_the_words(tab):
    tab.locator(".md-example", has_text="Numbers and names").click()
    expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    last = tab.locator(".md-reading [data-piece]").last
    last.hover()
    word = last.locator("[data-start]", has_text="Edinburgh")
    watch(tab.page, SPOKEN_AT_LAST)
    word.evaluate(FORGET)
    word.click()
    assert seen(tab.page)[0] not in ("The", "train", "to")
    tab.get_by_text("What the voice reads").click()
    expect(tab.locator(".md-reading-as").first).to_contain_text(
        "forty five dollars and fifty cents"
    )
    tab.get_by_text("Check it with speech to text").click()
    button(tab, "Check it").click()
    found = tab.locator(".md-figures", has_text="word error rate")
    expect(found).to_be_visible(timeout=RUN_LIMIT_MS)
    rate = float(re.search(r"word error rate\s*([\d.]+)%", found.inner_text())[1])
    assert rate <= 20


def test_a_voice_is_heard_with_one_click(tab):
    button(tab, "▶ Hear it").click()
    sample = tab.locator(".md-sample audio")
    expect(sample).to_be_visible(timeout=RUN_LIMIT_MS)
    tab.page.wait_for_function("audio => audio.currentTime > 0.1", arg=sample.element_handle())
    expect(tab.locator(".md-sample figcaption")).to_have_text("Sample of Heart, American")
