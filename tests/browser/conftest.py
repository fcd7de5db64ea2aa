"""One Chromium for all tests of the page, and pages they share: both start slower than most tests run."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.pages import Pages, open_page, open_tab, panel
from tests.conftest import CHROMIUM, CHROMIUM_ARGS


@pytest.fixture(scope="package")
def playwright():
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def chromium(playwright):
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def pages(chromium, address):
    shared = Pages(chromium, address)
    yield shared
    shared.close()


@pytest.fixture
def visit(pages, request):
    """``visit("ner", "sentiment", width=390)``: a page, at the first tab, on which these are untouched.

    ``visit("ner", link="tab=ner&text=Ada")``: a page that was opened by a link.
    """
    given, failed = [], request.session.testsfailed

    def visit(first, *others, link="", **look):
        if link:
            page = pages.linked(link, first, *others)
            expect(panel(page, first)).to_be_visible()
        else:
            page = pages.untouched(first, *others, **look)
            open_tab(page, first)
        given.append(page)
        return page

    yield visit
    if request.session.testsfailed > failed:  # the next test shall not find what this one left
        for page in given:
            pages.drop(page)


@pytest.fixture
def page(chromium, address):
    """A visitor who has just come, and leaves with the test."""
    page = open_page(chromium, address)
    yield page
    page.close()


@pytest.fixture(scope="module")
def tour(chromium, address):
    """One page for several tests, as one visitor goes through the tabs; each looks at a place of its own."""
    page = open_page(chromium, address)
    yield page
    page.close()
