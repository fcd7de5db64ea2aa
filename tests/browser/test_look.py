"""How the page looks: on a phone, on paper, without motion, in both themes, in its language."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tabs import ORDER
from tests.browser.pages import PHONE, finish, fits, open_tab, panel, settle
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM


@pytest.mark.parametrize("name", ORDER)
def test_each_tab_fits_a_phone(visit, name):
    page = visit(name, **PHONE)
    tab = panel(page, name)
    expect(tab.locator(".md-run, .md-models").first).to_be_visible()
    fits(page, 390)
    for part in tab.locator(".md-compare, .md-batch").all():
        part.locator("button").first.click()
        expect(part.locator(".md-part-stop")).to_be_visible()
        fits(page, 390)


def test_what_is_chosen_comes_into_view_at_once_for_those_who_want_no_motion(pages):
    page = pages.untouched()
    assert page.evaluate("modeldeck.gliding()") == "smooth"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("modeldeck.gliding()") == "instant"
    page.emulate_media(reduced_motion="no-preference")


def test_on_paper_the_results_are_whole_and_what_can_be_clicked_is_gone(visit):
    page = visit("summarization")
    tab = panel(page, "summarization")
    finish(tab, tab.locator(".md-example").first)
    sources = tab.locator(".md-source-text")
    cut = "box => getComputedStyle(box).maxHeight"
    assert sources.evaluate(cut) != "none"
    page.emulate_media(media="print")
    assert sources.evaluate(cut) == "none"
    for part in (tab.locator(".md-run").first, page.get_by_role("tab").first):
        expect(part).to_be_hidden()
    expect(sources).to_be_visible()
    page.emulate_media(media="screen")


def test_the_page_is_english_and_says_so_whatever_the_browser_speaks(pages):
    page = pages.untouched(**PHONE)
    assert page.evaluate("new Intl.NumberFormat().resolvedOptions().locale") == "de-DE"
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#tab-speech_to_text")).to_contain_text("Drop Audio Here")
    expect(page.locator("footer button:visible")).to_have_text(re.compile("^Settings"))


def test_no_dot_stands_alone_at_the_foot_of_a_phone(pages):
    page = pages.untouched(**PHONE)
    expect(page.locator("footer")).to_be_visible()
    expect(page.locator("footer .divider:visible")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_background(pages, theme):
    page = pages.untouched(theme=theme)
    open_tab(page, "sentiment")
    settle(page)
    for selector in (".md-about", ".md-why", ".md-run", ".md-brand p"):
        assert contrast(page, selector) >= 4.5, selector


def contrast(page: Page, selector: str) -> float:
    """WCAG 2 contrast of the first visible match against the nearest opaque background."""
    pair = page.locator(f"{selector}:visible").first.evaluate(
        """node => {
            const rgb = text => text.match(/[\\d.]+/g).map(Number);
            const ink = rgb(getComputedStyle(node).color);
            for (let at = node; at; at = at.parentElement) {
                const back = rgb(getComputedStyle(at).backgroundColor);
                if (back.length < 4 || back[3] > 0.99) return [ink, back];
            }
            return [ink, [255, 255, 255]];
        }"""
    )
    light, dark = sorted((luminance(colour) for colour in pair), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: list[float]) -> float:
    def linear(value: float) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(value) for value in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
