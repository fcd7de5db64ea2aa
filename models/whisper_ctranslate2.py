"""Whisper in CTranslate2: several windows in a pass, 8-bit weights on a CPU, 16-bit on CUDA.

Several times quicker than torch on a CPU. A pass reads its windows to their ends; which are read again,
with a beam or with heat, is decided as in ``models.whisper_hearing``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.decoding_groups import Group
from models.decoding_steps import Steps
from models.whisper_dice import REPEATABLE_BYTES, Dice
from models.whisper_hearing import Alignment, Hearing, Reading
from models.whisper_tokens import WhisperTokens
from models.whisper_words import frames_of

#: How a window is read, and again when the result is bad: greedily, with a beam, then with the
#: reference's heats and the best of as many tries.
_BEAMS = 5
TRIES: tuple[dict[str, Any], ...] = (
    {"beam_size": 1},
    {"beam_size": _BEAMS},
    *(
        {"beam_size": 1, "num_hypotheses": _BEAMS, "sampling_topk": 0, "sampling_temperature": heat}
        for heat in (0.2, 0.4, 0.6, 0.8, 1.0)
    ),
)
#: Place of the first try with heat.
HEATED = 2
#: Frames of 10 ms that a window of 30 s has, and in a second.
_FRAMES, _FRAMES_PER_S = 3000, 100
#: Silence that the first try hears behind the end of a shorter window, in seconds: with half a second tiny.en
#: made five times the word errors, with two it cut phrases in odd places (docs/decisions/0033).
_SILENCE_S = 5.0
#: A pass is meant to last at most so many seconds, for Stop and for other users, and has so many windows.
PASS_S, MOST_WINDOWS = 2.0, 8


class CTranslate2Ear:
    """Reads windows with a ``ctranslate2.models.Whisper``.

    Args:
        network: the model.
        tokens: its vocabulary.
        memory_bytes: what it occupies.
        name: what computes, for the metrics line.
        fresh: makes the network once more.
    """

    def __init__(
        self,
        network: Any,
        tokens: WhisperTokens,
        memory_bytes: int,
        name: str,
        fresh: Callable[[], Any],
    ) -> None:
        from faster_whisper.feature_extractor import FeatureExtractor

        self.network, self.tokens, self.memory_bytes, self.name = (
            network, tokens, memory_bytes, name,
        )  # fmt: skip
        self.most, self.rows = MOST_WINDOWS, MOST_WINDOWS
        small = network.device == "cpu" and memory_bytes <= REPEATABLE_BYTES
        self.dice = Dice(fresh if small else None)
        self._features = FeatureExtractor(feature_size=network.n_mels)
        self.steps: Steps[Hearing] = Steps(
            CTranslate2Group, self, network.device, line=f"{network.device} speech",
            most=self.most, computing=nullcontext,
        )  # fmt: skip

    def encode(self, rows: Sequence[Hearing]) -> None:
        """Sets ``encoded`` of each row, (1, places, width).

        1500 places of 20 ms; as many as the longest row needs where all are at their first try.
        """
        frames = _FRAMES
        if not any(row.heat for row in rows):
            longest_s = max(row.duration_s for row in rows) + _SILENCE_S
            frames = min(_FRAMES, 2 * int(longest_s * _FRAMES_PER_S / 2))
        spectra = np.stack([self._spectrum(row.samples, frames) for row in rows])
        encoded = np.asarray(self.network.encode(_view(spectra), to_cpu=True))
        for place, row in enumerate(rows):
            row.encoded = encoded[place : place + 1]

    def _spectrum(self, samples: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
        """Log-mel spectrogram (mels, frames), silence behind the end."""
        found = self._features(samples, padding=self._features.hop_length)[:, :frames]
        silence = found.max() - 2.0  # the spectrogram's floor lies 8 orders below its peak, over 4
        rest = [(0, 0), (0, frames - found.shape[1])]
        return np.pad(found, rest, constant_values=silence).astype(np.float32)

    def settle_languages(self, rows: Sequence[Hearing]) -> None:
        """Each row's likeliest language, with its probability where there is a choice."""
        if not self.tokens.multilingual:
            for row in rows:
                row.language = "en"
            return
        found = self.network.detect_language(_view(np.concatenate([r.encoded for r in rows])))
        for row, ranked in zip(rows, found, strict=True):
            token, row.language_probability = ranked[0]
            row.language = token.strip("<|>")

    def learn(self, rows: int, seconds: float) -> None:
        """Sets the windows of a pass by what one took."""
        self.rows = max(1, min(MOST_WINDOWS, int(PASS_S * rows / max(seconds, 1e-6))))


