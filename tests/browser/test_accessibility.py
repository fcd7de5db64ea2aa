"""Every tab in the eyes of axe: no violation of WCAG 2.1 A or AA that it calls serious or critical."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tabs import ORDER
from tests.browser.eyes import ALL, violations
from tests.browser.pages import RUN_WITH_AXE, finish, panel
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM
#: In the dark only colours are others, so only the rules that look at them can be broken there alone.
RULES = {
    "light": ALL,
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}},
}
#: Parts that are closed at first and are looked at open.
PARTS = ".md-memory > button, .md-compare > button, .md-batch > button"


@pytest.mark.parametrize("theme", RULES)
@pytest.mark.parametrize("name", ORDER)
def test_no_tab_shuts_anybody_out_before_a_run_or_after_it(visit, name, theme):
    page = visit(name, theme=theme)
    tab = panel(page, name)
    for button in tab.locator(PARTS).all():
        button.click()
    assert violations(page, RULES[theme], name) == []
    if name in RUN_WITH_AXE:
        finish(tab, tab.locator(".md-example").first)
        assert violations(page, RULES[theme], name) == []
        expect(tab.locator(".md-alert")).to_have_count(0)
        assert page.problems == []


@pytest.mark.parametrize("theme", RULES)
def test_what_stands_around_the_tabs_shuts_nobody_out(pages, theme):
    assert violations(pages.untouched(theme=theme), RULES[theme]) == []
