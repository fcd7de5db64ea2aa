"""Entities by a spaCy pipeline: the pieces it reads, and their seams."""

from __future__ import annotations

import re
import threading
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.entities import selected
from models.errors import InputError
from models.ner_pieces import pieces, taken
from models.ner_spacy import PIECE, SpacyNer
from tests.fakes import WAIT_S
from tests.models.engines import last

WORDS = st.lists(
    st.tuples(
        st.sampled_from(["Ada", "Lovelace", "London", "wrote", "in", "a", "notebook", "été"]),
        st.sampled_from([" ", " ", " ", ", ", ". ", "\n", "\n\n", "? "]),
    ),
    max_size=120,
).map(lambda pairs: "".join(word + gap for word, gap in pairs))


def names(text, since=0):
    """A stand-in recogniser: every word with a capital."""
    return [
        ("NAME", since + m.start(), since + m.end()) for m in re.finditer(r"\b[A-Z]\w*\b", text)
    ]


@settings(max_examples=200, deadline=None)
@given(WORDS, st.integers(9, 14), st.integers(100, 160))
def test_pieces_lose_no_entity_and_double_none(text, margin, size):
    kept = []
    for piece in pieces(text, size, margin):
        found = names(text[piece.start : piece.end], piece.start)
        kept += taken(piece, found, kept[-1][2] if kept else 0)
    assert kept == names(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=900), st.integers(1, 12), st.integers(80, 200))
def test_pieces_own_every_character_once_and_are_short(text, margin, size):
    found = pieces(text, size, margin)
    assert [p.owned_start for p in found[1:]] == [p.owned_end for p in found[:-1]]
    if text:
        assert (found[0].owned_start, found[-1].owned_end) == (0, len(text))
    for piece in found:
        assert piece.start <= piece.owned_start < piece.owned_end <= piece.end
        assert piece.end - piece.start <= size


SEAM = [
    # what the two pieces see, relative to the seam between them -> what is taken
    ([(-10, 4)], [(-10, 4)], [(-10, 4)]),  # the same
    ([(-10, 4)], [(-5, 4), (5, 9)], [(-10, 4), (5, 9)]),  # cut shorter by the second
    ([(2, 9)], [(-3, 9)], [(-3, 9)]),  # each leaves it to the other by its start
    ([(3, 6)], [(3, 8)], [(3, 8)]),  # behind the seam the second piece knows more
    ([], [(-9, -4)], []),  # before the seam the first one does
]


@pytest.mark.parametrize(("one", "two", "expected"), SEAM)
def test_pieces_that_see_a_seam_differently_still_give_one_answer(one, two, expected):
    first, second = pieces("word " * 60, 200, 30)[:2]
    seam = first.owned_end
    assert second.start < seam < first.end
    kept = taken(first, [("A", seam + a, seam + b) for a, b in one], 0)
    since = kept[-1][2] if kept else 0
    kept += taken(second, [("A", seam + a, seam + b) for a, b in two], since)
    assert [(a - seam, b - seam) for _, a, b in kept] == expected


class FakePipeline:
    """A pipeline that finds capitalised words, and the white space after them."""

    def __init__(self):
        self.lengths = []

    def get_pipe(self, name):
        return SimpleNamespace(labels=("NAME",))

    def memory_zone(self):
        return nullcontext()

    def __call__(self, text):
        self.lengths.append(len(text))
        found = re.finditer(r"\b[A-Z]\w*\b\s*", text)
        ents = [
            SimpleNamespace(label_="NAME", start_char=m.start(), end_char=m.end()) for m in found
        ]
        return SimpleNamespace(ents=ents)


def test_a_pipeline_reads_pieces_and_its_entities_have_no_space_around_them():
    pipeline = FakePipeline()
    text = "In May the Danube rose.\n\n" * 400 + "and so did the Inn " * 400
    result = last(SpacyNer(pipeline, 1).entities(text))
    assert [("NAME", e.start, e.end) for e in result.entities] == names(text)
    assert all(e.score is None for e in result.entities)
    assert max(pipeline.lengths) <= PIECE
    assert result.windows == result.windows_total == len(pipeline.lengths) > 5


def test_a_minimum_score_without_scores_is_refused():
    engine = SpacyNer(FakePipeline(), 1)
    with pytest.raises(InputError, match="gives no scores"):
        last(selected(engine.entities("In May."), None, 0.5))
    with pytest.raises(InputError, match="finds whole entities itself"):
        last(engine.entities("In May.", aggregation="first"))


def test_a_short_text_does_not_wait_for_a_long_one():
    engine = SpacyNer(FakePipeline(), 1)
    long = engine.entities("In May the Danube rose. " * 1000)
    next(long)
    answer = []
    other = threading.Thread(target=lambda: answer.append(last(engine.entities("In May."))))
    other.start()
    other.join(WAIT_S)
    assert len(answer) == 1