class CTranslate2Group(Group[Hearing]):
    """Windows of one pass."""

    def __init__(self, model: CTranslate2Ear, device: str, answers: list[Hearing]) -> None:
        super().__init__(model, device, answers)
        self._tokens = model.tokens

    @classmethod
    def begin(
        cls, model: CTranslate2Ear, device: str, answers: list[Hearing]
    ) -> list[Group[Hearing]]:
        """See ``Group``: those that are at the same try, in their order, as many as a pass may have.

        Those that have dice of their own go alone.
        """
        ranked = sorted(answers, key=lambda row: row.heat)
        alike = groupby(ranked, key=lambda row: row.heat)
        found: list[Group[Hearing]] = []
        for rows in (list(some) for _, some in alike):
            most = 1 if rows[0].heat >= HEATED and model.dice.are_lent else model.rows
            found += [cls(model, device, rows[i : i + most]) for i in range(0, len(rows), most)]
        return found

    def step(self) -> None:
        """See ``Group``: reads all to their ends."""
        self.ended, self.anew = [], []
        began, rows = time.perf_counter(), self.answers
        heated = rows[0].heat >= HEATED
        if heated and not self._model.dice.lend(rows[0]):
            return
        if fresh := [row for row in rows if row.encoded is None]:
            self._model.encode(fresh)
        if unknown := [row for row in rows if not row.language]:
            self._model.settle_languages(unknown)
        for row, reading in zip(rows, self._read(rows), strict=True):
            row.was_in(len(rows))
            if row.take(reading, self._tokens, last=row.heat + 1 >= len(TRIES)):
                self.ended.append(row)
            elif row.dice is None:  # who has the dice stays: others wait for them
                self.anew.append(row)
                if row.encoded.shape[1] < _FRAMES // 2:
                    row.encoded = None  # a further try hears 30 s, as the model was taught
        self._align([row for row in self.ended if row.request.words and row.found])
        if not rows[0].heat and not self.anew:
            self._model.learn(len(rows), time.perf_counter() - began)

    def _read(self, rows: list[Hearing]) -> list[Reading]:
        network = rows[0].dice or self._model.network
        found = network.generate(
            _view(np.concatenate([row.encoded for row in rows])),
            [self._prompt(row) for row in rows],
            max_length=self._tokens.longest,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=list(self._tokens.barred),
            **TRIES[rows[0].heat],
        )
        return [_reading(one, self._tokens.longest - len(self._prompt(rows[0]))) for one in found]

    def _align(self, rows: list[Hearing]) -> None:
        """Finds the words of windows that have been read, those of one prompt together."""
        for prompt, some in groupby(sorted(rows, key=self._prompt), key=self._prompt):
            together = list(some)
            longest = self._tokens.longest - len(prompt) - 2
            found = self._model.network.align(
                _view(np.concatenate([row.encoded for row in together])),
                prompt,
                [row.text[:longest] for row in together],
                # in frames of the spectrogram, of which the encoder makes one out of two
                [2 * min(frames_of(row), row.encoded.shape[1]) for row in together],
            )
            for row, one in zip(together, found, strict=True):
                row.alignment = partial(_alignment, one)

    def _prompt(self, row: Hearing) -> list[int]:
        return self._tokens.prompt(row.language, row.request.task)

    def keep(self, rows: list[int]) -> None:
        """See ``Group``."""
        self.answers = [self.answers[i] for i in rows]


def _view(array: NDArray[Any]) -> Any:
    import ctranslate2

    return ctranslate2.StorageView.from_array(np.ascontiguousarray(array))


def _reading(found: Any, longest: int) -> Reading:
    """The likeliest hypothesis; its score is the mean over its tokens without the end's."""
    tokens = tuple(found.sequences_ids[0])
    total = found.scores[0] * len(tokens)
    return Reading(tokens, total / (len(tokens) + 1), found.no_speech_prob, len(tokens) < longest)


def _alignment(found: Any) -> Alignment:
    """Where each token begins, from the path of (token, frame)."""
    starts: list[int] = []
    for token, frame in found.alignments:
        if token == len(starts):
            starts.append(frame)
    return starts, np.array(found.text_token_probs, np.float32)
