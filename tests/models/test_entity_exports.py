"""Entities as files: what is written can be read back and says the same."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.entities import Entities, Entity
from models.entity_exports import apart, masked, to_csv, to_iob2, to_json, to_spacy

TEXT = 'Ada Lovelace met "Babbage", in\nLondon. She wrote it.'


def result(text, spans, score=None):
    entities = tuple(Entity(text[a:b], label, a, b, score) for label, a, b in spans)
    return Entities(entities, (), score is not None, "", len(text), len(text), 1, 1)


FOUND = result(TEXT, [("PERSON", 0, 12), ("PERSON", 18, 25), ("GPE", 31, 37)])


@st.composite
def texts(draw):
    """A text and entities in it that neither overlap nor have space at their ends."""
    parts = draw(
        st.lists(
            st.tuples(
                st.text(alphabet="aé, .\n😀字\u200d\t", max_size=8),
                st.sampled_from(["Ada", "New York", "x.y", "字字", "U.S.", "\U0001f600"]),
            ),
            max_size=8,
        )
    )
    text, spans = "", []
    for gap, name in parts:
        text += gap
        spans.append((draw(st.sampled_from(["A", "B"])), len(text), len(text) + len(name)))
        text += name
    return text, result(text, spans)


def test_csv_rows_are_the_entities_quotes_and_all():
    found = result(TEXT, [("PERSON", 17, 26)], score=0.987654)
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert rows == [
        {"text": '"Babbage"', "label": "PERSON", "start": "17", "end": "26", "score": "0.9877"}
    ]
    assert to_csv(FOUND).splitlines()[1] == "Ada Lovelace,PERSON,0,12,"


def test_csv_has_no_text_that_a_spreadsheet_would_run():
    found = result("=1+1 said Ada", [("LAW", 0, 4)])
    assert to_csv(found).splitlines()[1] == "'=1+1,LAW,0,4,"


def test_json_holds_the_text_and_the_entities():
    read = json.loads(to_json(TEXT, FOUND))
    assert read["text"] == TEXT
    assert [TEXT[e["start"] : e["end"]] for e in read["entities"]] == [
        e.text for e in FOUND.entities
    ]


def test_iob2_marks_first_and_following_tokens_and_ends_sentences():
    lines = to_iob2(TEXT, FOUND).split("\n")
    assert lines[:3] == ["Ada\tB-PERSON", "Lovelace\tI-PERSON", "met\tO"]
    assert lines[-9:] == [
        "London\tB-GPE", ".\tO", "", "She\tO", "wrote\tO", "it\tO", ".\tO", "", ""
    ]  # fmt: skip


def test_iob2_does_not_end_a_sentence_inside_an_entity():
    found = result("See Dr. Who? Yes.", [("SHOW", 4, 16)])
    assert to_iob2("See Dr. Who? Yes.", found).split("\n")[1:-3] == [
        "Dr\tB-SHOW", ".\tI-SHOW", "Who\tI-SHOW", "?\tI-SHOW", "Yes\tI-SHOW"
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(texts())
def test_iob2_has_every_entity_with_all_its_words_and_no_other(case):
    text, found = case
    seen = []
    for line in to_iob2(text, found).split("\n"):
        token, _, tag = line.rpartition("\t")
        if tag.startswith("B-"):
            seen.append([tag[2:], token])
        elif tag.startswith("I-"):
            seen[-1][1] += token
    assert [(label, word) for label, word in seen] == [
        (e.label, "".join(e.text.split())) for e in found.entities
    ]


@pytest.mark.starter
@settings(max_examples=150, deadline=None)
@given(texts())
def test_spacy_reads_its_json_back_with_the_same_entities(case):
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

    text, found = case
    document = Doc(Vocab()).from_json(json.loads(to_spacy(text, found)))
    assert document.text == text
    assert [(e.label_, e.start_char, e.end_char) for e in document.ents] == [
        (e.label, e.start, e.end) for e in found.entities
    ]


@pytest.mark.starter
@settings(max_examples=40, deadline=None)
@given(texts(), st.data())
def test_spacy_reads_entities_that_overlap_back_as_spans(case, data):
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

    text, found = case
    starts, ends = ([getattr(e, edge) for e in found.entities] for edge in ("start", "end"))
    some = st.lists(
        st.tuples(st.sampled_from(starts or [0]), st.sampled_from(ends or [0])), max_size=4
    )
    more = result(text, [("C", a, b) for a, b in data.draw(some) if a < b])
    both = replace(found, entities=(*found.entities, *more.entities))
    document = Doc(Vocab()).from_json(json.loads(to_spacy(text, both)))
    assert document.text == text
    read = document.spans.get("sc", document.ents)
    assert sorted((e.label_, e.start_char, e.end_char) for e in read) == sorted(
        (e.label, e.start, e.end) for e in both.entities
    )
    assert len(document.ents) == len([*apart(both.entities)])


def test_masking_replaces_entities_and_nothing_else():
    assert masked(TEXT, FOUND.entities) == ('[PERSON] met "[PERSON]", in\n[GPE]. She wrote it.')
    assert masked(TEXT, ()) == TEXT


def test_of_entities_that_overlap_the_first_is_masked():
    found = result("New York City", [("A", 0, 8), ("B", 4, 13)])
    assert masked("New York City", found.entities) == "[A] City"
