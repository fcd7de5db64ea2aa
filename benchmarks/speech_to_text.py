"""Whisper tiny.en: ours against transformers' pipeline and its long-form decoding; several users at once.

The recording is real speech with known words (assets/examples), said over and over with pauses: three
sentences, so that a window of 30 s repeats little and no temperature fallback is called for. Peers use the
same weights in float32: the automatic-speech-recognition pipeline with chunks of 30 s, and ``generate`` on
the whole recording, which is openai-whisper's own algorithm: window after window by timestamps, with
temperature fallback. Outputs agree when ours has at most one point more word errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Disagree, Effort, Floor, Row, Sample, Side, times, versus
from benchmarks.starter_models import folder
from models.audio import read_audio
from models.caller import Caller, acting
from models.spec import Placement, Weights
from models.speech_recogniser import SAMPLE_RATE
from models.speech_to_text import LOADERS, SpeechToTextEngine
from models.starter import starters
from models.word_errors import word_errors

TITLE = "Transcription"
RECORDINGS = Path(__file__).resolve().parent.parent / "assets" / "examples"
#: What is said in each, as assets/examples/README.md has it.
SAID = {
    "austen-passage.flac": "And Mr. John Dashwood had then leisure to consider how much there might be "
    "prudently in his power to do for them. He was not an ill disposed young man, unless to be rather cold "
    "hearted and rather selfish is to be ill disposed.",
    "austen-married.flac": "Had he married a more amiable woman, he might have been made still more "
    "respectable than he was.",
}
#: Silence between two sentences, in seconds.
PAUSE_S = 0.8
#: Word errors that ours may have more than the reference, in points.
POINTS = 1.0


def measure(effort: Effort) -> Iterator[Row]:
    """A recording alone and in windows read together, each of ours against each peer; several users."""
    rounds = effort.of(2, 3)
    quick, torch = "whisper-tiny.en-ct2", "whisper-tiny.en"
    short, long = recording(1), recording(effort.of(2, 8))
    pipeline = Peer("transformers pipeline, chunks of 30 s", _pipeline())
    yield _against(pipeline, quick, short, rounds, times(4.0), warm=effort.of(0, 1))
    yield _against(pipeline, quick, long, rounds, times(8.0), warm=effort.of(0, 1))
    if effort.full:  # minutes more
        yield _together(quick, 8, rounds)
        reference = Peer("transformers generate, long-form", _long_form())
        yield _against(reference, quick, long, rounds)
        yield _against(pipeline, torch, long, rounds)
        yield _together(torch, 8, rounds)


@dataclass(frozen=True)
class Peer:
    """Its name, and what hears samples at 16 kHz."""

    name: str
    hear: Callable[[NDArray[np.float32]], str]


def _against(
    peer: Peer, name: str, said: tuple[NDArray[np.float32], str], rounds: int,
    floor: Floor | None = None, *, warm: int = 1,
) -> Row:  # fmt: skip
    samples, text = said
    ours = _ours(name)
    return versus(
        f"{len(samples) / SAMPLE_RATE:.0f} s of speech, {name}",
        Side(name, _round(lambda heard: _last(ours, heard), samples, text)),
        Side(peer.name, _round(peer.hear, samples, text)),
        unit="times real time", rounds=rounds, higher_is_better=True, same=_no_worse, floor=floor,
        warm=warm,
    )  # fmt: skip


def _together(name: str, users: int, rounds: int) -> Row:
    """Users with a recording each, all at once against one after the other."""
    samples, text = recording(1)
    engine = _ours(name)

    def hear(user: int) -> str:
        with acting(Caller(user)):
            return _last(engine, samples)

    def at_once(_: NDArray[np.float32]) -> str:
        with ThreadPoolExecutor(users) as pool:
            return " ".join(pool.map(hear, range(users)))

    spoken = np.concatenate([samples] * users)
    return versus(
        f"{users} users with {len(samples) / SAMPLE_RATE:.0f} s each, {name}",
        Side("at once", _round(at_once, spoken, " ".join([text] * users))),
        Side(
            "the same, one after the other",
            _round(lambda _: " ".join(map(hear, range(users))), spoken, " ".join([text] * users)),
        ),
        unit="times real time", rounds=rounds, higher_is_better=True, same=_no_worse,
    )  # fmt: skip


def recording(times_over: int) -> tuple[NDArray[np.float32], str]:
    """The sentences said ``times_over`` times, at 16 kHz, and their words."""
    pause = np.zeros(int(PAUSE_S * SAMPLE_RATE), np.float32)
    once = [part for name in SAID for part in (read_audio(RECORDINGS / name, SAMPLE_RATE), pause)]
    return np.concatenate(once * times_over), " ".join([*SAID.values()] * times_over)


def _round(
    hear: Callable[[NDArray[np.float32]], str], samples: NDArray[np.float32], text: str
) -> Callable[[], Sample]:
    def once() -> Sample:
        began = perf_counter()
        heard = hear(samples)
        speed = len(samples) / SAMPLE_RATE / (perf_counter() - began)
        return Sample(speed, 100 * word_errors(text, heard).rate)

    return once


def _ours(name: str) -> SpeechToTextEngine:
    card = starters()[f"starter/{name}"].card
    place = Placement("cpu", "float32", "benchmark")
    return LOADERS[card.engine](Weights(card, folder(name), ""), place)


def _last(engine: SpeechToTextEngine, samples: NDArray[np.float32]) -> str:
    *_, last = engine.transcribe(samples)
    return last.text


def _pipeline() -> Callable[[NDArray[np.float32]], str]:
    from transformers import pipeline

    pipe = pipeline("automatic-speech-recognition", str(folder("whisper-tiny.en")), device="cpu")
    return lambda samples: str(pipe({"raw": samples, "sampling_rate": SAMPLE_RATE},
                                    chunk_length_s=30, batch_size=1)["text"])  # fmt: skip


def _long_form() -> Callable[[NDArray[np.float32]], str]:
    import torch
    from transformers import AutoModelForSpeechSeq2Seq, AutoProcessor

    source = folder("whisper-tiny.en")
    model = AutoModelForSpeechSeq2Seq.from_pretrained(source).eval()
    processor = AutoProcessor.from_pretrained(source)

    def hear(samples: NDArray[np.float32]) -> str:
        inputs: Any = processor(
            samples, sampling_rate=SAMPLE_RATE, return_tensors="pt", truncation=False,
            padding="longest", return_attention_mask=True,
        )  # fmt: skip
        with torch.inference_mode():
            ids = model.generate(
                **inputs, return_timestamps=True, condition_on_prev_tokens=False,
                temperature=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0), logprob_threshold=-1.0,
                compression_ratio_threshold=2.4, no_speech_threshold=0.6,
            )  # fmt: skip
        return str(processor.batch_decode(ids, skip_special_tokens=True)[0])

    return hear


def _no_worse(ours: float, peer: float) -> str:
    if ours > peer + POINTS:
        raise Disagree(f"ours has {ours:.1f} % word errors, the peer {peer:.1f} %")
    return f"word errors {ours:.1f} % against {peer:.1f} %"
