"""The image tab in a real Chromium: live preview, Stop, a dropped PNG, a source picture, the slider."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from models.image_png import ImageSettings, png_bytes
from tests.browser.pages import RUN_LIMIT_MS, finish, open_tab, panel, slower
from tests.browser.passing import seen, watch
from tests.conftest import IN_CHROMIUM
from tests.dropdowns import pick

pytestmark = IN_CHROMIUM
NAME = "image_generation"


@pytest.fixture(scope="module")
def drawing(pages):
    """One page for the tests that leave no picture or grid in its settings, in whatever order."""
    return pages.untouched(NAME)


@pytest.fixture
def page(drawing):
    open_tab(drawing, NAME)
    return drawing


def draw(page: Page, prompt: str) -> None:
    """Draws once and waits for the end."""
    tab = panel(page, NAME)
    tab.locator("textarea").first.fill(prompt)
    finish(tab, tab.locator(".md-run").first)
    expect(tab.locator(".md-run").first).to_be_enabled(timeout=RUN_LIMIT_MS)


def upload(page: Page, accordion: str, name: str, content: bytes) -> None:
    tab = panel(page, NAME)
    tab.get_by_role("button", name=accordion).click()
    tab.locator(f'.block:has(input[type="file"]):below(:text("{accordion}"))').first.wait_for()
    tab.locator('input[type="file"]').last.set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": content}
    )


def plain_png(side: int) -> bytes:
    stream = BytesIO()
    Image.new("RGB", (side, side), "red").save(stream, "PNG")
    return stream.getvalue()


def test_the_picture_in_progress_is_seen_with_its_step_and_the_time_left(page):
    watch(page, ".md-live:has(img)")
    draw(page, "a panda")
    found = seen(page)
    assert any(re.search(r"step \d+ of 20, about .* left", text) for text in found), found[:3]
    tab = panel(page, NAME)
    expect(tab.locator(".md-pictures img").first).to_be_visible()
    assert spare(tab) < 24
    expect(tab.locator(".md-live")).to_have_count(0)
    expect(tab).to_contain_text("No safety checker is loaded")
    assert page.problems == []


def spare(tab) -> float:
    """Pixels under the last picture of the gallery that are still the gallery's."""
    return tab.locator(".md-pictures").evaluate(
        """box => box.getBoundingClientRect().bottom
            - [...box.querySelectorAll(".thumbnail-lg")].at(-1).getBoundingClientRect().bottom"""
    )


def side(page: Page, label: str, setting: str, values: str, place: int) -> None:
    """Chooses one side of the grid."""
    tab = panel(page, NAME)
    pick(tab.get_by_label(label, exact=True), setting, exact=True)
    tab.get_by_label("Values", exact=True).nth(place).fill(values)


def test_stop_is_heard_by_a_slow_browser_and_keeps_the_pictures_of_a_grid_that_are_finished(visit):
    page = visit(NAME)
    tab = panel(page, NAME)
    tab.get_by_role("button", name="Grid over one or two settings").click()
    side(page, "Columns", "Seed", "1, 2, 3", 0)
    side(page, "Rows", "Steps", "2, 149, 150", 1)  # the first row is soon done
    tab.locator("textarea").first.fill("an owl")
    with slower(page, 6):
        tab.locator(".md-run").first.click()
        expect(tab.locator(".md-grid img").first).to_be_visible(timeout=RUN_LIMIT_MS)
        tab.locator(".md-stop").first.dispatch_event("click")  # does not wait for two calm frames
        expect(tab.locator(".md-done").first).to_contain_text("stopped")
    expect(tab).to_contain_text(re.compile(r"[1-8] of 9 pictures"))
    expect(tab.locator(".md-grid img").first).to_be_visible()
    expect(tab.locator(".md-grid")).to_contain_text("steps 150")
    assert page.problems == []


def test_a_dropped_png_fills_the_settings_that_made_it(visit):
    page = visit(NAME)
    made = ImageSettings("a frog", "", 64, 64, 9, 3.5, 4242, "starter/small-drawings", "r")
    content = png_bytes(Image.new("RGB", (64, 64)), made)
    tab = panel(page, NAME)
    tab.get_by_role("button", name=re.compile("^Settings(?! from)")).click()
    for label in ("Seed", "Variation seed"):  # nothing was written: no 0, which would be a seed
        expect(tab.get_by_label(label, exact=True)).to_have_value("")
    upload(page, "Settings from a picture", "frog.png", content)
    expect(tab).to_contain_text("Settings taken over")
    expect(tab.locator("textarea").first).to_have_value("a frog")
    finish(tab, tab.locator(".md-run").first)
    expect(tab).to_contain_text("9 steps, guidance 3.5, seed 4242.")
    assert page.problems == []


def test_a_drawing_starts_from_a_picture_and_a_tiny_one_is_refused(page):
    upload(page, "Start from a picture", "red.png", plain_png(64))
    tab = panel(page, NAME)
    expect(tab.locator(".md-source img")).to_be_visible()
    draw(page, "a castle")
    expect(tab).to_contain_text("strength 0.6 over the source picture")
    take_away(tab)
    upload_again(page, plain_png(1))
    expect(tab.get_by_role("alert").first).to_contain_text("1 x 1 pixels; each side must be 16")
    take_away(tab)
    assert page.problems == []


def take_away(tab) -> None:
    tab.get_by_label("Remove this file").or_(tab.get_by_label("Clear")).first.click()
    expect(tab.locator(".md-source")).to_have_count(0)


def upload_again(page: Page, content: bytes) -> None:
    panel(page, NAME).locator('input[type="file"]').last.set_input_files(
        {"name": "tiny.png", "mimeType": "image/png", "buffer": content}
    )


def test_a_picture_varied_is_compared_under_the_slider_and_its_run_comes_back(page):
    draw(page, "a penguin")
    tab = panel(page, NAME)
    shown = tab.locator(".md-pictures img").first
    penguin = shown.get_attribute("src")
    tab.get_by_role("button", name="Vary it").click()
    expect(tab).to_contain_text("4 of 4 pictures", timeout=RUN_LIMIT_MS)
    expect(tab).to_contain_text("variation 0.2")
    expect(tab.locator(".md-pair img").nth(1)).to_be_visible()
    expect(tab.get_by_label("Left", exact=True)).to_have_value(re.compile("a penguin"))
    expect(shown).not_to_have_attribute("src", penguin)
    tab.locator(".md-memory > button").first.click()
    tab.locator(".md-runs button", has_text="a penguin").last.click()
    expect(shown).to_have_attribute("src", penguin)
    assert page.problems == []
