"""Spans that overlap, as Chromium draws them with the page's own style and script."""

from __future__ import annotations

import pytest

from models.entities import Entities, Entity
from tabs.parts.entity_view import label_order, table_html, text_html
from tests.browser.pages import open_page, panel
from tests.conftest import IN_CHROMIUM

pytestmark = IN_CHROMIUM

TEXT = (
    "The University of California,\n  Berkeley hired the chief executive of Siemens Energy in May."
)
SPANS = [
    ("ORG", "University of California,\n  Berkeley"), ("GPE", "California"), ("GPE", "Berkeley"),
    ("ROLE", "chief executive of Siemens"), ("ORG", "Siemens Energy"), ("DATE", "May"),
]  # fmt: skip
#: Where each piece of a span is: its name, and the lower edge of its last line.
EDGES = """text => [...text.querySelectorAll("mark")].map(mark => [
    mark.dataset.span, Math.round([...mark.getClientRects()].at(-1).bottom)])"""


@pytest.fixture(scope="module")
def drawn(chromium, address):
    """The entity tab with a text drawn and its table, as a run would put them there."""
    page = open_page(chromium, f"{address}?tab=ner")
    places = [(label, TEXT.index(words), len(words)) for label, words in SPANS]
    found = tuple(Entity(TEXT[a : a + n], label, a, a + n, 0.9) for label, a, n in places)
    result = Entities(found, (), True, "simple", len(TEXT), len(TEXT), 1, 1)
    order = label_order(result)
    content = text_html(TEXT, found, order) + table_html(found, order, scored=True)
    panel(page, "ner").locator(".md-ner").evaluate(
        "(whole, html) => whole.insertAdjacentHTML('beforeend', `<div>${html}</div>`)", content
    )
    yield page
    assert page.problems == []
    page.close()


def test_what_is_copied_is_the_text_and_labels_are_drawn_once(drawn):
    text = drawn.locator("#tab-ner .md-spans").last
    selected = text.evaluate(
        "text => { getSelection().selectAllChildren(text); return getSelection().toString(); }"
    )
    assert selected == TEXT
    labels = text.locator("mark").evaluate_all(
        "marks => marks.map(mark => getComputedStyle(mark, '::after').content).filter(c => c !== 'none')"
    )
    assert sorted(labels) == sorted(f'"\xa0{label}"' for label, _ in SPANS)
    assert "mark: California GPE" in text.aria_snapshot()


def test_spans_over_the_same_words_have_lines_below_each_other_that_do_not_break(drawn):
    text = drawn.locator("#tab-ner .md-spans").last
    edges = text.evaluate(EDGES)
    levels = {}
    for name, bottom in edges:
        levels.setdefault(name, []).append(bottom)
    role, company = levels["3"], levels["4"]
    assert len(role) == 2  # cut where the company begins
    assert role[0] == role[1]
    assert abs(role[0] - company[0]) >= 4
    assert levels["1"][0] + 4 <= max(bottom for name, bottom in edges if name == "0")


def test_a_row_of_the_table_shows_all_pieces_of_its_span(drawn):
    row = drawn.locator("#tab-ner [data-shows='3']").last
    row.press("Enter")
    found = drawn.locator("#tab-ner .md-found")
    assert found.evaluate_all("marks => marks.map(mark => mark.dataset.span)") == ["3", "3"]
    assert "".join(found.all_inner_texts()) == "chief executive of Siemens"
