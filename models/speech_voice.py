"""What ``models.text_to_speech`` asks of a voice model: to say one piece of text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from models.stop import StopToken


@dataclass(frozen=True)
class TimedWord:
    """A word of a text and when it is heard.

    Attributes:
        start_char: offset into the text.
        end_char: the same, exclusive.
        start: seconds from the beginning of the sound.
        end: the same, >= ``start``.
    """

    start_char: int
    end_char: int
    start: float
    end: float


@dataclass(frozen=True)
class Sound:
    """One piece of text, said.

    Attributes:
        samples: (samples,) float32, about -1 to 1; empty for nothing sayable.
        words: when each word is heard, in order; empty where the model does not tell.
        read_as: the piece as the voice reads it: numbers and abbreviations as words, symbols that it
            does not know left out; empty where the model reads the text as it is.
        phonemes: its sounds in the phonetic alphabet; empty for a model that reads letters.
    """

    samples: NDArray[np.float32] = field(repr=False)
    words: tuple[TimedWord, ...] = ()
    read_as: str = ""
    phonemes: str = ""


#: What a model gives for a piece with nothing in it that it can say.
SILENCE = Sound(np.zeros(0, np.float32))


class VoiceModel(Protocol):
    """A speech synthesiser of any family.

    Attributes:
        reentrant: whether several threads may speak at once.
        memory_bytes: what it occupies.
        sample_rate: of its sound, in Hz.
        voices: names to choose from, the default first; never empty.
        speeds: slowest and quickest it can speak, 1.0 being its own pace; (1, 1) when fixed.
        longest: characters that it can say at once.
    """

    reentrant: bool
    memory_bytes: int
    sample_rate: int
    voices: tuple[str, ...]
    speeds: tuple[float, float]
    longest: int

    def say(self, text: str, *, voice: str, speed: float, seed: int, stop: StopToken) -> Sound:
        """One piece of at most ``longest`` characters; offsets and times are the piece's own."""
        ...

    def unreadable(self, text: str) -> list[str]:
        """The words of a text that the model has no sound for."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A voice model that goes on as it began, and so must be told where a text begins."""

    def begin(self) -> None:
        """Called before the first piece of every text."""
        ...
