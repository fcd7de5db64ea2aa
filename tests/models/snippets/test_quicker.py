"""The code of a model that a quicker variant computes gives that variant's numbers, and says so."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from models.snippets.code import Snippet
from models.snippets.question_answering import snippets as question_snippets
from models.snippets.quicker import remarked
from models.snippets.sentiment import snippets as sentiment_snippets
from models.snippets.source import Source
from models.snippets.speech_to_text import snippets as transcript_snippets
from models.snippets.translation import snippets as translation_snippets
from models.snippets.zero_shot import snippets as zero_shot_snippets
from models.starter.zero_shot import SCALE
from models.variants_openvino import OpenVinoRuntime, export
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.engines import last
from tests.models.snippets.running import (
    built,
    engine_scores,
    run,
    same_answers,
    same_labels,
    same_weights,
    scores,
)
from tests.models.text_checkpoints import tiny_marian

PLAIN = Snippet("pipeline", "import torch", "x")
TEXT = "a good film was bad , ada !"


def test_torchs_own_code_is_said_to_be_torchs_where_a_variant_computes():
    assert remarked([PLAIN], "torch float32") == (PLAIN,)
    assert remarked([PLAIN], "") == (PLAIN,)
    (told,) = remarked([PLAIN], "openvino bfloat16")
    assert "computes this model in openvino bfloat16" in told.remark
    assert "This code computes in torch" in told.remark
    (same,) = remarked([replace(PLAIN, variant="openvino bfloat16")], "openvino bfloat16")
    assert "So does this code" in same.remark


def test_what_ran_comes_first():
    source = Source("'a/b'", variant="openvino bfloat16")
    levels = sentiment_snippets(card("a/b"), source, {"text": TEXT})
    assert [level.title for level in levels] == [
        "as it ran: OpenVINO", "pipeline", "tokenizer and model",
    ]  # fmt: skip
    assert 'precision = "bf16"' in levels[0].code
    assert "quick(**inputs)" in levels[0].code
    assert "quick(" not in levels[2].code


def test_a_whisper_that_was_converted_has_code_that_converts_it():
    source = Source("'openai/whisper-tiny'", variant="ctranslate2 int8", revision="c" * 40)
    of = replace(card("openai/whisper-tiny", "speech_to_text"), engine="transformers")
    first, *_ = transcript_snippets(of, source, {"recording": "a.wav"})
    compile(first.code, "whisper", "exec")
    assert "TransformersConverter(checkpoint, revision=revision, copy_files=beside)" in first.code
    assert 'WhisperModel("ctranslate2", device=device, compute_type=precision)' in first.code
    assert 'precision = "int8"' in first.code


def quick(engine, folder: Path, inputs, precision: str) -> str:
    """Gives an engine its network in OpenVINO; the name of the variant."""
    encoder = engine.encoder
    export(encoder.runtime.model, inputs, folder)
    encoder.exchange(OpenVinoRuntime(folder, encoder.runtime.fields, precision))
    return encoder.runtime.name


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def two_rows(*names: str):
    import torch

    return {name: torch.ones(2, 6, dtype=torch.long) for name in names}


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_sentiment_by_openvino_is_computed_by_its_code_too(tmp_path, monkeypatch, precision):
    monkeypatch.chdir(tmp_path)
    folder = tiny_bert(_new(tmp_path / "m"), "BertForSequenceClassification", num_labels=3)
    of, source, engine = built("sentiment", "transformers", folder)
    names = ("input_ids", "attention_mask")
    variant = quick(engine, tmp_path / "x", two_rows(*names), precision)
    for text in (TEXT, TEXT * 20):
        found, *_ = sentiment_snippets(of, replace(source, variant=variant), {"text": text})
        assert found.variant == variant
        assert engine_scores(last(engine.score(text))) == scores(run(found))
    assert os.listdir(tmp_path / "openvino")


@pytest.mark.slow
def test_own_labels_and_the_weights_of_words_by_openvino_are_computed_by_their_code_too(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    folder = tiny_bert(_new(tmp_path / "m"), "BertModel", initializer_range=1.0)
    of, source, engine = built("zero_shot", "similarity", folder, defaults=SCALE)
    variant = quick(engine, tmp_path / "x", two_rows("input_ids", "attention_mask"), "bfloat16")
    asked = {"labels": ["film", "london"], "template": "it is {}"}
    for more in ({}, {"method": "occlusion"}):
        settings = {"text": TEXT, **asked, **more}
        first, second = zero_shot_snippets(of, replace(source, variant=variant), settings)
        assert (first.title, second.title) == ("as it ran: OpenVINO", "tokenizer and model")
        if more:
            same_weights(first, last(engine.explain(TEXT, **asked)))
        else:
            same_labels(first, last(engine.classify(TEXT, **asked)))


@pytest.mark.slow
def test_answers_by_openvino_are_computed_by_their_code_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tiny_bert(_new(tmp_path / "m"), "BertForQuestionAnswering", initializer_range=0.5)
    of, source, engine = built("question_answering", "transformers", folder)
    names = ("input_ids", "attention_mask", "token_type_ids")
    variant = quick(engine, tmp_path / "x", two_rows(*names), "bfloat16")
    asked = {"question": "who wrote ?", "context": TEXT * 6}
    first, _ = question_snippets(of, replace(source, variant=variant), asked)
    same_answers(first, last(engine.answer("who wrote ?", TEXT * 6)))


@pytest.mark.filterwarnings("ignore:.*sacremoses")
@pytest.mark.slow
def test_a_translation_by_ctranslate2_is_computed_by_its_code_too(tmp_path, monkeypatch):
    from models.variants_marian import convert

    monkeypatch.chdir(tmp_path)
    folder = tiny_marian(_new(tmp_path / "m"))
    of, source, engine = built("translation", "transformers", folder)
    of = replace(of, id="local/opus-mt-en-pt", defaults={"pairs": ["en-pt"]})
    convert(folder, tmp_path / "x")
    seat = engine.translator_seat
    seat.exchange(seat.variant(tmp_path / "x", (), "ctranslate2-int8"))
    variant = seat.runtime.name
    text = "The house is small. The garden is big!"
    first, second = translation_snippets(
        of, replace(source, variant=variant), {"text": text, "source": "en", "target": "pt"}
    )
    pair = engine.pairs.choose("", "")
    expected = last(engine.translate(text, source=pair[0], target=pair[1])).text
    assert (first.title, second.title) == ("as it ran: CTranslate2", "tokenizer and model")
    assert run(first) == expected
