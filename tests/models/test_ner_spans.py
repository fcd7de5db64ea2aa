"""Entities out of token labels: every tag scheme, every way to join sub-tokens."""

from __future__ import annotations

import re

import numpy as np
import pytest

from models.ner_labels import meaning
from models.ner_spans import (
    LayeredDecoder,
    SpanDecoder,
    TokenBatch,
    entity_labels,
    split_tags,
)

BIO = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def spans(text, rows, tags, aggregation="simple", words=None, decoder=SpanDecoder):
    """Entities of ``text``'s words, given {tag: probability} for each word."""
    offsets = [m.span() for m in re.finditer(r"\S+", text)]
    words = list(range(len(offsets))) if words is None else words
    table = np.array([[row.get(tag, 0.0) for tag in tags] for row in rows], np.float32)
    made = decoder(text, tags, aggregation)
    found = made.push(TokenBatch(offsets, words, table)) + made.finish()
    return [(s.label, text[s.start : s.end]) for s in found]


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("B-PER I-PER O B-LOC O", [("PER", "a b"), ("LOC", "d")]),
        ("I-PER I-PER O O I-LOC", [("PER", "a b"), ("LOC", "e")]),  # IOB1
        ("B-PER B-PER I-PER O O", [("PER", "a"), ("PER", "b c")]),
        ("I-PER I-LOC O O O", [("PER", "a"), ("LOC", "b")]),
        ("B-PER I-PER E-PER S-PER S-PER", [("PER", "a b c"), ("PER", "d"), ("PER", "e")]),  # BIOES
        (
            "B-PER L-PER I-PER U-LOC B-LOC",
            [("PER", "a b"), ("PER", "c"), ("LOC", "d"), ("LOC", "e")],
        ),
        ("B_PER I_PER O O O", [("PER", "a b")]),
        ("O O O O O", []),
    ],
)
def test_tags_of_every_scheme_become_entities(scheme, expected):
    tags = scheme.split()
    names = list(dict.fromkeys(["O", "B-PER", *tags]))
    assert spans("a b c d e", [{tag: 0.9} for tag in tags], names) == expected


def test_labels_without_a_scheme_stay_whole():
    assert split_tags(["O", "E-mail", "S-Bahn"])["E-mail"] == ("I", "E-mail")
    assert spans("a b c", [{"E-mail": 1}, {"E-mail": 1}, {"O": 1}], ["O", "E-mail"]) == [
        ("E-mail", "a b")
    ]


SUBTOKENS = [{"B-PER": 0.6, "O": 0.4}, {"I-LOC": 0.9}, {"O": 1.0}]  # one word of three, then none


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ("none", [("B-PER", "x"), ("I-LOC", "y")]),
        ("simple", [("PER", "x"), ("LOC", "y")]),
        ("first", [("PER", "x y z")]),
        ("max", []),
        ("average", []),
    ],
)
def test_each_aggregation_labels_a_word_in_its_own_way(aggregation, expected):
    assert spans("x y z", SUBTOKENS, BIO, aggregation, words=[0, 0, 0]) == expected


def test_the_average_weighs_all_sub_tokens():
    rows = [{"B-PER": 0.6, "B-LOC": 0.4}, {"B-LOC": 0.9, "B-PER": 0.1}]
    assert spans("x y", rows, BIO, "average", words=[0, 0]) == [("LOC", "x y")]
    assert spans("x y", rows, BIO, "first", words=[0, 0]) == [("PER", "x y")]


def test_a_token_with_several_labels_gives_entities_inside_and_across_each_other():
    tags = ["O", "B-ORG", "I-ORG", "B-GPE", "I-GPE", "B-PER"]
    rows = [
        {"B-ORG": 0.9, "O": 0.8},
        {"I-ORG": 0.8},
        {"I-ORG": 0.9, "B-GPE": 0.7, "B-PER": 0.4},
        {"I-GPE": 0.9, "I-ORG": 0.3},
    ]
    found = spans("bank of new york", rows, tags, decoder=LayeredDecoder)
    assert found == [("ORG", "bank of new"), ("GPE", "new york")]


def test_a_tag_among_several_counts_from_one_half_on_and_scores_by_itself():
    tags, rows = ["B-A", "B-B"], np.array([[0.5, 0.51], [0.49, 1.0]], np.float32)
    decoder = LayeredDecoder("x y", tags, "simple")
    found = decoder.push(TokenBatch([(0, 1), (2, 3)], [0, 1], rows)) + decoder.finish()
    assert [(s.label, s.start, round(s.score, 2)) for s in found] == [("B", 0, 0.51), ("B", 2, 1.0)]


def test_labels_are_cut_by_the_scheme_of_all_tags_in_every_layer():
    tags = ["O", "B-A", "E-mail"]
    assert spans("x", [{"E-mail": 1.0}], tags, decoder=LayeredDecoder) == [("mail", "x")]


@pytest.mark.parametrize("aggregation", ["none", "simple", "first", "average", "max"])
def test_tokens_that_share_a_character_are_never_two_entities(aggregation):
    text = "x \U0001f9d1\u200d\U0001f680 y"
    offsets = [(0, 1), (2, 3), (2, 5), (4, 5), (6, 7)]  # bytes of one emoji in three tokens
    tags = ["O", "B-PER"]
    rows = np.array([[0, 1], [0.1, 0.9], [0.2, 0.8], [0, 1], [1, 0]], np.float32)
    decoder = SpanDecoder(text, tags, aggregation)
    batch = TokenBatch(offsets, [0, 1, 2, 2, 3], rows)
    found = decoder.push(batch) + decoder.finish()
    assert [(s.start, s.end) for s in found] == [(0, 1), (2, 5)]


def test_labels_lose_their_prefix_unless_raw_tags_are_asked_for():
    assert entity_labels(BIO, "first") == ("PER", "LOC")
    assert entity_labels(BIO, "none") == ("B-PER", "I-PER", "B-LOC", "I-LOC")


@pytest.mark.parametrize(
    ("label", "words"), [("GPE", "countries"), ("B-PER", "people"), ("corporation", "companies")]
)
def test_known_labels_are_explained(label, words):
    assert words in meaning(label)
    assert meaning("LABEL_7") == ""
