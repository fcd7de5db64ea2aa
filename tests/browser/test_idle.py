"""What a page takes that nobody touches: pages stay open for hours, on laptops."""

from __future__ import annotations

from tests.browser.pages import DRAW_LIMIT_MS
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM

#: From before any script of the page: notes whether gradio's clock was ever begun, and counts the frames that
#: the browser is asked for in the end, behind whatever a script puts in place of the function.
_WATCH = """
  window.frame = window.requestAnimationFrame.bind(window);
  window.asked = 0;
  window.begun = false;
  let put = (step) => { asked += 1; return frame(step); };
  const isClock = (step) => /performance\\.now\\(\\)-.{1,40}\\/1e3/.test(String(step));
  Object.defineProperty(window, "requestAnimationFrame", {
    get: () => { const now = put; return (step) => { begun ||= isClock(step); return now(step); }; },
    set: (other) => { put = other; },
  });
"""
#: Looks on until hardly anything is asked for; a clock asks for each frame that there is, however slowly
#: they come.
_LOOK = """() => {
  window.atRest = false;
  const look = async () => {
    const before = asked;
    for (let i = 0; i < 30; i += 1) await new Promise(frame);
    if (asked - before < 5) atRest = true;
    else look();
  };
  look();
}"""


def test_a_page_that_nobody_touches_comes_to_rest(chromium, address):
    page = chromium.new_page()
    page.set_default_timeout(DRAW_LIMIT_MS)
    page.add_init_script(_WATCH)
    page.goto(address)
    page.get_by_role("heading", name="Modeldeck").wait_for()
    page.wait_for_function("begun")
    page.evaluate(_LOOK)
    # a promise would always be true to it, and without an interval it asks for frames itself
    page.wait_for_function("atRest", polling=100)
    page.close()
