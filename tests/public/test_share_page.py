"""Visitors of a share link get the whole page from here."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr
import pytest
from playwright.sync_api import expect, sync_playwright

from app import serve
from models.settings import Settings
from tests.conftest import CHROMIUM, CHROMIUM_ARGS, free_port, get
from tests.fakes import FakeBuilder, FakeDevice, fake_service


@pytest.fixture(scope="module")
def shared():
    """The address of a page that takes its visitors for those of a share link."""
    settings = Settings(port=free_port())
    service = replace(fake_service(FakeBuilder(FakeDevice(limit=100)), "a"), settings=settings)
    with gr.Blocks() as page:
        gr.Markdown("# Shared")
    address = serve(page, service, block=False)
    page.share = True  # there is no network to open one through
    yield address
    page.close()
    service.close()


def test_the_script_of_a_shared_page_comes_with_it(shared):
    text = get(shared).text
    assert "gradio.js" not in text
    assert text.count('src="./assets/index-') == 1
    assert text.count('href="./assets/index-') == 1
    assert get(f"{shared}robots.txt").text.endswith("Disallow: /")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_asks_nobody_else_for_a_shared_page(shared):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        page, strangers = browser.new_page(), []
        page.on("request", lambda one: one.url.startswith(shared) or strangers.append(one.url))
        page.goto(shared)
        expect(page.get_by_role("heading", name="Shared")).to_be_visible()
        assert page.evaluate("Boolean(modeldeck.lookups)")
        browser.close()
    assert [url for url in strangers if not url.startswith(("data:", "blob:"))] == []
