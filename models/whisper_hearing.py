"""One window on its way through a Whisper network: what is wanted of it, and what was read in it.

Caller and network meet here: the caller's thread asks (``models.whisper``), the executor's thread reads
(``models.whisper_decoding`` in torch, ``models.whisper_ctranslate2``). What a reading must be like is the
reference's (github.com/openai/whisper, transcribe.py).
"""

from __future__ import annotations

import queue
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.decoding_answers import Underway
from models.speech_recogniser import SAMPLE_RATE, Request
from models.whisper_tokens import Phrase, WhisperTokens, phrases

#: Above the first a text repeats itself, below the second the model is unsure, above the third it
#: doubts that anybody speaks: thresholds of the reference's transcribe().
_MOST_REPETITIVE, _LEAST_SURE, _NO_SPEECH = 2.4, -1.0, 0.6

#: Frame in which each token, and at last the end token, begins; and each text token's probability.
Alignment = tuple[Sequence[int], NDArray[np.float32]]
Mail = queue.SimpleQueue[tuple["Hearing", BaseException | None]]


@dataclass(frozen=True)
class Reading:
    """One decoding of a window.

    Attributes:
        tokens: after the prompt, without the end token.
        mean_log: mean natural logarithm of the tokens' probabilities, the end token's among them.
        no_speech: 0 to 1, the model's own doubt that anybody speaks.
        ended: False when the longest text was reached.
    """

    tokens: tuple[int, ...] = ()
    mean_log: float = 0.0
    no_speech: float = 0.0
    ended: bool = False

    @property
    def silent(self) -> bool:
        """Whether it is most likely an invention into silence."""
        return self.no_speech > _NO_SPEECH and self.mean_log < _LEAST_SURE

    def is_bad(self, tokens: WhisperTokens) -> bool:
        """Whether another try is worth it: the model is unsure, or goes round in circles."""
        return self.mean_log < _LEAST_SURE or (
            repetitiveness(tokens.text(self.tokens)) > _MOST_REPETITIVE
        )


@dataclass(eq=False)
class Hearing(Underway):
    """A window and what comes of it; the executor's thread writes, the caller's reads after ``mail``.

    Attributes:
        samples: (samples,) float32 at 16 kHz, at most 30 s.
        request: what is wanted; its language may be open.
        mail: where the end of it is told, with an error where there was one.
        language: code; settled by the network where the request leaves it open.
        language_probability: 0 to 1 where the network settled it.
        heat: how many tries were not good enough.
        encoded: the encoder's output, kept for another try and for the words.
        dice: a network of its own for tries with heat, in CTranslate2.
        written: tokens so far of the present try, for drafts.
        reading: the result.
        found, resume: its phrases, and from where the rest shall be heard again; see ``phrases``.
        alignment: called in the caller's thread; None without words.
        steps, shared: passes that it was in, and the sum of their rows.
    """

    samples: NDArray[np.float32]
    request: Request
    mail: Mail
    language: str = ""
    language_probability: float | None = None
    heat: int = 0
    encoded: Any = None
    dice: Any = None
    written: list[int] = field(default_factory=list)
    reading: Reading = field(default_factory=Reading)
    found: list[Phrase] = field(default_factory=list)
    resume: float | None = None
    alignment: Callable[[], Alignment] | None = None
    steps: int = 0
    shared: int = 0

    def __post_init__(self) -> None:
        self.language = self.request.language

    @property
    def duration_s(self) -> float:
        """Length of the window."""
        return len(self.samples) / SAMPLE_RATE

    @property
    def most_tokens(self) -> int:
        """See ``Underway``: what counts is the number of windows."""
        return 1

    @property
    def text(self) -> list[int]:
        """Text tokens of all its phrases, in order."""
        return [token for phrase in self.found for token in phrase.tokens]

    def tell(self, news: BaseException | None) -> None:
        """See ``Underway``."""
        self.encoded = self.dice = None
        self.mail.put((self, news))

    def prepare(self, model: Any, device: str) -> None:
        """See ``Underway``."""
        self.written = []

    def was_in(self, rows: int) -> None:
        """Counts a pass of so many rows."""
        self.steps += 1
        self.shared += rows

    def take(self, reading: Reading, tokens: WhisperTokens, *, last: bool) -> bool:
        """Judges a reading; False when the window shall be read once more, with more heat.

        Args:
            reading: of the whole window.
            tokens: the model's vocabulary.
            last: whether there is no further try.
        """
        if reading.silent:
            reading = Reading(ended=True, no_speech=reading.no_speech)
        elif not last and reading.is_bad(tokens):
            self.heat += 1
            return False
        self.reading = reading
        self.found, resume = phrases(reading.tokens, tokens.first_tick, self.duration_s)
        self.resume = resume if reading.ended else None
        return True


def repetitiveness(text: str) -> float:
    """How many times smaller zlib makes the text: above 2.4 it goes round in circles."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0
