"""Whisper of the Hub in CTranslate2: converted, tried against torch, exchanged while it serves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models import whisper_ctranslate2, whisper_decoding
from models.caller import Caller, acting
from models.spec import ModelCard, Weights
from models.speech_recogniser import SAMPLE_RATE
from models.speech_to_text import LOADERS
from models.variants import Shelf
from models.variants_whisper import PRECISIONS, convert, recordings, trial
from tests.models.audio_checkpoints import tiny_whisper
from tests.models.engines import CPU

NOISE = np.random.default_rng(0).normal(0, 0.1, 3 * SAMPLE_RATE).astype(np.float32)


@pytest.fixture(autouse=True)
def one_try(monkeypatch):
    """A random network is never sure, and has 16 places for text."""
    monkeypatch.setattr(whisper_decoding, "HEATS", (0.0,))
    monkeypatch.setattr(whisper_ctranslate2, "TRIES", whisper_ctranslate2.TRIES[:1])
    monkeypatch.setattr(whisper_ctranslate2, "_SILENCE_S", 30.0)  # as long as torch encodes


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tiny_whisper(tmp_path_factory.mktemp("whisper"))
    return Weights(ModelCard("org/tiny", "speech_to_text", "transformers", "Tiny"), folder, "test")


def engine_of(weights):
    made = LOADERS["transformers"](weights, CPU)
    made._detector = lambda samples: iter([np.ones(-(-len(samples) // 512), np.float32)])
    return made


def heard(engine):
    with acting(caller := Caller("me")):
        *_, last = engine.transcribe(NOISE, timestamps="word")
    return last.segments, caller.tally.variant


def test_float32_hears_what_torch_hears_and_says_that_it_ran(weights, tmp_path):
    engine = engine_of(weights)
    convert(weights.folder, tmp_path)
    wanted, _ = heard(engine)
    seat = engine.hearing_seat
    seat.exchange(seat.variant(tmp_path, (), "ctranslate2-float32"))
    found, ran = heard(engine)
    assert ran == "ctranslate2 float32"
    assert [s.text for s in found] == [s.text for s in wanted]
    for name in ("start", "end"):  # of the words, which both engines align by themselves
        times = [[getattr(s, name) for s in segments] for segments in (found, wanted)]
        assert times[0] == pytest.approx(times[1], abs=0.2)


def test_a_trial_holds_both_precisions_against_torch_and_the_shelf_gives_what_was_made(
    weights, tmp_path
):
    shelf = Shelf(tmp_path, "ctranslate2-float32")
    folder = shelf.folder(weights)
    folder.mkdir(parents=True)
    verdict = trial(engine_of(weights), weights.folder, folder, [(NOISE, "to be or not")])
    verdict.save(folder)
    assert set(verdict.tried) == {"torch-float32", *PRECISIONS}
    assert verdict.tried["ctranslate2-float32"].passed
    assert verdict.chosen in ("", *PRECISIONS)
    engine = engine_of(weights)
    before = engine.memory_bytes
    shelf.equip(engine, weights, CPU)
    assert engine.hearing_seat.runtime.name == "ctranslate2 float32"
    assert engine.memory_bytes > before


def test_a_variant_that_hears_more_words_wrongly_is_not_taken(weights, tmp_path, monkeypatch):
    engine, texts = engine_of(weights), iter(["to be or not", "to be or not", *["to bee"] * 9])
    monkeypatch.setattr("models.variants_whisper._text", lambda _: next(texts))
    verdict = trial(engine, weights.folder, tmp_path, [(NOISE, "to be or not")])
    assert verdict.chosen == ""
    assert [verdict.tried[name].passed for name in PRECISIONS] == [False, False]


def test_the_recordings_of_the_trial_are_the_examples_with_the_words_of_their_readme():
    folder = Path(__file__).resolve().parents[2] / "assets" / "examples"
    said = (folder / "README.md").read_text()
    rows = (Path(__file__).parents[1] / "quality" / "recordings.jsonl").read_text().splitlines()
    assert all(json.loads(row)["recording"] in said for row in rows)
    assert [round(len(samples) / SAMPLE_RATE, 1) for samples, _ in recordings()] == [7.1, 6.0, 16.6]


def test_the_starter_in_transformers_stays_what_it_is_called(weights):
    card = ModelCard("starter/w", "speech_to_text", "transformers", "W", tier="starter")
    assert LOADERS["transformers"](Weights(card, weights.folder, "r"), CPU).hearing_seat is None
