"""Whisper of transformers in CTranslate2: converted once, several times as quick as torch on a CPU.

Taken where it makes no more word errors on recordings with known words than torch and is clearly quicker
here. Reading in CTranslate2: ``models.whisper_ctranslate2``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.audio import read_audio
from models.speech_recogniser import SAMPLE_RATE
from models.variant_memory import size_of
from models.variant_verdict import Tried, Verdict
from models.word_errors import word_errors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.whisper_ctranslate2 import CTranslate2Ear
    from models.whisper_tokens import WhisperTokens

#: What is tried.
PRECISIONS = ("ctranslate2-int8", "ctranslate2-float32")
#: Word errors that a variant may have more than torch, as a share of the words.
POINT = 0.01
#: A variant must be so many times as quick as torch.
GAIN = 1.15
_ASSETS = Path(__file__).resolve().parent.parent
_RECORDINGS = _ASSETS / "assets" / "examples"
_SAID = _ASSETS / "tests" / "quality" / "recordings.jsonl"

#: A recording, (samples,) float32 at 16 kHz, and what is said in it.
Spoken = tuple["NDArray[np.float32]", str]


def recordings() -> list[Spoken]:
    """Real speech with its words."""
    rows = [json.loads(line) for line in _SAID.read_text("utf-8").splitlines()]
    return [(read_audio(_RECORDINGS / row["recording"], SAMPLE_RATE), row["text"]) for row in rows]


def convert(source: Path, folder: Path) -> None:
    """Writes a Whisper folder of transformers as CTranslate2 wants it, its vocabulary beside it."""
    from ctranslate2.converters import TransformersConverter

    files = [name for name in ("tokenizer.json",) if (source / name).is_file()]
    TransformersConverter(str(source), copy_files=files).convert(str(folder), force=True)


def ear_of(folder: Path, name: str, tokens: WhisperTokens) -> CTranslate2Ear:
    """A converted model that reads windows.

    Args:
        folder: as ``convert`` wrote it.
        name: one of ``PRECISIONS``.
        tokens: the vocabulary of the model in torch.
    """
    from models.whisper_ctranslate2 import CTranslate2Ear
    from models.whisper_ctranslate2_files import network_of

    precision = name.partition("-")[2]
    fresh, size = partial(network_of, folder, precision), size_of(folder, name)
    return CTranslate2Ear(fresh(), tokens, size, f"ctranslate2 {precision}", fresh)


def trial(engine: Any, source: Path, folder: Path, spoken: Sequence[Spoken]) -> Verdict:
    """Converts a Whisper into ``folder`` and tries it against torch.

    Args:
        engine: a ``models.speech_to_text.SpeechToTextEngine`` with a ``hearing_seat``.
        source: the model's own folder.
        folder: where the files go.
        spoken: recordings with their words.
    """
    convert(source, folder)
    seat = engine.hearing_seat
    rate, torch_ms = _heard(engine, spoken)
    tried = {"torch-float32": Tried(torch_ms, torch_ms)}
    for name in PRECISIONS:
        seat.exchange(seat.variant(folder, (), name))
        found, spent = _heard(engine, spoken)
        worse = max(0.0, found - rate)
        tried[name] = Tried(spent, spent, 1 - worse, worse, worse <= POINT)
    passed = [name for name in PRECISIONS if tried[name].passed]
    best = min(passed, key=lambda name: tried[name].one_ms, default="")
    clear = best and torch_ms / tried[best].one_ms >= GAIN
    return Verdict(best if clear else "", (), tried)


def _heard(engine: Any, spoken: Sequence[Spoken]) -> tuple[float, float]:
    """Share of words heard otherwise, and the mean time of a recording in milliseconds."""
    language = "en" if "en" in engine.languages else ""
    _text(engine.transcribe(spoken[0][0], language=language))
    began, wrong, words = time.perf_counter(), 0, 0
    for samples, text in spoken:
        found = word_errors(text, _text(engine.transcribe(samples, language=language)))
        wrong, words = wrong + found.errors, words + found.words
    return wrong / words, 1000 * (time.perf_counter() - began) / len(spoken)


def _text(results: Iterator[Any]) -> str:
    *_, last = results
    return str(last.text)
