"""Every tab in the eyes of axe: no violation of WCAG 2.1 A or AA that it calls serious or critical."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tabs import ORDER
from tests.browser.test_page import RUN_LIMIT_MS, open_page, open_tab, panel, settle
from tests.conftest import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.starter,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
#: Parts that are closed at first and are looked at open.
PARTS = ".md-memory > button, .md-compare > button, .md-batch > button"


@pytest.fixture(scope="module", params=["light", "dark"])
def page(request, chromium, address):
    page = open_page(chromium, address, theme=request.param)
    yield page
    page.close()


def violations(page, name=None):
    """What axe finds in a tab, or in the whole page: the other tabs are in it, too, and take time."""
    place = f"#tab-{name}" if name else None
    settle(page)
    found = Axe().run(page, context=place, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("name", ORDER)
def test_no_tab_shuts_anybody_out(page, name):
    open_tab(page, name)
    for button in panel(page, name).locator(PARTS).all():
        button.click()
    assert violations(page, name) == []


def test_what_stands_around_the_tabs_shuts_nobody_out(page):
    assert violations(page) == []


@pytest.mark.parametrize("name", ["sentiment", "ner", "question_answering"])
def test_no_result_shuts_anybody_out(page, name):
    open_tab(page, name)
    panel(page, name).locator(".md-example").first.click()
    expect(panel(page, name).locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(panel(page, name).locator(".md-run").first).to_be_enabled()  # and fades in: see settle
    assert violations(page, name) == []
