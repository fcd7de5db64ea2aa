"""The page in a real Chromium: first examples, Stop, errors, what is sent, copied and downloaded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from models.spec import CAPABILITIES
from tabs import all_tabs
from tests.browser.pages import (
    RUN_LIMIT_MS,
    RUN_WITH_AXE,
    finish,
    open_page,
    open_tab,
    panel,
    run,
)
from tests.conftest import IN_CHROMIUM
from tests.dropdowns import pick

pytestmark = IN_CHROMIUM


#: Tabs whose own files of tests run them in Chromium and look at the console, too.
RUN_BY_THEMSELVES = {
    "text_generation", "text_to_speech", "speech_to_text", "image_generation", "music", "assistant",
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in RUN_BY_THEMSELVES else [])
        for name in CAPABILITIES
        if name not in RUN_WITH_AXE
    ],
)
def test_the_first_example_of_each_tab_runs_without_a_console_error(visit, name):
    page = visit(name)
    panel(page, name).locator(".md-example").first.click()
    expect(panel(page, name).locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(panel(page, name).locator(".md-alert")).to_have_count(0)
    assert page.problems == []


def test_stop_ends_a_long_run_and_keeps_what_is_done(visit):
    page = visit("sentiment")
    tab = panel(page, "sentiment")
    # no two windows alike: those would be read as one
    text = " ".join(f"Film {number} is good, its end is bad." for number in range(9_000))
    tab.locator("textarea").first.fill(text)
    tab.locator(".md-run").first.click()
    expect(tab.locator(".md-bar").first).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(tab.locator(".md-spinner")).to_have_css("border-top-width", "2px")  # it can be seen
    tab.locator(".md-stop").first.click()
    expect(tab.locator(".md-done").first).to_contain_text("stopped")
    expect(tab.locator(".md-bar").first).to_be_visible()
    expect(tab.locator(".md-run").first).to_be_enabled()
    assert page.problems == []


def test_an_error_stands_in_the_status_line_until_the_next_run(visit):
    page = visit("sentiment")
    tab = panel(page, "sentiment")
    tab.locator(".md-run").first.click()
    expect(tab.get_by_role("alert")).to_contain_text("no text to score")
    tab.locator("textarea").first.fill("Good.")
    tab.locator(".md-run").first.click()
    expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(tab.get_by_role("alert")).to_have_count(0)


def test_a_path_typed_as_a_model_is_refused_on_the_page(visit):
    page = visit("ner")
    tab = panel(page, "ner")
    tab.locator("textarea").first.fill("Good.")
    picker = tab.get_by_label("Model", exact=True).first
    picker.fill("../../etc/passwd")
    picker.press("Enter")
    tab.locator(".md-run").first.click()
    expect(tab.locator(".md-status-slot").get_by_role("alert")).to_contain_text("no model id")


def test_escape_takes_back_what_was_typed_into_a_picker(visit):
    tab = panel(visit("ner"), "ner")
    picker = tab.get_by_label("Model", exact=True).first
    before = picker.input_value()
    picker.click()
    picker.press_sequentially("../no-model")
    picker.press("Escape")
    expect(picker).to_have_value(before)
    tab.locator("textarea").first.click()
    expect(picker).to_have_value(before)
    expect(tab.locator(".md-verdict-slot .md-alert")).to_have_count(0)


def test_markup_in_a_text_is_shown_and_never_run(visit):
    page = visit("ner")
    tab = panel(page, "ner")
    evil = "<img src=x onerror=\"document.title='owned'\"> Ada Lovelace lived in London."
    run(tab, evil)
    assert page.title().endswith("Modeldeck")
    expect(tab).to_contain_text(re.compile("onerror"))


def test_the_header_shows_the_device_and_counts_loaded_models(visit):
    page = visit("tokenizer")
    tab = panel(page, "tokenizer")
    finish(tab, tab.locator(".md-example").first)
    expect(page.locator(".md-gauges")).to_contain_text(re.compile(r"[1-9]\d* loaded"))
    expect(page.locator(".md-gauges")).to_contain_text("cores")


def test_a_translation_is_sent_to_another_tab(visit):
    page = visit("translation", "sentiment")
    tab = panel(page, "translation")
    finish(tab, tab.locator(".md-example").first)
    pick(tab.locator(".md-send-menu input"), all_tabs()["sentiment"].TITLE)
    expect(panel(page, "sentiment").locator("textarea").first).to_have_value(re.compile("casa"))
    assert page.problems == []


def test_a_model_is_pinned_and_unloaded_on_the_page(visit):
    page = visit("ner", "models")
    panel(page, "ner").locator(".md-example").first.click()
    expect(panel(page, "ner").locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    open_tab(page, "models")
    tab = panel(page, "models")
    expect(tab.locator(".md-models-table")).to_contain_text("spaCy")
    pick(tab.get_by_label("A model in memory"), re.compile("spaCy"))
    tab.get_by_role("button", name="Pin or unpin").click()
    expect(tab.locator(".md-models-table tr", has_text="spaCy").first).to_contain_text("pinned")
    tab.get_by_role("button", name="Unload").click()
    expect(tab.get_by_role("status").first).to_contain_text("pinned and stays")
    tab.get_by_role("button", name="Pin or unpin").click()
    expect(tab.get_by_role("status").first).to_contain_text("may leave again")
    tab.get_by_role("button", name="Unload").click()
    expect(tab.get_by_role("status").first).to_contain_text("is gone")
    assert page.problems == []


def test_a_translation_follows_the_typing(visit):
    page = visit("translation")
    tab = panel(page, "translation")
    tab.get_by_label("Translate while I type").check()
    tab.locator("textarea").first.press_sequentially("The house is small.", delay=30)
    expect(tab.locator(".md-output textarea")).to_have_value(
        re.compile(r"casa é pequena\."), timeout=RUN_LIMIT_MS
    )
    assert page.problems == []


def test_a_subtitle_file_comes_back_translated(visit, tmp_path):
    path = tmp_path / "talk.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nThe house is small.\n")
    page = visit("translation")
    tab = panel(page, "translation")
    tab.get_by_text("Translate a file", exact=True).click()
    expect(tab.get_by_role("button", name="Translate the file")).to_be_visible()
    tab.locator(".block", has_text="File (.txt").last.locator("input[type=file]").set_input_files(
        path
    )
    expect(tab.locator("a[href$='/talk.srt']").first).to_be_visible()  # its name is in two parts
    tab.get_by_role("button", name="Translate the file").click()
    button = tab.get_by_text("Download talk.pt.srt")
    expect(button).to_be_visible(timeout=RUN_LIMIT_MS)
    with page.expect_download() as caught:
        button.click()
    text = Path(caught.value.path()).read_text()
    assert "00:00:01,000 --> 00:00:02,000\nA casa" in text


def test_a_word_clicked_away_changes_the_scores(visit):
    page = visit("sentiment")
    tab = panel(page, "sentiment")
    tab.locator("textarea").first.fill("The food was not bad.")
    tab.get_by_text("Which words matter").click()
    part = tab.locator(".md-later", has_text="Which words matter").first
    finish(part, part.get_by_role("button", name="Weigh the words"))
    tab.locator(".md-word", has_text="not").click()
    expect(tab.locator(".md-changes")).to_contain_text("negative", timeout=RUN_LIMIT_MS)
    expect(tab.locator(".md-word[aria-pressed=true]")).to_have_text("not")
    assert page.problems == []


def test_the_open_code_follows_every_run_and_weighed_words_go_with_their_text(visit):
    page = visit("sentiment")
    tab = panel(page, "sentiment")
    run(tab, "A dull film.")
    tab.get_by_text("Which words matter").click()
    tab.get_by_role("button", name="Weigh the words").click()
    expect(tab.locator(".md-word").first).to_be_visible(timeout=RUN_LIMIT_MS)
    tab.get_by_text("Code for this run").last.click()  # the words that matter have their own
    code = tab.locator(".md-code .cm-content").last
    expect(code).to_contain_text("A dull film.")
    finish(tab, tab.locator(".md-example").nth(1))
    expect(code).to_contain_text("The food was cold")
    expect(tab.locator(".md-word")).to_have_count(0)
    box = tab.locator("textarea").first
    for keys in ("Shift+Enter", "Control+Enter"):
        box.fill(f"Sent with {keys}.")
        box.press(keys)
        expect(code).to_contain_text(f"Sent with {keys}.", timeout=RUN_LIMIT_MS)
    assert page.problems == []


def test_the_label_filter_of_entities_acts_at_once(visit):
    page = visit("ner")
    tab = panel(page, "ner")
    run(tab, "Ada Lovelace was born in London in 1815.")
    expect(tab.locator(".md-entity", has_text="London")).to_be_visible(timeout=RUN_LIMIT_MS)
    tab.locator(".md-ner-labels label", has_text="GPE").locator("input").uncheck()
    expect(tab.locator(".md-entity", has_text="London")).to_have_count(0)
    expect(tab.locator(".md-entity", has_text="Ada Lovelace")).to_be_visible()
    assert page.problems == []


def test_swap_moves_languages_and_text(visit):
    page = visit("translation")
    tab = panel(page, "translation")
    tab.locator(".md-example").first.click()
    expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    output = tab.locator(".md-output textarea")
    expect(output).to_have_value(re.compile("casa"))
    written = output.input_value()
    tab.locator(".md-swap").click()
    expect(tab.locator("textarea").first).to_have_value(written)
    expect(tab.get_by_label("From", exact=True)).to_have_value("Portuguese")
    expect(tab.get_by_label("To", exact=True)).to_have_value("English")
    assert page.problems == []


def test_an_answer_is_shown_in_its_place(visit):
    page = visit("question_answering")
    tab = panel(page, "question_answering")
    finish(tab, tab.locator(".md-example").first)
    best = tab.locator("[data-shows='1']")
    best.click()
    expect(tab.locator("mark.md-found")).to_contain_text(best.inner_text())
    tab.get_by_text("Where an answer may start and end").click()
    expect(tab.locator(".md-strip")).to_be_visible()
    assert page.problems == []


def test_a_link_is_copied_and_what_it_restores_elsewhere_runs_by_ctrl_enter(
    visit, chromium, address
):
    words = "The house is small & <b>old. The garden is green + full of trees. We plant one more."
    first = visit("summarization")
    first.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab = panel(first, "summarization")
    tab.locator("textarea").first.fill(words)
    tab.get_by_label("Short").check()
    tab.get_by_role("button", name="Copy link").click()
    expect(tab.locator("#link-summarization")).to_have_text("Link copied")
    link = first.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{address}?tab=summarization&")
    second = open_page(chromium, f"{link}&x=1&", width=390)  # with what others put into addresses
    tab = panel(second, "summarization")
    text = tab.locator("textarea").first
    expect(text).to_have_value(words)
    expect(tab.get_by_label("Short")).to_be_checked()
    text.press("Control+Enter")
    expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    second.close()


def test_entities_are_downloaded_after_the_first_run(visit):
    page = visit("ner")
    tab = panel(page, "ner")
    tab.locator(".md-example").first.click()
    expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    with page.expect_download() as caught:
        tab.locator(".md-ner-files").get_by_text("CSV").click()
    assert "Ada Lovelace" in Path(caught.value.path()).read_text()
    tab.get_by_text("Masked copy", exact=True).click()
    expect(tab.locator("textarea").nth(1)).to_have_value(re.compile(r"^\[PERSON\]"))


def test_a_transcript_is_downloaded_after_the_first_run(visit):
    page = visit("speech_to_text")
    tab = panel(page, "speech_to_text")
    tab.locator(".md-example").first.click()
    expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    with page.expect_download() as caught:
        tab.locator(".md-transcript-files").get_by_text("SRT").click()
    assert "-->" in Path(caught.value.path()).read_text()
