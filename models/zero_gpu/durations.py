"""For how long a GPU is asked for: shorter asks come first in ZeroGPU's queue, longer ones are killed late.

An estimate by capability and size of the input, wide on purpose: a run that outlives it is killed by
ZeroGPU. No GPU was at hand to measure; the rates are a quarter or less of what such GPUs are
reported to do, and the first run of a worker also moves its weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Least and most seconds to ask for. ZeroGPU refuses more than two minutes to visitors who are not
#: signed in (Hub documentation, "Spaces ZeroGPU", usage tiers).
SHORTEST_S, LONGEST_S = 10, 120
#: Sampling rate of every recording that reaches an engine, in Hz.
_HERTZ = 16_000
_STEPS, _SIDE = 30, 1024


@dataclass(frozen=True)
class Rate:
    """How fast a capability works.

    Attributes:
        start_s: seconds before the first result.
        characters: of text per second.
        audio_s: seconds of recording per second.
        steps: denoising steps per second of a picture of 1024 x 1024.
        tokens: written per second, where the call says how many there may be.
    """

    start_s: float = 8.0
    characters: float = 20_000.0
    audio_s: float = 10.0
    steps: float = 4.0
    tokens: float = 10.0


RATES = {
    "summarization": Rate(start_s=15, characters=500),
    "translation": Rate(start_s=10, characters=250),
    "text_generation": Rate(start_s=10),
    "text_to_speech": Rate(start_s=10, characters=40),
    "speech_to_text": Rate(start_s=15),
    "image_generation": Rate(start_s=15),
    "music": Rate(start_s=60),
}


def seconds(capability: str, arguments: Iterable[Any]) -> int:
    """Seconds to ask for one call of a verb.

    Args:
        capability: one of ``models.spec.CAPABILITIES``.
        arguments: everything that the verb is given: texts, recordings as arrays, settings as a
            mapping.
    """
    rate, total = RATES.get(capability, Rate()), 0.0
    for value in arguments:
        if isinstance(value, (str, list)):
            total += _characters(value) / rate.characters
        elif isinstance(value, np.ndarray):
            total += value.size / _HERTZ / rate.audio_s
        elif isinstance(value, dict) and capability == "image_generation":
            total += _steps(value) / rate.steps
        total += getattr(value, "max_new_tokens", 0) / rate.tokens
    return min(max(math.ceil(rate.start_s + total), SHORTEST_S), LONGEST_S)


def _characters(value: str | list[Any]) -> int:
    """Characters of a text, or of the texts in a list."""
    texts = [value] if isinstance(value, str) else value
    return sum(len(text) for text in texts if isinstance(text, str))


def _steps(settings: dict[str, Any]) -> float:
    """Denoising steps of a drawing, those of larger pictures counted by their area."""
    pixels = (settings.get("width") or _SIDE) * (settings.get("height") or _SIDE)
    axes = [settings.get("across"), settings.get("down")]
    cells = math.prod(len(axis.values) for axis in axes if axis is not None)
    return float(
        (settings.get("steps") or _STEPS)
        * max(settings.get("count") or 1, cells)
        * pixels
        / _SIDE**2
    )
