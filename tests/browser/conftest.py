"""One Chromium for all tests of the page: starting it takes longer than most of them."""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.test_page import open_page
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


@pytest.fixture
def page(chromium, address):
    """A visitor who has just come."""
    page = open_page(chromium, address)
    yield page
    page.close()


@pytest.fixture(scope="module")
def tour(chromium, address):
    """One page for several tests, as one visitor goes through the tabs; each looks at a place of its own."""
    page = open_page(chromium, address)
    yield page
    page.close()
