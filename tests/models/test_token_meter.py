"""The token meter: counted by the model's own tokenizer where it lies here, else estimated."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.snippets.source import Source
from models.spec import Weights
from models.summarization_abstractive import load_abstractive
from models.token_meter import metered
from tests.fakes import card
from tests.models.engines import HERE
from tests.models.text_checkpoints import tiny_bart, tiny_llama

TEXT = "The house is small. The garden is big. " * 40


def of(engine="transformers"):
    return replace(card("local/tiny", "summarization"), engine=engine)


@pytest.mark.parametrize("make", [tiny_bart, tiny_llama])
def test_it_counts_and_measures_as_the_engine_does(tmp_path, make):
    folder = make(tmp_path, window=512)
    found = metered(TEXT, of(), Source("", folder))
    engine = load_abstractive(Weights(of(), folder, "test"), HERE)
    assert (found.tokens, found.room) == (engine.tokens(TEXT), engine.max_tokens)
    assert found.counted


def test_without_files_it_estimates_and_knows_no_window():
    found = metered("word " * 100, of(), Source("a/b"))
    assert (found.counted, found.room) == (False, 0)
    assert 80 < found.tokens < 160


def test_a_model_that_chooses_sentences_has_no_window():
    assert metered(TEXT, of("extractive"), Source("a/b")).by_sentence


def test_half_a_character_is_no_reason_to_fail(tmp_path):
    assert metered("a \ud800 b", of(), Source("", tiny_bart(tmp_path, window=512))).tokens > 0
