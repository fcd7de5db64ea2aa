"""The sources of a summary in the browser: a click on a sentence marks where it stands."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.pages import RUN_LIMIT_MS, panel
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM
IN_ITS_BOX = """mark => {
    const inner = mark.getBoundingClientRect();
    const outer = mark.closest('.md-source-text').getBoundingClientRect();
    return inner.top >= outer.top && inner.top < outer.bottom;
}"""


def test_a_click_on_a_sentence_marks_its_source_and_a_second_one_unmarks_it(visit):
    page = visit("summarization")
    tab = panel(page, "summarization")
    filler = "\n\n".join(f"The clerk wrote line {n} & went <b>home</b>." for n in range(60))
    last = "In the end, Engineers repaired the famous old lighthouse lens at Cape Morrow by hand."
    tab.locator("textarea").first.fill(f"The harbour opened early.\n\n{filler}\n\n{last}")
    tab.locator(".md-run").first.click()
    expect(tab.locator(".md-done").first).to_be_visible(timeout=RUN_LIMIT_MS)
    sentences = tab.locator(".md-sources [data-sentence]")
    expect(sentences.first).to_be_visible()
    chosen = sentences.last
    chosen.click()
    found = tab.locator("mark.md-found")
    expect(found).to_have_count(1)
    expect(found).to_have_text(chosen.inner_text())
    expect(chosen).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(f"({IN_ITS_BOX})(document.querySelector('mark.md-found'))")
    expect(tab.locator(".md-sources-note")).to_contain_text("word for word")
    chosen.click()
    expect(found).to_have_count(0)
    expect(tab.locator(".md-sources-note")).to_contain_text("Choose a sentence")
    assert page.problems == []
