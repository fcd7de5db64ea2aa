"""The assistant by hand: steps as cards, a step opened in its own tab, a link that brings no files."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from playwright.sync_api import expect

from tests.browser.pages import RUN_LIMIT_MS, finish, panel
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM
TALK = (
    '[{"role":"user","content":"Hi <b>"},{"role":"step","number":1,"tool":"speak","state":"done",'
    '"arguments":{"text":"<img src=x>"},"told":"1 second","text":""},'
    '{"role":"assistant","content":"**Well** ![x](https://a.org/p.png)"}]'
)


def test_two_steps_are_done_and_one_is_opened_in_its_own_tab(visit):
    page = visit("assistant", "translation")
    tab = panel(page, "assistant")
    tab.get_by_label("Message", exact=True).fill(
        'Translate "The house is small." into Portuguese and read it aloud.'
    )
    finish(tab, tab.locator(".md-run").first)
    steps = tab.locator(".md-toolstep")
    expect(steps).to_have_count(2)
    expect(steps.nth(0)).to_contain_text("casa")
    player = steps.nth(1).locator("audio")
    expect(player).to_be_visible()
    loaded = "node => fetch(node.src).then(found => Number(found.ok))"
    assert player.evaluate(loaded) == 1
    expect(tab.locator(".md-plan")).to_contain_text("No language model")
    steps.nth(0).get_by_role("button", name="Open in tab").click()
    target = panel(page, "translation")
    expect(target).to_be_visible()
    expect(target.get_by_label("Text", exact=True).first).to_have_value("The house is small.")
    assert page.problems == []


def test_a_step_that_fails_says_why_and_the_conversation_goes_on(visit):
    page = visit("assistant")
    tab = panel(page, "assistant")
    message = tab.get_by_label("Message", exact=True)
    message.fill('Translate "Good morning" into Japanese.')
    finish(tab, tab.locator(".md-run").first)
    expect(tab.locator(".md-toolstep-failed")).to_contain_text(
        re.compile("can't translate .* Japanese")
    )
    message.fill("Draw a sunflower.")
    finish(tab, tab.locator(".md-run").first)
    expect(tab.locator(".md-turn.md-user")).to_have_count(2)
    picture = tab.locator(".md-toolstep-picture")
    expect(picture).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(picture).to_have_js_property("naturalWidth", 64)
    tab.locator('[data-act="undo"]').click()
    expect(tab.locator(".md-turn.md-user")).to_have_count(1)
    expect(message).to_have_value("Draw a sunflower.")
    assert page.problems == []


def test_a_link_brings_a_conversation_back_as_text_and_loads_nothing(visit):
    page = visit("assistant", link=urlencode({"tab": "assistant", "talk": TALK}))
    tab = panel(page, "assistant")
    expect(tab.locator(".md-turn.md-user")).to_contain_text("Hi <b>")
    expect(tab.locator(".md-toolstep")).to_contain_text("<img src=x>")
    expect(tab.locator(".md-turn strong")).to_have_text("Well")
    expect(tab.locator(".md-chat :is(img, audio)")).to_have_count(0)
    assert page.problems == []
