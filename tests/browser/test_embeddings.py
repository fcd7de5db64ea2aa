"""The embeddings tab by hand: its table by keys, a search and what is kept, files, values sent to it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.pages import RUN_LIMIT_MS, finish, open_tab, panel
from tests.conftest import IN_CHROMIUM
from tests.dropdowns import pick

pytestmark = IN_CHROMIUM
TEXT = "The kitten sleeps on <b>the roof</b>.\n\nYour money comes back within five days."


def opened(page):
    open_tab(page, "embeddings")
    tab = panel(page, "embeddings")
    tab.get_by_role("tab", name="Search").click()
    return tab


def test_the_cells_of_the_table_tell_their_texts_by_arrow_keys(tour):
    open_tab(tour, "embeddings")
    tab = panel(tour, "embeddings")
    tab.locator(".md-example:visible").first.click()
    expect(tab.locator(".md-heat-map tbody tr")).to_have_count(6, timeout=RUN_LIMIT_MS)
    tab.locator(".md-heat-map td").first.focus()
    tour.keyboard.press("ArrowRight")
    expect(tab.locator(".md-pair-said")).to_contain_text("How do I get my money back?")
    expect(tab.locator(".md-pair-said")).to_contain_text("I would like a refund")
    assert tour.problems == []


def test_a_second_query_reads_the_query_only(tour):
    tab = opened(tour)
    tab.get_by_label("Text to search in").fill(TEXT)
    tab.get_by_label("Query", exact=True).fill("cat")
    finish(tab, tab.locator(".md-run:visible"))
    expect(tab.locator(".md-rankings mark").first).to_have_text(
        "The kitten sleeps on <b>the roof</b>."
    )
    expect(tab.locator(".md-search")).to_contain_text("Read in this run: 2.")
    tab.get_by_label("Query", exact=True).fill("refund")
    finish(tab, tab.locator(".md-run:visible"))
    expect(tab.locator(".md-rankings mark").first).to_have_text(re.compile("Your money"))
    expect(tab.locator(".md-search")).to_contain_text("only the query was read")
    assert tour.problems == []


def test_a_column_of_a_table_is_searched(visit, tmp_path):
    table = tmp_path / "help.csv"
    table.write_text("id,answer\n1,The kitten sleeps.\n2,Your money comes back.\n")
    tab = opened(visit("embeddings"))
    tab.locator(".md-drop input[type=file]:not(.md-batch *)").last.set_input_files(table)
    expect(tab.get_by_label("Column with the texts").last).to_have_value("answer")
    tab.get_by_label("Query", exact=True).fill("refund")
    finish(tab, tab.locator(".md-run:visible"))
    expect(tab.locator(".md-hit-head").first).to_contain_text("row at line 3")


def test_a_text_that_is_sent_here_opens_the_search(tour):
    open_tab(tour, "ner")
    source = panel(tour, "ner")
    source.get_by_label("Text", exact=True).first.fill(TEXT)
    pick(source.locator(".md-send-menu input").first, "Embeddings", exact=True)
    tab = panel(tour, "embeddings")
    expect(tab.get_by_label("Text to search in")).to_have_value(TEXT)
    expect(tab.get_by_label("Text to search in")).to_be_visible()
