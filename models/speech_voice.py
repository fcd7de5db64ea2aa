"""What ``models.text_to_speech`` asks of a voice model: to say one piece of text."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.stop import StopToken


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

    def say(
        self, text: str, *, voice: str, speed: float, seed: int, stop: StopToken
    ) -> NDArray[np.float32]:
        """(samples,) float32 of one piece of at most ``longest`` characters; empty for nothing sayable."""
        ...

    def unreadable(self, text: str) -> list[str]:
        """The words of a text that the model has no sound for."""
        ...
