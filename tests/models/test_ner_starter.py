"""Entities: facts about the starter."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from models.ner import LOADERS
from models.sources import locate
from models.spec import Weights
from models.starter import ner, starters
from models.starter.fetch import SPACY_MD
from tests.conftest import ROOT
from tests.models.engines import HERE, last, starter_engine

ADA = "Ada Lovelace was born in London in 1815 and worked with Charles Babbage."


@pytest.fixture(scope="module")
def starter():
    return starter_engine("spacy-en-sm")


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


@pytest.mark.starter
@pytest.mark.skipif(
    not (ROOT / "build" / "starter" / SPACY_MD.folder).is_dir(), reason="make could not fetch it"
)
def test_the_medium_starter_finds_without_spellings_what_it_finds_with_them(tmp_path):
    medium = starters()["starter/spacy-en-md"]
    paths = {role: locate(file) for role, file in medium.files.items()}
    whole, lean = tmp_path / "whole", tmp_path / "lean"
    ner.build(paths, whole)
    ner.build_medium(paths, lean)
    first, second = (
        LOADERS["spacy"](Weights(medium.card, folder, "test"), HERE) for folder in (whole, lean)
    )
    rows = (ROOT / "tests" / "quality" / "ner_checked.jsonl").read_text("utf-8").splitlines()

    def found_in(engine, text):
        return [(e.label, e.start, e.end) for e in last(engine.entities(text)).entities]

    texts = [json.loads(row)["text"] for row in rows[::4]] + ["Zoë of Ωmega saw \u5b57 in 東京."]
    assert [found_in(second, text) for text in texts] == [found_in(first, text) for text in texts]
    sizes = [(folder / "vocab" / "strings.json").stat().st_size for folder in (whole, lean)]
    assert sizes[1] < sizes[0] / 10
