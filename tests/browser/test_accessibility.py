"""Every tab in the eyes of axe: no violation of WCAG 2.1 A or AA that it calls serious or critical."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tabs import ORDER
from tests.browser.pages import RUN_WITH_AXE, finish, panel, settle
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM
#: In the dark only colours are others, so only the rules that look at them can be broken there alone.
RULES = {
    "light": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
#: Parts that are closed at first and are looked at open.
PARTS = ".md-memory > button, .md-compare > button, .md-batch > button"


def violations(page, theme, name=None):
    """What axe finds in a tab, or in the whole page: the other tabs are in it, too, and take time."""
    place = f"#tab-{name}" if name else None
    settle(page)
    options = {"runOnly": RULES[theme], "resultTypes": ["violations"]}
    found = Axe().run(page, context=place, options=options).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme", RULES)
@pytest.mark.parametrize("name", ORDER)
def test_no_tab_shuts_anybody_out_before_a_run_or_after_it(visit, name, theme):
    page = visit(name, theme=theme)
    tab = panel(page, name)
    for button in tab.locator(PARTS).all():
        button.click()
    assert violations(page, theme, name) == []
    if name in RUN_WITH_AXE:
        finish(tab, tab.locator(".md-example").first)
        assert violations(page, theme, name) == []
        expect(tab.locator(".md-alert")).to_have_count(0)
        assert page.problems == []


@pytest.mark.parametrize("theme", RULES)
def test_what_stands_around_the_tabs_shuts_nobody_out(pages, theme):
    assert violations(pages.untouched(theme=theme), theme) == []
