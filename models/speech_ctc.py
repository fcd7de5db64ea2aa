"""Connectionist speech models in transformers: Wav2Vec2, HuBERT, WavLM and their like.

Every 20 ms or so the network names a character or nothing; repeats are joined and blanks dropped
(arxiv.org/abs/2006.11477, section 3). Times come for free: they are the frames. Such models know
no punctuation; phrases end where the speaker pauses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.device import tensor_bytes
from models.errors import ModelUnsupported
from models.spec import Placement, Weights
from models.speech_recogniser import SAMPLE_RATE, Heard, Request
from models.stop import StopToken
from models.token_loading import load_tokenizer
from models.transcript import Segment, Word

#: Longest window in seconds; attention over it grows with the square.
WINDOW_S = 30.0
#: Windows of a pass.
_BATCH = 4
#: A pause that ends a phrase, and the length after which the next word begins a new one (s).
_PAUSE_S, _LONG_S = 0.5, 8.0


class CtcRecogniser:
    """Hears windows with a ``...ForCTC`` network.

    Args:
        model: the network.
        tokenizer: its character tokenizer, with ``word_delimiter_token`` and the blank as padding.
        extractor: its feature extractor.
        device: torch device string of the model.
    """

    reentrant = True
    window_s = WINDOW_S
    languages: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ("transcribe",)

    def __init__(self, model: Any, tokenizer: Any, extractor: Any, device: str) -> None:
        self._model, self._extractor, self._device = model, extractor, device
        # a network that was trained without a mask hears padding as sound
        maskable = extractor.return_attention_mask and hasattr(model.config, "conv_kernel")
        self.batch = _BATCH if maskable else 1
        self._blank = model.config.pad_token_id
        self._gap = getattr(tokenizer, "word_delimiter_token", None) or " "
        self._specials = {s for s in tokenizer.all_special_tokens if s != self._gap}
        count = model.config.vocab_size
        self._characters = [str(c) for c in tokenizer.convert_ids_to_tokens(list(range(count)))]
        self.memory_bytes = tensor_bytes(model)

    def hear(
        self, windows: Sequence[NDArray[np.float32]], request: Request, stop: StopToken
    ) -> Iterator[tuple[int, Heard]]:
        """See ``models.speech_recogniser.Recogniser``; a pass reads ``batch`` windows whole."""
        for first in range(0, len(windows), self.batch):
            stop.check()
            group = windows[first : first + self.batch]
            for index, (ids, sure) in enumerate(self._read(group), start=first):
                frame_s = len(windows[index]) / SAMPLE_RATE / max(len(ids), 1)
                segments = _segments(self._words(ids, sure, frame_s), request)
                yield index, Heard(segments, language=request.language, whole=True)

    def _read(
        self, windows: Sequence[NDArray[np.float32]]
    ) -> Iterator[tuple[list[int], list[float]]]:
        """The likeliest token of each frame and its probability, window by window."""
        import torch

        inputs = self._extractor(
            list(windows), sampling_rate=SAMPLE_RATE, padding=True, return_tensors="pt"
        )
        with torch.inference_mode():
            moved = {
                name: value.to(
                    self._device, self._model.dtype if value.is_floating_point() else None
                )
                for name, value in inputs.items()
            }
            shares = (
                self._model(**moved).logits.float().softmax(-1)
            )  # (windows, frames, vocabulary)
            best = shares.max(-1)
        for place, window in enumerate(windows):
            frames = self._frames(len(window)) if len(windows) > 1 else None  # the rest is padding
            yield best.indices[place, :frames].tolist(), best.values[place, :frames].tolist()

    def _frames(self, samples: int) -> int:
        """Frames of so many samples, by the network's convolutions without padding."""
        for width, stride in zip(
            self._model.config.conv_kernel, self._model.config.conv_stride, strict=True
        ):
            samples = (samples - width) // stride + 1
        return max(0, samples)

    def _words(self, ids: list[int], sure: list[float], frame_s: float) -> list[Word]:
        words: list[Word] = []
        text, start, end, chances = "", 0.0, 0.0, list[float]()
        at = 0
        for token, run in groupby(ids):
            length = len(list(run))
            character = self._characters[token]
            if character == self._gap and text:
                words.append(Word(text, start, end, float(np.mean(chances))))
                text, chances = "", []
            elif (
                token != self._blank and character not in self._specials and character != self._gap
            ):
                start = start if text else at * frame_s
                text, end = text + character, (at + length) * frame_s
                chances.append(max(sure[at : at + length]))
            at += length
        if text:
            words.append(Word(text, start, end, float(np.mean(chances))))
        return words


def _segments(words: Sequence[Word], request: Request) -> tuple[Segment, ...]:
    return tuple(
        Segment(
            phrase[0].start,
            phrase[-1].end,
            " ".join(word.text for word in phrase),
            tuple(phrase) if request.words else (),
        )
        for phrase in pause_phrases(words)
    )


def pause_phrases(words: Sequence[Word]) -> list[list[Word]]:
    """Words in phrases: a new one after a pause, or when one has become long."""
    found: list[list[Word]] = []
    for word in words:
        goes_on = (
            found
            and word.start - found[-1][-1].end < _PAUSE_S
            and word.end - found[-1][0].start < _LONG_S
        )
        if goes_on:
            found[-1].append(word)
        else:
            found.append([word])
    return found


def load_ctc(weights: Weights, placement: Placement) -> CtcRecogniser:
    """Builds the recogniser from a Hugging Face folder.

    Raises:
        ModelUnsupported: when the model wants another sample rate.
    """
    import torch
    from transformers import AutoFeatureExtractor, AutoModelForCTC

    here: dict[str, Any] = {"local_files_only": True}
    extractor = AutoFeatureExtractor.from_pretrained(weights.folder, **here)
    if extractor.sampling_rate != SAMPLE_RATE:
        raise ModelUnsupported(
            f"{weights.card.id} hears {extractor.sampling_rate} Hz; this tab sends {SAMPLE_RATE} Hz.",
            hint="Choose a model for 16 kHz.",
        )
    model = AutoModelForCTC.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), **here
    )
    tokenizer = load_tokenizer(weights.folder)
    return CtcRecogniser(model.to(placement.device).eval(), tokenizer, extractor, placement.device)
