"""Transcripts in the browser: play from a word, correct a phrase, many files, and a live microphone."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import expect

from models.audio import read_audio
from tests.browser.pages import RUN_LIMIT_MS, open_page, open_tab, panel
from tests.browser.passing import seen, watch
from tests.conftest import CHROMIUM, CHROMIUM_ARGS, IN_CHROMIUM

pytestmark = IN_CHROMIUM
EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"


@pytest.fixture
def spoken(playwright, address, tmp_path):
    """A page whose microphone hears a passage of a novel: Chromium takes it as an argument."""
    sound = tmp_path / "spoken.wav"
    soundfile.write(sound, read_audio(EXAMPLES / "austen-passage.flac", 48_000), 48_000)
    args = [*CHROMIUM_ARGS, f"--use-file-for-fake-audio-capture={sound}"]
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
    yield open_page(browser, address)
    browser.close()


def test_a_word_plays_is_marked_and_a_correction_outlives_a_tab_switch(visit):
    page = visit("speech_to_text")
    tab = panel(page, "speech_to_text")
    tab.get_by_role("button", name="Three in a row").click()
    expect(tab.locator("audio.md-heard")).to_be_visible(timeout=RUN_LIMIT_MS)
    word = tab.locator(".md-said [data-end]", has_text="Dashwood")
    watch(page, ".md-spoken")
    word.click()
    assert seen(page)
    at = page.evaluate("document.querySelector('.md-heard').currentTime")
    assert at >= float(word.get_attribute("data-start")) - 0.01
    page.evaluate("document.querySelector('.md-heard').pause()")
    tab.get_by_label("Correct the text").check()
    phrase = tab.locator(".md-said").nth(1)
    phrase.click()
    phrase.fill("He was <b>no</b> bad man.")
    phrase.press("Enter")
    box = tab.locator("textarea").first
    corrected = re.compile(re.escape("He was <b>no</b> bad man."))
    expect(box).to_have_value(corrected)
    open_tab(page, "sentiment")
    open_tab(page, "speech_to_text")
    expect(tab.locator(".md-said").nth(1)).to_have_text("He was <b>no</b> bad man.")
    expect(box).to_have_value(corrected)
    with page.expect_download() as download:
        tab.get_by_role("button", name="SRT", exact=True).click()
    written = Path(download.value.path()).read_text()
    assert "He was <b>no</b> bad man." in written
    assert written.startswith("1\n00:00:0")
    assert page.problems == []


def test_many_recordings_give_one_zip_and_a_bad_one_stops_none(visit, tmp_path):
    page = visit("speech_to_text")
    tab = panel(page, "speech_to_text")
    (tmp_path / "notes.wav").write_text("this is no audio")
    tab.get_by_text("Many recordings at once").click()
    part = tab.locator(".md-batch")
    part.locator("input[type=file]").set_input_files(
        [EXAMPLES / "austen-married.flac", tmp_path / "notes.wav", EXAMPLES / "austen-leisure.flac"]
    )
    expect(part.get_by_text("austen-leisure")).to_be_visible()
    part.locator(".md-part-run").click()
    expect(part.locator(".md-batch-table tbody tr")).to_have_count(3, timeout=RUN_LIMIT_MS)
    expect(part.locator(".md-batch-table tbody tr").nth(1)).to_contain_text("no audio file")
    expect(part.locator(".md-batch-table tbody tr").nth(2)).to_contain_text("Dashwood")
    button = part.get_by_role("button", name="Download all as ZIP")
    expect(button).to_be_enabled()
    with page.expect_download() as download:
        button.click()
    names = zipfile.ZipFile(download.value.path()).namelist()
    assert {"transcripts.csv", "austen-married.srt", "austen-leisure.json"} <= set(names)
    assert "notes.txt" not in names
    assert page.problems == []


def test_words_appear_while_somebody_speaks_and_stay_when_the_microphone_stops(spoken):
    open_tab(spoken, "speech_to_text")
    tab = panel(spoken, "speech_to_text")
    tab.get_by_text("Live from the microphone").click()
    tab.get_by_role("button", name="Start listening").click()
    live = tab.locator(".md-live")
    expect(live).to_contain_text("leisure to consider", timeout=RUN_LIMIT_MS)
    tab.get_by_role("button", name="Stop listening").click()
    box = tab.locator("textarea").first
    expect(box).to_have_value(re.compile("leisure to consider"), timeout=RUN_LIMIT_MS)
    expect(tab.locator(".md-live .md-tail")).to_have_count(0)
    expect(tab.get_by_role("button", name="VTT", exact=True)).to_be_enabled()
    # what was heard is there to be played, and to be transcribed again
    expect(tab.locator("audio.md-heard")).to_be_visible()
    tab.locator(".md-said [data-end]", has_text="leisure").first.click()
    spoken.wait_for_function("document.querySelector('.md-heard').currentTime > 1")
    tab.get_by_role("button", name="Transcribe", exact=True).click()
    expect(tab.locator(".md-done", has_text="already loaded")).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(box).to_have_value(re.compile("leisure to consider"))
    assert spoken.problems == []
