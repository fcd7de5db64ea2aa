"""How sure a recogniser is: around an untrained one, whose decisions are known, and around the starter."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from models.ner import LOADERS
from models.ner_certainty import SureRecogniser, takes_one_way
from models.ner_spacy import SpacyNer
from models.spec import Weights
from tests.conftest import ROOT
from tests.fakes import card
from tests.models.engines import HERE, last, starter_engine

TEXT = "Ada Lovelace saw London, Paris and the Rhine in one summer."


def untrained(**biases):
    """A pipeline of two labels that decides by its biases alone, 0 but for these, whatever the text."""
    spacy = pytest.importorskip("spacy")
    spacy.util.fix_random_seed(4)  # for the layers below the last one
    blank = spacy.blank("en")
    recogniser = blank.add_pipe("ner")
    for label in ("PERSON", "GPE"):
        recogniser.add_label(label)
    blank.initialize()
    moves = recogniser.moves
    names = [moves.get_class_name(at) for at in range(moves.n_moves)]
    upper = recogniser.model.get_ref("upper")
    upper.set_param("b", np.array([biases.get(name[:1], 0.0) for name in names], np.float32))
    return blank


@pytest.fixture(scope="module")
def opinionated():
    """One whose last layer is drawn by lot: it finds entities of one word and of several."""
    pipeline = untrained()
    upper = pipeline.get_pipe("ner").model.get_ref("upper")
    lot = np.random.default_rng(4)
    upper.set_param("W", lot.normal(0, 1, upper.get_param("W").shape).astype("float32"))
    return pipeline


def test_a_score_is_the_product_of_the_shares_of_an_entitys_decisions():
    pipeline = untrained(B=3.0, L=2.0)  # every entity begins, and ends with the word after
    decisions = pipeline.get_pipe("ner").moves.n_moves
    whole = 2 * math.exp(3) + 2 * math.exp(2) + decisions - 4
    found = list(SureRecogniser(pipeline).entities("Ada Lovelace saw London"))
    assert [entity[1:3] for entity in found] == [(0, 12), (13, 23)]
    assert [score for *_, score in found] == pytest.approx(
        [math.exp(3) * math.exp(2) / whole**2] * 2
    )


def test_entities_are_those_of_the_pipeline_itself(opinionated):
    expected = [(e.label_, e.start_char, e.end_char) for e in opinionated(TEXT).ents]
    found = list(SureRecogniser(opinionated).entities(TEXT))
    assert [entity[:3] for entity in found] == expected
    assert len(expected) > 1
    assert all(0 <= score <= 1 for *_, score in found)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "Ada"])
def test_a_text_of_hardly_anything_is_read(opinionated, text):
    assert len(list(SureRecogniser(opinionated).entities(text))) == len(opinionated(text).ents)


def test_what_a_rule_has_set_has_no_score(opinionated):
    import spacy

    ruled = spacy.blank("en")
    ruler = ruled.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "RIVER", "pattern": "Rhine"}])
    ruled.add_pipe("ner", source=opinionated)
    found = list(SureRecogniser(ruled).entities(TEXT))
    assert ("RIVER", 39, 44, None) in found


def test_a_recogniser_with_a_beam_gives_no_scores():
    spacy = pytest.importorskip("spacy")
    blank = spacy.blank("en")
    blank.add_pipe("beam_ner", name="ner")
    assert not takes_one_way(blank)
    assert takes_one_way(untrained())


def test_a_pipelines_folder_gives_an_engine_with_scores(opinionated, tmp_path):
    opinionated.to_disk(tmp_path / "folder")
    engine = LOADERS["spacy"](Weights(card("local/x", "ner"), tmp_path / "folder", "test"), HERE)
    assert isinstance(engine, SpacyNer)
    result = last(engine.entities(f"{TEXT}\n\n" * 60))
    assert result.scored
    assert result.windows_total > 1
    assert all(e.score is not None for e in result.entities)


@pytest.mark.starter
def test_the_starters_sure_entities_are_right_and_its_unsure_ones_often_not():
    engine, sure, unsure = starter_engine("spacy-en-sm"), list[bool](), list[bool]()
    rows = (ROOT / "tests" / "quality" / "ner_checked.jsonl").read_text("utf-8").splitlines()
    for row in map(json.loads, rows[::2]):
        there = {(e["start"], e["end"]) for e in row["entities"]}
        for entity in last(engine.entities(row["text"])).entities:
            group = sure if entity.score >= 0.99 else unsure if entity.score < 0.9 else []
            group.append((entity.start, entity.end) in there)
    assert min(len(sure), len(unsure)) > 30
    assert sum(sure) / len(sure) > sum(unsure) / len(unsure) + 0.15
