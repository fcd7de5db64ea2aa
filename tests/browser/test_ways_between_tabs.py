"""Links and the menus that send a value on, by hand: through every tab on one page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from models.spec import CAPABILITIES
from tabs import all_tabs
from tests.browser.pages import open_page, open_tab, panel
from tests.conftest import IN_CHROMIUM, client_of
from tests.dropdowns import pick

pytestmark = IN_CHROMIUM
NASTY = "Olá & <b>you</b>, 50 % off?\nمرحبا 👩‍👩‍👧 #1+1"
#: What a person fills in: label -> text, tick, or None for a choice of that name.
FILLED: dict[str, dict[str, str | bool | None]] = {
    "sentiment": {"Text": NASTY},
    "zero_shot": {
        "Text": NASTY,
        "Several labels may fit": True,
        "Hypothesis template": "Is it {}?",
    },
    "ner": {"Text": NASTY},
    "question_answering": {"Question": "Who & why?", "Passage": NASTY},
    "summarization": {"Text": NASTY, "Long": None, "Bullets": None},
    "translation": {"Text": NASTY, "From": "Guess it"},
    "text_generation": {"Message": NASTY, "System prompt": "Be brief & <b>kind</b>."},
    "text_to_speech": {"Text": NASTY, "Model": "Piper Joe", "File": "MP3"},
    "speech_to_text": {
        "Model": "Whisper base",
        "Spoken language": "Spanish",
        "Write in": "English",
    },
    "image_generation": {"Prompt": "a red apple & a pear"},
    "music": {"Prompt": NASTY, "File": "MP3"},
    "tokenizer": {"Text": NASTY, "Special tokens": False},
    "embeddings": {"Texts, one a line": NASTY, "Queries": None},
    "assistant": {"Message": NASTY},
}
STATE = """panel => [...panel.querySelectorAll('textarea, input')]
    .filter(part => part.offsetParent && part.type !== 'file')
    .map(part => ['checkbox', 'radio'].includes(part.type) ? part.checked : part.value)"""
#: Tabs with a value to send on before anything was run, and where each is sent here.
SENT = {
    "sentiment": "ner", "zero_shot": "sentiment", "ner": "question_answering",
    "question_answering": "summarization",
    "tokenizer": "translation", "image_generation": "text_to_speech",
}  # fmt: skip


def fill(page: Page, tab, label: str, value: str | bool | None) -> None:
    noted = tab.get_by_label(re.compile(rf"^\s*{label}\s"))  # a text under a label is a part of it
    part = tab.get_by_label(label, exact=True).or_(noted).first
    if value is None:
        part.check()
    elif isinstance(value, bool):
        part.set_checked(value)
    elif part.evaluate("part => part.getAttribute('role') === 'combobox'"):
        pick(part, re.compile(value))
    else:
        part.fill(value)


def copied(page: Page, name: str) -> str:
    button = page.locator(f"#link-{name}")
    button.click()
    expect(button).to_have_text("Link copied")
    return page.evaluate("navigator.clipboard.readText()")


@pytest.mark.slow
def test_a_link_of_every_tab_opens_in_another_browser_as_it_was_filled_in(chromium, address):
    clipboard = ["clipboard-read", "clipboard-write"]
    first, links, states = open_page(chromium, address, permissions=clipboard), {}, {}
    for name in CAPABILITIES:
        open_tab(first, name)
        for label, value in FILLED[name].items():
            fill(first, panel(first, name), label, value)
        links[name] = copied(first, name)
        states[name] = panel(first, name).evaluate(STATE)
    first.close()
    second = open_page(chromium, address)
    for name in CAPABILITIES:
        second.goto(links[name])
        expect(panel(second, name)).to_be_visible()
        second.wait_for_function(
            f"""([id, wanted]) =>
                JSON.stringify(({STATE})(document.getElementById(id))) === JSON.stringify(wanted)""",
            arg=[f"tab-{name}", states[name]],
        )
        expect(second.locator(".toast-body")).to_have_count(0)
    second.close()


def test_a_field_that_was_emptied_is_empty_behind_the_link_too(pages):
    page = pages.untouched()
    link = "window.modeldeck.link('translation', ['source', 'text', 'steps'], ['en', '', 4], %s)"
    assert page.evaluate(link % "['', '', null]").endswith("/?tab=translation&source=")
    assert page.evaluate(link % "['en', '', 4]").endswith("/?tab=translation")


def test_what_a_link_sets_beside_its_model_stays_when_the_model_is_there(visit, address):
    page = visit(
        "speech_to_text",
        "text_to_speech",
        link="tab=speech_to_text&model=starter/whisper-base-ct2&language=es&task=translate",
    )
    tab = panel(page, "speech_to_text")
    expect(tab.locator(".md-picker input")).to_have_value(re.compile("Whisper base"))
    expect(tab.get_by_label("Spoken language")).to_have_value("Spanish")
    expect(tab.get_by_label("Write in")).to_have_value("English")
    page.goto(f"{address}?tab=text_to_speech&model=starter/joe&voice=Joe, American&speed=1.3")
    tab = panel(page, "text_to_speech")
    expect(tab.locator(".md-picker input")).to_have_value(re.compile("Piper Joe"))
    expect(tab.get_by_label("Voice", exact=True)).to_have_value("Joe, American")
    expect(tab.get_by_label("number input for Speed")).to_have_value("1.3")
    expect(page.locator(".toast-body")).to_have_count(0)
    pick(tab.locator(".md-picker input"), re.compile("hibari"))  # by hand it brings its own
    expect(tab.get_by_label("Voice", exact=True)).to_have_value("Heart, American")
    expect(tab.get_by_label("number input for Speed")).to_have_value("1")


@pytest.mark.parametrize("name", SENT)
def test_a_text_is_sent_on_as_it_stands(name, visit):
    page = visit(name, SENT[name])
    source = panel(page, name)
    label = {"question_answering": "Passage", "image_generation": "Prompt"}.get(name, "Text")
    source.get_by_label(label, exact=True).first.fill(f"{name}: {NASTY}")
    pick(source.locator(".md-send-menu input").first, all_tabs()[SENT[name]].TITLE, exact=True)
    target = panel(page, SENT[name])
    expect(target).to_be_visible()
    where = "Passage" if SENT[name] == "question_answering" else "Text"
    expect(target.get_by_label(where, exact=True).first).to_have_value(f"{name}: {NASTY}")
    assert page.problems == []


def test_the_address_names_the_tab_so_that_a_reload_and_back_find_it(visit, address):
    client_of(address).predict("A fine day.", api_name="/sentiment")
    page = visit("ner", link="tab=ner&text=Ada")
    assert "text=Ada" in page.url  # a link is itself in the address until its tab is left
    open_tab(page, "translation")
    assert "tab=translation" in page.url
    assert "text=" not in page.url
    expect(page).to_have_title("Translation - Modeldeck")
    open_tab(page, "models")
    page.reload()
    table = panel(page, "models").locator(".md-models-table")  # is drawn, though nobody chose it
    expect(table).to_contain_text("MiniLM sentiment")
    page.go_back()
    expect(panel(page, "translation")).to_be_visible()
    page.go_back()
    expect(panel(page, "ner")).to_be_visible()
    page.go_forward()
    expect(panel(page, "translation")).to_be_visible()
    assert page.problems == []


def test_a_link_to_a_view_of_tokenizers_shows_the_pickers_of_that_view_alone(visit):
    page = visit("tokenizer", link="tab=tokenizer_several")
    tab = panel(page, "tokenizer")
    expect(tab.get_by_label("Tokenizers", exact=True)).to_be_visible()
    expect(tab.get_by_label("Special tokens", exact=True)).to_be_hidden()
    tab.get_by_role("tab", name="Steps").click()
    expect(tab.get_by_label("Special tokens", exact=True)).to_be_visible()
