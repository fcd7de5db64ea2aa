"""The Hub in a real Chromium: search, verdict, answer; and two people with different tokens."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect, sync_playwright

from tabs import all_tabs
from tests.conftest import CHROMIUM, CHROMIUM_ARGS, IN_CHROMIUM
from tests.dropdowns import choices, pick
from tests.hub.conftest import ADA, BEN
from tests.hub_standin.shelf import ONE_EACH

pytestmark = IN_CHROMIUM
expect.set_options(timeout=60_000)
#: Everything that a page may keep in the browser, as text.
_KEPT = """async () => {
  const out = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
  for (const {name} of await indexedDB.databases()) {
    const db = await new Promise(r => { const q = indexedDB.open(name); q.onsuccess = () => r(q.result); });
    for (const store of db.objectStoreNames) {
      const rows = db.transaction(store).objectStore(store).getAll();
      out.push(JSON.stringify(await new Promise(r => { rows.onsuccess = () => r(rows.result); })));
    }
  }
  return out.join("\\n") + location.href + document.documentElement.innerHTML;
}"""


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def people(chromium, running):
    """Pages of two people, each in a browser of their own; opened once, for that takes seconds."""
    contexts = [chromium.new_context(viewport={"width": 1280, "height": 900}) for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.set_default_timeout(60_000)
        page.goto(running.url)
        expect(page.get_by_role("heading", name="Modeldeck")).to_be_visible()
    yield pages
    for context in contexts:
        context.close()


def sentiment(page):
    return page.locator("#tab-sentiment")


def picker(page):
    return sentiment(page).get_by_label("Model", exact=True).first


def choose(page, model):
    picker(page).click()
    picker(page).fill(model)
    picker(page).press("Enter")
    page.keyboard.press("Tab")


def verdict(page):
    return sentiment(page).locator(".md-verdict-slot .md-status").first


def give_token(page, token):
    sentiment(page).get_by_label("Your Hub token").fill(token)
    sentiment(page).get_by_role("button", name="Use it on this page").click()


@pytest.fixture(autouse=True)
def _first_tab(people):
    for page in people:
        page.get_by_role("tab", name="Sentiment", exact=True).click()


def test_a_few_letters_find_a_model_that_is_checked_and_answers(people):
    page = people[0]
    picker(page).click()  # chooses what stands there: what is typed takes its place
    picker(page).press_sequentially("moods", delay=30)
    choices(picker(page)).get_by_role("option", name=re.compile("bert-moods.*apache-2.0")).click()
    expect(verdict(page)).to_contain_text("Fits.")
    expect(verdict(page)).to_contain_text(re.compile("commit [0-9a-f]{7}"))
    sentiment(page).get_by_label("Text", exact=True).fill("a good film")
    sentiment(page).locator(".md-run").first.click()
    expect(sentiment(page).locator(".md-done").first).to_contain_text("tiny/bert-moods")
    expect(sentiment(page).locator(".md-bar")).to_have_count(3)


def test_a_second_template_is_found_by_a_few_letters_below_the_choice_of_none(people):
    page = people[0]
    page.get_by_role("tab", name="Tokenizer", exact=True).click()
    tab = page.locator("#tab-tokenizer")
    tab.get_by_role("tab", name="Chat", exact=True).click()
    tab.get_by_role("button", name="Tools, template").click()
    other = tab.get_by_label("Difference to the template of")
    other.click()
    other.press_sequentially("moods", delay=30)
    expect(choices(other).get_by_role("option", name=re.compile("bert-moods"))).to_be_visible()
    other.fill("none")
    choices(other).get_by_role("option", name="none", exact=True).click()
    expect(other).to_have_value("none")


def test_several_tokenizers_are_chosen_from_what_is_found_by_a_few_letters(people):
    page = people[0]
    page.get_by_role("tab", name="Tokenizer", exact=True).click()
    tab = page.locator("#tab-tokenizer")
    tab.get_by_role("tab", name="Side by side", exact=True).click()
    several = tab.get_by_label("Tokenizers", exact=True)
    several.click()
    several.press_sequentially("moods", delay=30)
    choices(several).get_by_role("option", name=re.compile("bert-moods")).click()
    chosen = tab.locator(".token:visible")
    expect(chosen).to_have_count(4)
    expect(chosen.last).to_contain_text("bert-moods")
    page.keyboard.press("Escape")
    tab.locator(".md-run:visible").click()
    expect(tab.locator(".md-done:visible")).to_contain_text("4 of 4")


@pytest.mark.slow  # every tab in a real browser; test_end_to_end.py has each of them by HTTP
@pytest.mark.parametrize("capability", ONE_EACH)
def test_from_a_typed_id_to_an_answer_in_each_tab(people, capability):
    page, model = people[0], ONE_EACH[capability]
    page.get_by_role("tab", name=all_tabs()[capability].TITLE, exact=True).click()
    tab = page.locator(f"#tab-{capability}")
    chosen = tab.get_by_label("Model", exact=True).first
    chosen.click()
    chosen.fill(model)
    chosen.press("Enter")
    page.keyboard.press("Tab")
    expect(tab.locator(".md-verdict-slot .md-status").first).to_contain_text("Fits.")
    tab.locator(".md-examples button").first.click()
    expect(tab.locator(".md-done").first).to_contain_text(model, timeout=120_000)


def test_two_people_with_different_tokens_never_see_each_others_models(people):
    ada, ben = people
    for page in people:
        choose(page, "tiny/gated")
        expect(verdict(page)).to_contain_text("is gated")
        expect(verdict(page)).to_contain_text("/tiny/gated")
    give_token(ada, ADA)
    expect(verdict(ada)).to_contain_text("its terms are accepted")
    give_token(ben, BEN)
    expect(verdict(ben)).to_contain_text("is gated")
    for page in people:
        sentiment(page).get_by_label("Text", exact=True).fill("a good film")
        sentiment(page).locator(".md-run").first.click()
    expect(sentiment(ada).locator(".md-done").first).to_contain_text("tiny/gated")
    expect(sentiment(ben).locator(".md-status-slot .md-alert").first).to_contain_text("is gated")
    for page, sees in ((ada, 1), (ben, 0)):
        page.get_by_role("tab", name="Models", exact=True).click()
        table = page.locator("#tab-models .md-models").first
        expect(table).to_be_visible()
        expect(table.get_by_text("tiny/gated")).to_have_count(sees)
        kept = page.evaluate(_KEPT)
        assert ADA not in kept
        assert BEN not in kept


def test_the_cache_is_listed_and_deleted_after_a_question(people):
    page = people[0]
    choose(page, "tiny/moved-here")
    expect(verdict(page)).to_contain_text("Fits.")
    sentiment(page).get_by_label("Text", exact=True).fill("a good film")
    sentiment(page).locator(".md-run").first.click()
    expect(sentiment(page).locator(".md-done").first).to_contain_text("tiny/moved-here")
    page.get_by_role("tab", name="Models", exact=True).click()
    models = page.locator("#tab-models")
    models.get_by_role("button", name="Hub cache on this disk").click()
    expect(models.get_by_role("cell", name="tiny/moved-here").first).to_be_visible()

    def delete():
        box = models.get_by_label("Revisions to delete")
        box.evaluate("box => box.scrollIntoView({block: 'center'})")  # so that its list is in sight
        pick(box, re.compile("moved-here"), typed="moved-here")  # the list may be long
        page.keyboard.press("Escape")
        models.get_by_role("button", name="Delete ...").click()
        expect(models).to_contain_text("A later run would fetch it again")
        models.get_by_role("button", name="Delete for good").click()

    delete()
    expect(models).to_contain_text("tiny/moved-here is in memory and stays")
    pick(models.get_by_label("A model in memory"), re.compile("moved-here"))
    models.get_by_role("button", name="Unload").click()
    expect(models).to_contain_text("is gone")
    delete()
    expect(models).to_contain_text("of disk are free again")


def test_a_page_forgets_its_token_when_it_is_told_to(people):
    page = people[0]
    page.get_by_role("tab", name="Models", exact=True).click()
    models = page.locator("#tab-models")
    models.get_by_role("button", name="Hub access").click()
    models.get_by_label("Your Hub token").fill(ADA)
    models.get_by_role("button", name="Use it on this page").click()
    expect(models).to_contain_text("as ada")
    page.get_by_role("tab", name="Sentiment", exact=True).click()
    choose(page, "tiny/private")
    expect(verdict(page)).to_contain_text("Fits.")
    page.get_by_role("tab", name="Models", exact=True).click()
    models.get_by_role("button", name="Use it on this page").click()  # the box is empty again
    expect(models).to_contain_text("The token of this page is forgotten")
    expect(models).to_contain_text("The Hub is asked without a token")
    page.get_by_role("tab", name="Sentiment", exact=True).click()
    choose(page, "tiny/bert-moods")
    expect(verdict(page)).to_contain_text("Fits.")
    choose(page, "tiny/private")
    expect(verdict(page)).to_contain_text("or it is private")
