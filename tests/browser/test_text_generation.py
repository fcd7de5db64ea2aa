"""A chat by hand: answers, turns that are edited and gone on with, tokens that are looked at, a link."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import expect

from tests.browser.pages import RUN_LIMIT_MS, panel
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM
TALK = '[{"role":"user","content":"Hi <b>"},{"role":"assistant","content":"**Well** ![x](https://a.org/p.png)"}]'


def ask(tab, text):
    tab.get_by_label("Message", exact=True).fill(text)
    turns = tab.locator(".md-turn.md-user")
    before = turns.count()
    tab.locator(".md-run").first.click()
    expect(turns).to_have_count(before + 1, timeout=RUN_LIMIT_MS)
    expect(tab.locator('[data-act="retry"]')).to_be_visible(timeout=RUN_LIMIT_MS)


def test_a_conversation_grows_and_an_edited_message_replaces_what_followed(visit):
    page = visit("text_generation")
    tab = panel(page, "text_generation")
    for label, value in (("Temperature", "0"), ("Longest answer", "12")):
        tab.get_by_label(label).first.fill(value)
        tab.get_by_label(label).first.press("Tab")
    ask(tab, "What is the capital of France?")
    expect(tab.locator(".md-turn.md-assistant")).to_contain_text("Paris")
    ask(tab, "And of Italy?")
    expect(tab.locator(".md-turn")).to_have_count(4)

    tab.locator('[data-act="edit"]').first.click()
    expect(tab.get_by_label("Message", exact=True)).to_have_value("What is the capital of France?")
    expect(tab.locator(".md-turn.md-stale")).to_have_count(4)
    tab.get_by_label("Message", exact=True).fill("What is the capital of Japan?")
    tab.locator(".md-run").first.click()
    turns = tab.locator(".md-turn.md-user")
    expect(turns).to_have_count(1, timeout=RUN_LIMIT_MS)
    expect(turns).to_contain_text("Japan")
    expect(tab.locator('[data-act="retry"]')).to_be_visible(timeout=RUN_LIMIT_MS)

    tokens = tab.locator(".md-likely-text")
    tokens.focus()
    tokens.press("ArrowRight")
    expect(tab.locator(".md-likely-detail tbody tr.md-came")).to_have_count(1)
    expect(tab.locator(".md-likely-detail tbody tr")).not_to_have_count(1)
    tab.locator('[data-act="undo"]').click()
    expect(tab.get_by_label("Message", exact=True)).to_have_value("What is the capital of Japan?")
    expect(tab.locator(".md-turn")).to_have_count(0)
    assert page.problems == []


def test_a_new_conversation_ends_the_answer_that_is_being_written(visit):
    page = visit("text_generation")
    tab = panel(page, "text_generation")
    tab.get_by_label("Message", exact=True).fill("Tell me a long story about the sea.")
    tab.locator(".md-run").first.click()
    expect(tab.locator(".md-writing")).to_be_visible(timeout=RUN_LIMIT_MS)
    tab.get_by_role("button", name="New conversation").click()
    expect(tab.locator(".md-run").first).to_be_enabled()
    expect(tab.locator(".md-busy")).to_have_count(0)
    expect(tab.locator(".md-turn")).to_have_count(0)
    assert page.problems == []


def test_a_link_brings_a_conversation_back_and_what_stands_in_it_loads_nothing(visit):
    page = visit("text_generation", link=urlencode({"tab": "text_generation", "talk": TALK}))
    tab = panel(page, "text_generation")
    expect(tab.locator(".md-turn.md-user")).to_contain_text("Hi <b>")
    expect(tab.locator(".md-turn.md-assistant strong")).to_have_text("Well")
    expect(tab.locator(".md-turn img")).to_have_count(0)
    tab.get_by_label("Complete a text").check()
    tab.locator('[data-act="edit"]').click()  # it is a turn of the chat, whatever was chosen since
    expect(tab.get_by_label("Chat", exact=True)).to_be_checked()
    expect(tab.get_by_label("Message", exact=True)).to_have_value("Hi <b>")
    assert page.problems == []


def test_the_next_token_is_chosen_by_hand(visit):
    page = visit("text_generation")
    tab = panel(page, "text_generation")
    tab.get_by_label("Complete a text").check()
    tab.get_by_label("Text", exact=True).fill("The capital of France is")
    tab.get_by_role("button", name="What may come next").click()
    tab.locator(".md-next .md-run").click()
    first = tab.locator(".md-next [data-act=pick]").first
    expect(first).to_have_text("·Paris", timeout=RUN_LIMIT_MS)
    first.click()
    expect(tab.get_by_label("The answer so far")).to_have_value(" Paris")
    expect(first).not_to_have_text("·Paris", timeout=RUN_LIMIT_MS)
    assert page.problems == []


def test_enter_sends_a_message_and_starts_a_new_line_where_it_should(visit):
    page = visit("text_generation")
    tab = panel(page, "text_generation")
    message = tab.get_by_label("Message", exact=True)
    message.press_sequentially("Say")
    message.press("Shift+Enter")
    message.press_sequentially("hello.")
    expect(message).to_have_value("Say\nhello.")
    message.press("Enter")
    expect(tab.locator(".md-turn.md-user .md-said")).to_have_text(
        "Say\nhello.", timeout=RUN_LIMIT_MS
    )
    message.press("Escape")  # which stops it, if it has not ended
    expect(tab.locator(".md-stop").first).to_be_disabled(timeout=RUN_LIMIT_MS)
    tab.get_by_label("Complete a text").check()
    text = tab.get_by_label("Text", exact=True)
    text.fill("One")
    text.press("End")
    text.press("Enter")
    expect(text).to_have_value("One\n")
    assert page.problems == []


def test_a_conversation_is_saved_as_a_file(visit):
    query = urlencode({"tab": "text_generation", "talk": TALK, "system": "Be brief."})
    page = visit("text_generation", link=query)
    expect(panel(page, "text_generation").locator(".md-turn.md-user")).to_be_visible()
    with page.expect_download() as download:
        page.locator("#save-conversation").click()
    text = Path(download.value.path()).read_text()
    assert text == (
        "## System\n\nBe brief.\n\n## You\n\nHi <b>\n\n"
        "## Model\n\n**Well** ![x](https://a.org/p.png)\n"
    )
    assert page.problems == []
