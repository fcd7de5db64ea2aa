"""What ``models.speech_to_text`` asks of a model: to hear windows of speech."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.stop import StopToken
from models.transcript import Segment

#: Rate that every speech model here was trained for, in Hz.
SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class Request:
    """What is wanted of every window.

    Attributes:
        language: code from ``Recogniser.languages``; empty to let the model find out.
        task: from ``Recogniser.tasks``.
        words: whether each segment shall have its words with their times.
    """

    language: str = ""
    task: str = "transcribe"
    words: bool = False


@dataclass(frozen=True)
class Heard:
    """A window so far, or in full.

    Attributes:
        segments: finished ones, in seconds from the window's beginning.
        draft: text that is not finished yet.
        language: code; empty when not known.
        language_probability: 0 to 1 when detected in this recording, else None.
        whole: whether this is all of the window.
    """

    segments: tuple[Segment, ...]
    draft: str = ""
    language: str = ""
    language_probability: float | None = None
    whole: bool = False


class Recogniser(Protocol):
    """A speech model of any family.

    Attributes:
        reentrant: whether several threads may hear at once.
        memory_bytes: what it occupies.
        window_s: longest window in seconds.
        languages: codes it knows; empty when it does not say.
        tasks: ``transcribe``, and ``translate`` when it can write English from other languages.
    """

    reentrant: bool
    memory_bytes: int
    window_s: float
    languages: tuple[str, ...]
    tasks: tuple[str, ...]

    def hear(
        self, windows: Sequence[NDArray[np.float32]], request: Request, stop: StopToken
    ) -> Iterator[tuple[int, Heard]]:
        """Hears the windows of one recording, in its order, several in a pass where that is quicker.

        Args:
            windows: each (samples,) float32 at ``SAMPLE_RATE``, at most ``window_s`` long; read
                when their turn comes.
            request: the same for all; a language that was left open is settled by the first.
            stop: polled with every token or pass.

        Yields:
            (index of the window, growing result); the last of each is ``whole``.
        """
        ...
