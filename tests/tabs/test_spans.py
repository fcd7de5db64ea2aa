"""Spans drawn over a text: each character is inside the marks of all the spans it belongs to."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabs.parts.spans import LINES, Span, overlapping, spans_html

ADA = "Ada Lovelace of London wrote"


class Drawing(HTMLParser):
    """What a browser makes of a drawing: its text, and the marks around each character."""

    def __init__(self, drawn: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.over = "", list[list[dict[str, str]]]()
        self.marks = list[dict[str, str]]()
        self._open = list[dict[str, str]]()
        self.feed(drawn)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        if tag == "mark":
            self._open.append(dict(attrs))
            self.marks.append(dict(attrs))
        elif tag == "div":
            self.whole = dict(attrs)

    def handle_endtag(self, tag):
        if tag == "mark":
            self._open.pop()

    def handle_data(self, data):
        self.text += data
        self.over += [list(self._open)] * len(data)

    def places(self, name):
        return [i for i, around in enumerate(self.over) if name in {m["data-span"] for m in around}]


def spans(*edges):
    return [Span(a, b, "kind", f"L{n}", f"told {n}", str(n)) for n, (a, b) in enumerate(edges)]


def drawing(text, *edges, **more):
    return Drawing(spans_html(text, spans(*edges), "whole", "name", **more))


@st.composite
def texts_and_edges(draw):
    text = draw(st.text(alphabet="ab<&>\"'\n é字\U0001f600", max_size=24))
    edge = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(edge, edge).map(sorted), max_size=7))
    return text, [tuple(pair) for pair in pairs]


@given(texts_and_edges())
def test_the_text_stays_and_every_span_has_its_whole_range_and_no_more(case):
    text, edges = case
    drawn = drawing(text, *edges)
    assert drawn.text == text
    for n, (start, end) in enumerate(edges):
        assert drawn.places(str(n)) == list(range(start, end))


@given(texts_and_edges())
def test_every_span_has_one_label_at_its_end_and_is_told_wherever_it_is(case):
    text, edges = case
    drawn = drawing(text, *edges)
    labels = [mark["data-label"] for mark in drawn.marks if "data-label" in mark]
    assert sorted(labels) == sorted(f"L{n}" for n, (a, b) in enumerate(edges) if a < b)
    for around in filter(None, drawn.over):
        told = around[-1]["title"].split("\n")
        assert told == [f"told {mark['data-span']}" for mark in reversed(around)]


def level(mark):
    return int(mark["style"].removeprefix("--md-level:"))


@given(texts_and_edges())
def test_spans_over_one_character_have_a_line_each_which_goes_on_over_their_cuts(case):
    text, edges = case
    drawn = drawing(text, *edges)
    levels = {}
    for around in drawn.over:
        if len(around) > 1:
            assert len({level(mark) for mark in around}) == len(around)
        for mark in around:
            assert levels.setdefault(mark["data-span"], mark.get("style")) == mark.get("style")
    alone = {str(n) for n, (a, b) in enumerate(edges) if a < b} - {
        str(n)
        for pair in combinations(enumerate(edges), 2)
        for n, _ in pair
        if max(s for _, (s, _) in pair) < min(e for _, (_, e) in pair)
    }
    assert {name for name, style in levels.items() if style is None} == alone
    assert overlapping(edges) == len(levels) - len(alone)


def test_what_lies_inside_is_a_mark_inside_and_nearer_to_the_text():
    drawn = drawing(ADA, (0, 22), (16, 22))
    outer, inner = drawn.over[18]
    assert (outer["data-label"], level(outer)) == ("L0", 1)
    assert (inner["data-label"], level(inner)) == ("L1", 0)
    assert len(drawn.marks) == 2
    assert drawn.whole["style"] == "--md-levels:1"


def test_of_two_that_cross_the_one_that_ends_first_is_cut_and_labelled_once():
    drawn = drawing(ADA, (0, 12), (4, 22))
    first, *_ = drawn.over[0]
    assert [mark["data-span"] for mark in drawn.over[5]] == ["1", "0"]
    assert "data-label" not in first
    assert drawn.over[5][1]["data-label"] == "L0"
    # a mark that begins has some room before it; at a cut it would break the line of what goes on
    assert ["md-begins" in mark["class"] for mark in (first, *drawn.over[5])] == [
        True,
        False,
        False,
    ]


def test_spans_that_only_touch_are_drawn_as_before():
    drawn = drawing(ADA, (0, 3), (3, 12))
    assert [mark["class"] for mark in drawn.marks] == ["md-span kind"] * 2
    assert "style" not in drawn.whole


def test_what_a_person_or_a_model_wrote_is_escaped_everywhere():
    evil = '"><script>'
    drawn = spans_html(evil, [Span(0, len(evil), "kind", evil, evil, evil)], "whole", evil)
    assert "<script>" not in drawn
    assert drawn.count(html.escape(evil)) == 5  # text, label, tooltip, name, and name of the whole


def test_text_in_no_span_can_be_shortened_and_text_behind_the_end_is_left_out():
    drawn = spans_html(
        ADA, spans((4, 12), (16, 22), (20, 28)), "whole", "name", until=22,
        between=lambda start, end: f"[{end - start}]",
    )  # fmt: skip
    assert Drawing(drawn).text == "[4]Lovelace[4]London"


@pytest.mark.parametrize("edge", [(3, 3), (5, 2), (-1, 4), (20, 99)])
def test_what_is_no_part_of_the_text_is_not_drawn(edge):
    drawn = drawing(ADA, edge)
    assert (drawn.text, drawn.marks) == (ADA, [])


def test_more_spans_over_one_place_than_there_are_lines_share_the_last():
    drawn = drawing(ADA, *[(0, 3)] * (LINES + 3))
    assert max(map(level, drawn.marks)) == LINES - 1
    assert len(drawn.over[0]) == LINES + 3


def test_thousands_of_spans_that_overlap_are_drawn_in_no_time():
    text = "abcde " * 1_000
    drawn = drawing(text, *[(at, at + 9) for at in range(0, len(text) - 9, 3)])
    assert drawn.text == text
    assert len({mark["data-span"] for mark in drawn.marks}) == len(range(0, len(text) - 9, 3))
