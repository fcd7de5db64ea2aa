"""The tokenizer tab in a real Chromium: hover, comparison, template edit, steps, a megabyte."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import RUN_LIMIT_MS, finish, open_tab, panel
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM
EVIL = "Hi <img src=x onerror=\"document.title='owned'\"> \U0001fae8"


@pytest.fixture
def tab(tour):
    """The tab on one page for all tests: each looks at a view of its own, or writes its own text."""
    open_tab(tour, "tokenizer")
    tour.mouse.move(2, 2)  # away from the tokens that will appear
    yield panel(tour, "tokenizer")
    assert tour.problems == []


def view(tab, name):
    title = tab.get_by_role("tab", name=name, exact=True)
    title.click()
    expect(title).to_have_attribute("aria-selected", "true")


def run(tab):
    finish(tab, tab.locator(".md-run:visible"))


def test_pointing_at_a_token_marks_its_text_and_pointing_at_text_marks_its_tokens(tab):
    view(tab, "Tokens")
    tab.locator("textarea:visible").first.fill(EVIL)
    run(tab)
    assert tab.page.title().endswith("Modeldeck")
    tab.locator(".md-tokens .md-token").first.hover()
    expect(tab.locator(".md-token-text .md-marked")).to_have_text("Hi")
    expect(tab.locator(".md-token-detail")).to_contain_text("id ")
    tab.locator(".md-token-text .md-shared").last.hover()
    marked = tab.locator(".md-tokens .md-marked")
    expect(marked).to_have_count(tab.locator(".md-tokens .md-partial").count())
    assert marked.count() >= 2


def test_arrow_keys_step_through_the_tokens(tab):
    view(tab, "Tokens")
    tab.locator("textarea:visible").first.fill("one two")
    tab.locator("textarea:visible").first.press("Control+Enter")
    expect(tab.locator(".md-token-text")).to_have_text("one two")
    tab.locator(".md-tokens").focus()
    tab.page.keyboard.press("ArrowRight")
    expect(tab.locator(".md-token-text .md-marked")).to_have_text("one")
    tab.page.keyboard.press("ArrowRight")
    expect(tab.locator(".md-token-text .md-marked")).to_have_text(" two")


def test_the_table_of_all_tokens_is_downloaded(visit):
    tab = panel(visit("tokenizer"), "tokenizer")  # where no button has the file of another run
    tab.locator("textarea:visible").first.fill("one two three")
    run(tab)
    with tab.page.expect_download() as download:
        tab.get_by_role("button", name="All tokens as CSV").click()
    assert download.value.suggested_filename == "tokens.csv"
    assert download.value.path().read_text().count("\n") == 4


def test_tokenizers_are_compared_side_by_side(tab):
    view(tab, "Side by side")
    run(tab)
    expect(tab.locator(".md-done:visible")).to_contain_text("3 of 3")
    table = tab.get_by_role("region", name="Cost of the text")
    expect(table.locator("tbody tr")).to_have_count(3)
    expect(table).to_contain_text("1.00\u00d7")
    languages = tab.get_by_role("region", name="Languages")
    expect(languages.locator("tbody tr")).to_have_count(10)
    expect(languages).to_contain_text("Chinese (traditional)")


def test_edits_of_a_chat_reach_what_is_rendered_and_a_template_that_loops_is_ended(tab):
    view(tab, "Chat")
    tab.get_by_label("Message 2", exact=True).fill("Is <b>this</b> safe?")
    run(tab)
    rendered = tab.locator(".md-rendered:visible").first
    expect(rendered).to_contain_text("<|im_start|>user\nIs <b>this</b> safe?<|im_end|>")
    tab.get_by_role("button", name="Remove the last").click()
    expect(tab.get_by_label("Message 4", exact=True)).to_be_hidden()
    tab.get_by_role("button", name="Tools, template").click()
    tab.get_by_label(re.compile("Template")).fill("{{ messages | length }} turns{{ bos_token }}")
    tab.locator(".md-run:visible").click()
    expect(rendered).to_contain_text("3 turns")
    loop = "{% for i in range(9999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    tab.get_by_label(re.compile("Template")).fill(loop)
    tab.locator(".md-run:visible").click()
    alert = tab.locator("[role=alert]:visible")
    expect(alert).to_contain_text("more than 2 seconds", timeout=RUN_LIMIT_MS)
    tab.get_by_label(re.compile("Template")).fill("")
    run(tab)
    expect(alert).to_have_count(0)
    expect(rendered).to_contain_text("<|im_start|>")


def test_steps_and_token_vectors_are_shown(tab):
    view(tab, "Steps")
    run(tab)
    expect(tab.locator(".md-step")).to_have_count(5)
    view(tab, "Token vectors")
    run(tab)
    expect(tab.locator(".md-near").nth(1)).to_contain_text("queen")


def test_a_megabyte_leaves_the_page_responsive(tab):
    view(tab, "Tokens")
    box = tab.locator("textarea:visible").first
    box.evaluate(
        """node => {
            node.value = "The lighthouse reopens; 15% more came. ".repeat(26_000);
            node.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    run(tab)
    said = "counted and in the files, but not drawn"
    expect(tab).to_contain_text(said, timeout=RUN_LIMIT_MS)
    tab.locator(".md-tokens .md-token").nth(5).hover()
    expect(tab.locator(".md-tokens .md-marked")).to_have_count(1)
