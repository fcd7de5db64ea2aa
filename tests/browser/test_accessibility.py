"""Every tab in the eyes of axe: no violation of WCAG 2.1 A or AA that it calls serious or critical."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tabs import ORDER
from tests.browser.eyes import ALL, violations
from tests.browser.pages import RUN_WITH_AXE, finish, panel
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM
NOBODY: dict[str, list[str]] = {"light": [], "dark": []}
#: In the dark only colours are others, so only the rules that look at them can be broken there alone.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
#: Parts that are closed at first and are looked at open.
PARTS = ".md-memory > button, .md-compare > button, .md-batch > button"


def shut_out(page: Page, tab: str | None = None) -> dict[str, list[str]]:
    """What stops somebody in the light, and in the dark on the same page, which is light again afterwards."""
    light = violations(page, ALL, tab)
    in_the_dark(page, True)
    dark = violations(page, COLOURS, tab)
    in_the_dark(page, False)
    return {"light": light, "dark": dark}


def in_the_dark(page: Page, dark: bool) -> None:
    """As the address's theme does when a page opens, which takes longer than to look at it."""
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)


@pytest.mark.parametrize("name", ORDER)
def test_no_tab_shuts_anybody_out_before_a_run_or_after_it(visit, name):
    page = visit(name)
    tab = panel(page, name)
    for button in tab.locator(PARTS).all():
        button.click()
    assert shut_out(page, name) == NOBODY
    if name in RUN_WITH_AXE:
        finish(tab, tab.locator(".md-example").first)
        assert shut_out(page, name) == NOBODY
        expect(tab.locator(".md-alert")).to_have_count(0)
        assert page.problems == []


def test_what_stands_around_the_tabs_shuts_nobody_out(pages):
    assert shut_out(pages.untouched()) == NOBODY


def test_dark_colours_are_looked_at(pages):
    page = pages.untouched()
    style = page.add_style_tag(content="body.dark .md-brand p { color: #444 !important }")
    found = shut_out(page)
    style.evaluate("style => style.remove()")
    assert found["light"] == []
    assert any("color-contrast" in one for one in found["dark"])
