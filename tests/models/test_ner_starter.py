"""Entities: facts about the starter."""

from __future__ import annotations

from itertools import pairwise

import pytest

from models.ner import LOADERS
from models.spec import Placement, Weights
from models.starter import starters

CPU = Placement("cpu", "float32", "test")
ADA = "Ada Lovelace was born in London in 1815 and worked with Charles Babbage."


def last(results):
    return list(results)[-1]


@pytest.fixture(scope="module")
def starter():
    from models.settings import Settings
    from models.sources import starter_folder

    found = starters()["starter/spacy-en-sm"]
    folder = starter_folder(found, Settings().cache_folder)
    return LOADERS["spacy"](Weights(found.card, folder, "test"), CPU)


def found_by(engine, text):
    return {e.text: e.label for e in last(engine.entities(text)).entities}


@pytest.mark.starter
def test_the_starter_finds_ada_in_london(starter):
    entities = last(starter.entities(ADA)).entities
    assert [(e.text, e.label, e.start, e.end) for e in entities] == [
        ("Ada Lovelace", "PERSON", 0, 12),
        ("London", "GPE", 25, 31),
        ("1815", "DATE", 35, 39),
        ("Charles Babbage", "PERSON", 56, 71),
    ]


@pytest.mark.starter
@pytest.mark.parametrize(
    ("text", "entity", "label"),
    [
        ("Siemens opened a factory in Poland on Tuesday.", "Siemens", "ORG"),
        ("The company paid $340 million for the site.", "$340 million", "MONEY"),
        ("Angela Merkel visited France in 2019.", "Angela Merkel", "PERSON"),
        ("It grew by 15% that year.", "15%", "PERCENT"),
    ],
)
def test_the_starter_knows_clear_cases(starter, text, entity, label):
    assert found_by(starter, text)[entity] == label


@pytest.mark.starter
@pytest.mark.parametrize(
    "text",
    [
        "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643",
        "<script>alert(1)</script>",
        "\u5b57" * 5000,
        "!" * 3000,
        "\n\n\t Ada \n",
    ],
)
def test_the_starter_answers_any_script(starter, text):
    result = last(starter.entities(text))
    assert all(text[e.start : e.end] == e.text for e in result.entities)


@pytest.mark.starter
def test_the_starter_reads_a_long_text_to_its_end_with_true_offsets(starter):
    text = (ADA + " ") * 400
    result = last(starter.entities(text))
    londons = [e for e in result.entities if e.text == "London"]
    assert len(londons) == 400
    assert all(text[e.start : e.end] == e.text for e in result.entities)
    assert result.windows_total > 10


@pytest.mark.starter
def test_the_starter_reads_a_long_text_without_full_stops(starter):
    text = "then Angela Merkel flew to London and " * 300
    entities = last(starter.entities(text)).entities
    assert all(a.end <= b.start for a, b in pairwise(entities))
    assert sum(e.text == "London" for e in entities) >= 295
