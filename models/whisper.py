"""Whisper of either kind: windows of all recordings in shared passes, words timed on demand.

An ear reads windows: ``models.whisper_decoding`` in torch, ``models.whisper_ctranslate2``. Which window
is read next, and what a reading makes of the recording, is here.
Paper: arxiv.org/abs/2212.04356. Cards: huggingface.co/openai/whisper-tiny.en.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.caller import Caller, current
from models.decoding_steps import Steps
from models.speech_recogniser import SAMPLE_RATE, Heard, Request
from models.stop import StopToken
from models.transcript import Segment, shifted
from models.whisper_hearing import Hearing, Mail
from models.whisper_tokens import WhisperTokens
from models.whisper_words import placed_words

#: Length of the window that Whisper was trained on, in seconds.
WINDOW_S = 30.0
#: A rest shorter than this after the last finished phrase is not heard again, in seconds.
_SHORTEST_REST_S = 1.0
#: Least time between two drafts, and between two looks at the stop token, in seconds.
_DRAFT_S = 0.1


class Ear(Protocol):
    """A Whisper network that reads windows.

    Attributes:
        name: what computes, for the metrics line; empty for torch.
        memory_bytes: what it occupies.
        most: windows that it may read at once.
        steps: where windows are asked for.
    """

    name: str
    memory_bytes: int
    most: int
    steps: Steps[Hearing]


@dataclass(eq=False)
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
    """Hears windows.

    Args:
        tokens: the model's vocabulary.
        ear: the network.

    Attributes:
        ear: may be exchanged for another one of the same model while it serves.
    """

    reentrant = batched = True
    window_s = WINDOW_S

    def __init__(self, tokens: WhisperTokens, ear: Ear) -> None:
        self._tokens, self.ear = tokens, ear
        self.memory_bytes = ear.memory_bytes
        self.languages = tokens.languages
        self.tasks: tuple[str, ...] = (
            ("transcribe", "translate") if tokens.multilingual else ("transcribe",)
        )

    @property
    def runtime(self) -> Ear:
        """See ``models.variant_seats.Exchangeable``."""
        return self.ear

    def exchange(self, runtime: Ear) -> None:
        """See ``models.variant_seats.Exchangeable``; what is being heard is heard to its end as it began."""
        self.ear = runtime

    def variant(self, folder: Path, fields: tuple[str, ...], name: str) -> Ear:
        """See ``models.variant_seats.Exchangeable``."""
        from models.variants_whisper import ear_of

        return ear_of(folder, name, self._tokens)

    def hear(
        self, windows: Sequence[NDArray[np.float32]], request: Request, stop: StopToken
    ) -> Iterator[tuple[int, Heard]]:
        """See ``models.speech_recogniser.Recogniser``.

        The first window goes alone: it tells the language, and its text is there soon. When the
        model closes a phrase, opens another and leaves it empty, it wants to hear the rest of the
        window again from there; that rest goes before the windows that were not heard yet.
        """
        caller = current() or Caller(object())
        course = _Course(self._tokens, self.ear, request, stop)
        caller.tally.variant = course.ear.name
        waiting = deque(_Window(index, samples) for index, samples in enumerate(windows))
        ahead = 1
        try:
            while waiting or course.under_way:
                while waiting and len(course.under_way) < ahead:
                    course.ask(waiting.popleft())
                ended = course.wait()
                if ended is None:
                    yield from course.drafts()
                    continue
                hearing, row = ended
                caller.tally.rows += hearing.steps
                caller.tally.shared += hearing.shared
                yield row.index, course.heard(row)
                if not row.whole:
                    waiting.appendleft(row)
                ahead = 2 * course.ear.most
        finally:
            course.leave()


class _Course:
    """One recording's windows on their way through an ear."""

    def __init__(self, tokens: WhisperTokens, ear: Ear, request: Request, stop: StopToken) -> None:
        self._tokens, self.ear, self._request, self._stop = tokens, ear, request, stop
        self._probability: float | None = None
        self._mail: Mail = queue.SimpleQueue()
        self._drafted = 0.0
        self.under_way: dict[Hearing, _Window] = {}

    def ask(self, row: _Window) -> None:
        """Lets the ear read the rest of a window."""
        hearing = Hearing(self._stop, row.rest, self._request, self._mail)
        self.under_way[hearing] = row
        self.ear.steps.ask(hearing)

    def wait(self) -> tuple[Hearing, _Window] | None:
        """The next window that was read, settled; None when it is time for a draft."""
        self._stop.check()
        try:
            hearing, error = self._mail.get(timeout=_DRAFT_S)
        except queue.Empty:
            return None
        row = self.under_way.pop(hearing)
        if error is not None:
            raise error
        self._stop.check()
        self._settle(row, hearing)
        return hearing, row

    def drafts(self) -> Iterator[tuple[int, Heard]]:
        """What is being written in each window, where it is known."""
        for hearing, row in list(self.under_way.items()):
            if text := self._tokens.text(list(hearing.written)):
                yield row.index, self.heard(row, text)

    def heard(self, row: _Window, draft: str = "") -> Heard:
        """A window as it stands."""
        return Heard(tuple(row.done), draft, self._request.language, self._probability, row.whole)

    def leave(self) -> None:
        """Says that nobody waits any more."""
        for hearing in self.under_way:
            hearing.left = True

    def _settle(self, row: _Window, hearing: Hearing) -> None:
        """Adds the phrases of a reading, and notes from where the window must be heard again."""
        if not self._request.language:
            self._request = replace(self._request, language=hearing.language)
            self._probability = hearing.language_probability
        words = placed_words(self._tokens, hearing)
        row.done += [
            shifted(Segment(p.start, p.end, self._tokens.text(p.tokens), timed), row.offset)
            for p, timed in zip(hearing.found, words, strict=True)
        ]
        resume = hearing.resume
        if resume is None or row.rest_s - resume < _SHORTEST_REST_S:
            row.whole = True
        else:
            row.offset += resume
