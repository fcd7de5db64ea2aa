"""Whisper in transformers: windows of a recording in shared passes, words timed on demand.

Decoding: ``models.whisper_decoding``. Cards: huggingface.co/openai/whisper-tiny.en.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.device import tensor_bytes
from models.spec import Placement, Weights
from models.speech_recogniser import SAMPLE_RATE, Heard, Request
from models.stop import StopToken
from models.torch_threads import SMALL_BYTES, one_core
from models.transcript import Segment, Word, shifted
from models.whisper_decoding import Reading, WhisperDecoder
from models.whisper_tokens import Phrase, WhisperTokens, phrases
from models.whisper_words import timed_words

#: Length of the window that Whisper was trained on, in seconds.
WINDOW_S = 30.0
#: A rest shorter than this after the last finished phrase is not heard again, in seconds.
_SHORTEST_REST_S = 1.0
#: Windows of a pass at most, and the bytes that their keys and values may take on CPU and elsewhere.
_MOST_WINDOWS, _CPU_BYTES, _GPU_BYTES = 16, 256_000_000, 2_000_000_000
#: Least time between two drafts, in seconds.
_DRAFT_S = 0.1


@dataclass
class _Window:
    """A window and what is left to hear of it."""

    index: int
    samples: NDArray[np.float32]
    offset: float = 0.0
    done: list[Segment] = field(default_factory=list)
    whole: bool = False

    @property
    def rest(self) -> NDArray[np.float32]:
        return self.samples[int(self.offset * SAMPLE_RATE) :]

    @property
    def rest_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE - self.offset


class WhisperRecogniser:
    """Hears windows with a ``WhisperForConditionalGeneration``.

    Args:
        model: the network, its cross-attentions able to return their weights.
        tokenizer: its Whisper tokenizer, only used to look tokens up and to decode.
        extractor: its feature extractor.
        device: torch device string of the model.
    """

    reentrant = True
    window_s = WINDOW_S

    def __init__(self, model: Any, tokenizer: Any, extractor: Any, device: str) -> None:
        self._model, self._extractor, self._device = model, extractor, device
        self._tokens = WhisperTokens(tokenizer, model.generation_config, model.config)
        self._decoder = WhisperDecoder(model, self._tokens, device)
        self.memory_bytes = tensor_bytes(model)
        self.batch = _fitting(model, device)
        self._small = device == "cpu" and self.memory_bytes < SMALL_BYTES
        self.languages = self._tokens.languages
        self.detects_language = True
        self.tasks: tuple[str, ...] = (
            ("transcribe", "translate") if self._tokens.multilingual else ("transcribe",)
        )

    def hear(
        self, windows: Sequence[NDArray[np.float32]], request: Request, stop: StopToken
    ) -> Iterator[tuple[int, Heard]]:
        """See ``models.speech_recogniser.Recogniser``.

        The first window goes alone: it tells the language, and its text is there soon. When the
        model closes a phrase, opens another and leaves it empty, it wants to hear the rest of the
        window again from there; that rest joins the next pass.
        """
        waiting = deque(_Window(index, samples) for index, samples in enumerate(windows))
        language, probability, size = request.language, None, 1
        with one_core() if self._small else nullcontext():
            while waiting:
                rows = [waiting.popleft() for _ in range(min(size, len(waiting)))]
                size = self.batch
                encoded = self._encode([row.rest for row in rows])
                if not language:
                    language, probability = self._decoder.language(encoded)
                settled = Request(language, request.task, request.words)
                yield from self._pass(rows, encoded, settled, probability, stop)
                waiting.extendleft(row for row in reversed(rows) if not row.whole)

    def _pass(
        self, rows: list[_Window], encoded: Any, request: Request, probability: float | None,
        stop: StopToken,
    ) -> Iterator[tuple[int, Heard]]:  # fmt: skip
        """Reads the rest of each window once."""

        def heard(row: _Window, draft: str = "") -> tuple[int, Heard]:
            done = tuple(row.done)
            return row.index, Heard(done, draft, request.language, probability, row.whole)

        prompt = self._tokens.prompt(request.language, request.task)
        readings: Sequence[Reading] = ()
        drafted = 0.0
        for readings in self._decoder.readings(encoded, prompt, stop):
            if time.perf_counter() - drafted >= _DRAFT_S:
                drafted = time.perf_counter()
                for row, reading in zip(rows, readings, strict=True):
                    yield heard(row, self._tokens.text(reading.tokens))
        for place, (row, reading) in enumerate(zip(rows, readings, strict=True)):
            self._settle(row, reading, encoded[place : place + 1], request)
            yield heard(row)

    def _settle(self, row: _Window, reading: Reading, encoded: Any, request: Request) -> None:
        """Adds the phrases of a reading, and notes from where the window must be heard again."""
        found, resume = phrases(reading.tokens, self._tokens.first_tick, row.rest_s)
        row.done += self._segments(row, found, encoded, request)
        if resume is None or not reading.ended or row.rest_s - resume < _SHORTEST_REST_S:
            row.whole = True
        else:
            row.offset += resume

    def _segments(
        self, row: _Window, found: list[Phrase], encoded: Any, request: Request
    ) -> list[Segment]:
        words: list[tuple[Word, ...]] = [()] * len(found)
        if request.words and found:
            frames = -(-len(row.rest) // self._tokens.samples_per_frame)
            words = timed_words(
                self._model,
                self._tokens,
                encoded,
                self._tokens.prompt(request.language, request.task),
                [p.tokens for p in found],
                min(encoded.shape[1], frames),
                request.language,
            )
        return [
            shifted(Segment(p.start, p.end, self._tokens.text(p.tokens), timed), row.offset)
            for p, timed in zip(found, words, strict=True)
        ]

    def _encode(self, windows: list[NDArray[np.float32]]) -> Any:
        import torch

        features = self._extractor(windows, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        spectra = features.input_features.to(
            self._device, self._model.dtype
        )  # (windows, mels, 3000)
        with torch.inference_mode():
            return self._model.model.encoder(spectra).last_hidden_state  # (windows, 1500, width)


def _fitting(model: Any, device: str) -> int:
    """How many windows a pass may have: their cross-attention's keys and values take the memory."""
    config = model.config
    row = 2 * config.decoder_layers * config.max_source_positions * config.d_model
    budget = _CPU_BYTES if device == "cpu" else _GPU_BYTES
    return max(1, min(_MOST_WINDOWS, budget // int(row * model.dtype.itemsize)))


def load_whisper(weights: Weights, placement: Placement) -> WhisperRecogniser:
    """Builds the recogniser from a Hugging Face folder."""
    import copy

    import torch
    from transformers import AutoFeatureExtractor, AutoTokenizer, WhisperForConditionalGeneration

    here: dict[str, Any] = {"local_files_only": True}
    model = WhisperForConditionalGeneration.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), **here
    )
    model = model.to(placement.device).eval()
    eager = copy.copy(model.config)  # only eager attention returns its weights, for the word times
    eager._attn_implementation = "eager"
    for module in model.model.decoder.modules():
        if hasattr(module, "config"):
            module.config = eager
    tokenizer = AutoTokenizer.from_pretrained(weights.folder, **here)
    extractor = AutoFeatureExtractor.from_pretrained(weights.folder, **here)
    return WhisperRecogniser(model, tokenizer, extractor, placement.device)
