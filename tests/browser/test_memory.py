"""Last runs and presets by hand: a run comes back, presets outlive the page, nobody else sees either."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.pages import RUN_LIMIT_MS, open_tab, panel, run
from tests.conftest import IN_CHROMIUM, get
from tests.dropdowns import pick

pytestmark = IN_CHROMIUM
FLUX = "black-forest-labs/FLUX.1-schnell"


def test_a_run_is_shown_again_with_its_text_and_forgotten_on_request(visit):
    page = visit("sentiment")
    tab = panel(page, "sentiment")
    run(tab, "A lovely film.")
    bars = tab.locator(".md-bars").first
    first = bars.inner_text()
    run(tab, "A dull, bad film.")
    expect(bars).not_to_have_text(first, use_inner_text=True)
    tab.locator(".md-memory > button").first.click()
    expect(tab.locator(".md-runs button")).to_have_count(2)
    tab.locator(".md-runs button", has_text="A lovely film.").click()
    expect(tab.locator("textarea").first).to_have_value("A lovely film.")
    expect(bars).to_have_text(first, use_inner_text=True)
    expect(tab.locator(".md-status-slot").first).to_contain_text("shown again")
    tab.get_by_label("Keep the last runs").uncheck()
    expect(tab.locator(".md-runs button")).to_have_count(0)
    run(tab, "A good film.")
    expect(tab.locator(".md-runs button")).to_have_count(0)
    assert page.problems == []


def test_a_preset_is_saved_applied_and_still_there_after_a_reload(page):
    open_tab(page, "summarization")
    tab = panel(page, "summarization")
    tab.locator(".md-memory > button").first.click()
    pick(tab.get_by_label("Preset"), "Points for a slide")
    expect(tab.get_by_label("Bullets")).to_be_checked()
    tab.get_by_label("Long", exact=True).check()
    tab.get_by_label("Name for these settings").fill("my own")
    tab.locator(".md-memory").get_by_role("button", name="Save").click()
    expect(tab.locator(".md-memory")).to_contain_text("my own is saved.")
    assert page.problems == []
    page.reload()
    expect(page.get_by_role("tab", name="Summarization", exact=True)).to_be_visible()
    page.problems.clear()  # gradio tells the console of the stream that the reload broke off
    open_tab(page, "summarization")
    expect(tab.get_by_label("Medium")).to_be_checked()
    tab.locator(".md-memory > button").first.click()
    pick(tab.get_by_label("Preset"), "my own")
    expect(tab.get_by_label("Long", exact=True)).to_be_checked()
    expect(tab.get_by_label("Bullets")).to_be_checked()
    assert page.problems == []


def test_another_browser_sees_neither_runs_nor_presets(visit):
    page = visit("summarization")
    tab = panel(page, "summarization")
    tab.locator(".md-example").first.click()
    expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    other = visit("summarization")  # where nobody has touched it: in a context of its own
    part = panel(other, "summarization").locator(".md-memory")
    part.locator("button").first.click()
    expect(part).to_contain_text("appear here")
    expect(part.locator(".md-runs")).to_have_count(0)


def test_gradios_own_history_of_runs_is_off(address):
    assert get(f"{address}gradio_api/runs").status_code == 404


def test_a_model_brings_its_settings_when_it_is_chosen_and_not_when_a_link_fills_it_in(visit):
    page = visit("image_generation", link=f"tab=image_generation&model={FLUX}&steps=7")
    tab = panel(page, "image_generation")
    picker = tab.locator(".md-picker input")
    expect(picker).to_have_value(re.compile("FLUX.1"))
    tab.get_by_text("Settings", exact=True).click()
    expect(tab.get_by_label("Steps")).to_have_value("7")
    pick(picker, re.compile("drawings"))
    expect(tab.get_by_label("Steps")).to_have_value("20")
    picker.fill(FLUX)  # offline the menu lists what is on this machine, and takes any id
    picker.press("Enter")
    expect(tab.get_by_label("Steps")).to_have_value("4")
