"""The parts under a tab, by hand: two models compared, and many texts from pasted lines and a file."""

from __future__ import annotations

import csv
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.pages import RUN_LIMIT_MS, panel
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM
TEXT = (
    "The lighthouse was closed for four years. Engineers repaired the lens and moved the cottage. "
    "It will open to visitors next summer."
)


def opened(visit, name, title):
    """The page, and the accordion of a tab, opened."""
    page = visit(name)
    accordion = panel(page, name).locator(f".md-{title}").first
    accordion.locator("button").first.click()
    expect(accordion.locator(".md-part-run")).to_be_visible()
    return page, accordion


def test_two_models_answer_side_by_side_with_their_difference_and_costs(visit):
    page, part = opened(visit, "summarization", "compare")
    tab = panel(page, "summarization")
    tab.locator("textarea").first.fill(TEXT)
    part.get_by_label("Second model").press("Control+Enter")
    expect(part.locator(".md-side .md-done")).to_have_count(2, timeout=RUN_LIMIT_MS)
    expect(tab.locator(".md-done")).to_have_count(2)  # and the tab's own run was not started
    expect(part.locator(".md-difference-title")).to_be_visible()
    expect(part).to_contain_text("as fast")
    assert page.problems == []


def test_a_model_that_can_not_be_had_fails_beside_a_result(visit):
    page, part = opened(visit, "ner", "compare")
    panel(page, "ner").locator("textarea").first.fill("Good.")
    second = part.get_by_label("Second model")
    second.fill("../../etc/passwd")
    second.press("Enter")
    part.locator(".md-part-run").click()
    expect(part.locator(".md-side").nth(1).get_by_role("alert")).to_contain_text("no model id")
    expect(part.locator(".md-side").nth(0).locator(".md-done")).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(part.locator(".md-difference-title")).to_have_count(0)


def test_pasted_lines_are_scored_and_shown_row_by_row(visit):
    page, part = opened(visit, "sentiment", "batch")
    lines = part.locator("textarea").first
    lines.fill("A lovely film.\n\nA dull and bad film.")
    lines.press("Control+Enter")
    expect(part.locator(".md-done")).to_contain_text("2 of 2 rows", timeout=RUN_LIMIT_MS)
    expect(part.locator("tbody tr")).to_have_count(2)
    assert page.problems == []


def test_a_csv_comes_back_with_its_columns_the_results_and_the_errors(visit, tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_bytes(
        "id;review;stars\n1;Déjà vu, but lovely.;5\n2;;1\n3;one;too;many\n".encode("latin-1")
    )
    page, part = opened(visit, "sentiment", "batch")
    part.locator("input[type=file]").set_input_files(path)
    expect(part.locator(".md-batch-reading .md-status").first).to_contain_text("Windows-1252")
    expect(part.get_by_label("Column with the texts")).to_have_value("review")
    part.locator(".md-part-run").click()
    expect(part.locator(".md-done")).to_contain_text("2 failed", timeout=RUN_LIMIT_MS)
    with page.expect_download() as download:
        part.get_by_role("button", name="Download CSV").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["review"] == "Déjà vu, but lovely."
    assert (rows[0]["label"], rows[0]["stars"], rows[0]["error"]) == ("positive", "5", "")
    assert "Line 3" in rows[1]["error"]
    assert "Line 4" in rows[2]["error"]
    assert page.problems == []


def test_stop_keeps_the_rows_that_are_done_and_offers_their_files(visit, tmp_path):
    path = tmp_path / "many.txt"
    path.write_text("A good film with a bad end, which is a pity.\n" * 40_000)
    page, part = opened(visit, "sentiment", "batch")
    part.locator("input[type=file]").set_input_files(path)
    expect(part.locator(".md-batch-reading .md-status").first).to_contain_text("40,000 rows")
    part.locator(".md-part-run").click()
    expect(part.locator(".md-busy")).to_contain_text("of 40,000 rows", timeout=RUN_LIMIT_MS)
    part.locator(".md-part-stop").click()
    expect(part.locator(".md-done")).to_contain_text("stopped")
    expect(part.get_by_role("button", name="Download JSONL")).to_be_visible()
    assert page.problems == []


def test_questions_are_asked_about_the_tabs_passage(visit):
    page, part = opened(visit, "question_answering", "batch")
    panel(page, "question_answering").get_by_role("textbox", name="Passage").fill(TEXT)
    part.locator("textarea").first.fill("When will it open?\nWhat did engineers repair?")
    part.locator(".md-part-run").click()
    expect(part.locator(".md-done")).to_contain_text("2 of 2 rows", timeout=RUN_LIMIT_MS)
    expect(part.locator("tbody tr").nth(1)).to_contain_text("the lens")


@pytest.mark.parametrize(
    ("name", "lines", "ending", "tag"),
    [
        ("image_generation", "a panda\na blue car", "png", "img"),
        ("text_to_speech", "Good morning.\nGood night.", "wav", "audio"),
    ],
)
def test_what_the_rows_make_is_shown_and_comes_in_one_archive(visit, name, lines, ending, tag):
    page, part = opened(visit, name, "batch")
    part.locator("textarea").first.fill(lines)
    part.locator(".md-part-run").click()
    expect(part.locator(".md-done")).to_contain_text("2 of 2 rows", timeout=RUN_LIMIT_MS)
    expect(part.locator(f".md-made {tag}")).to_have_count(2)
    loaded = "e => e.complete ? e.naturalWidth : fetch(e.src).then(r => Number(r.ok))"
    assert part.locator(f".md-made {tag}").first.evaluate(loaded) > 0
    with page.expect_download() as download:
        part.get_by_role("button", name="Download ZIP").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        endings = [found.rsplit(".")[-1] for found in archive.namelist()]
    assert endings == ["csv", "jsonl", ending, ending]
    assert page.problems == []


def test_tokens_are_counted_for_every_line(visit):
    _, part = opened(visit, "tokenizer", "batch")
    part.locator("textarea").first.fill("Hello world\nunbelievable")
    part.locator(".md-part-run").click()
    expect(part.locator(".md-done")).to_contain_text("2 of 2 rows", timeout=RUN_LIMIT_MS)
    expect(part.locator("tbody tr").first).to_contain_text("Hello world")


def test_an_emptied_picker_runs_nothing_and_says_so(visit):
    page = visit("sentiment")
    tab = panel(page, "sentiment")
    tab.locator("textarea").first.fill("A lovely film.")
    picker = tab.locator(".md-picker input")
    picker.fill("")
    picker.press("Tab")
    expect(tab.locator(".md-verdict-slot").first).to_contain_text("No model is chosen.")
    expect(tab.locator(".md-card-slot").last).to_be_empty()
    expect(tab.get_by_role("option")).to_have_count(0)
    tab.locator(".md-run").first.click()
    expect(tab.locator(".md-status-slot").first).to_contain_text("Choose one in the picker")
    expect(tab.locator(".md-done")).to_have_count(0)
    assert page.problems == []


def test_an_emptied_number_of_a_slider_is_the_usual_one_again(visit):
    page = visit("question_answering")
    tab = panel(page, "question_answering")
    tab.locator(".md-code > button").click()
    number = tab.get_by_label("number input for Answers")
    expect(tab.locator(".md-code .cm-content")).to_contain_text("count = 3")
    number.fill("7")
    expect(tab.locator(".md-code .cm-content")).to_contain_text("count = 7")
    number.fill("")
    expect(tab.locator(".md-code .cm-content")).to_contain_text("count = 3")
    number.blur()
    expect(number).to_have_value("3")
    assert page.problems == []
