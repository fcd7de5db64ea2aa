"""What a page takes that nobody touches: pages stay open for hours, on laptops."""

from __future__ import annotations

from tests.browser.pages import DRAW_LIMIT_MS
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM

#: Counts how often anything asks for the next frame, from before gradio's scripts take the function.
_COUNT = """
  const ask = window.requestAnimationFrame;
  window.framesAsked = 0;
  window.requestAnimationFrame = (step) => { window.framesAsked += 1; return ask.call(window, step); };
"""
_FEW_IN_A_SECOND = """async () => {
  const before = framesAsked;
  await new Promise(done => setTimeout(done, 1000));
  return framesAsked - before < 5;
}"""


def test_a_page_that_nobody_touches_comes_to_rest(chromium, address):
    page = chromium.new_page()
    page.set_default_timeout(DRAW_LIMIT_MS)
    page.add_init_script(_COUNT)
    page.goto(address)
    page.get_by_role("heading", name="Modeldeck").wait_for()
    page.wait_for_function(_FEW_IN_A_SECOND, polling=100)
    page.close()
