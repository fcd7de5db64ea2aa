"""Grids: one prompt drawn over some values of one or two settings, or with other words in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from models.drawing import MAX_GUIDANCE, MAX_STEPS, Shot
from models.errors import InputError
from models.ranges import MAX_SEED, within

#: Values along one side of a grid.
MAX_VALUES = 6
#: What a side may stand for, and the least and largest value of it.
RANGES: dict[str, tuple[float, float]] = {
    "steps": (1, MAX_STEPS),
    "guidance": (0, MAX_GUIDANCE),
    "seed": (0, MAX_SEED),
}
#: The side that changes words: its first value stands in the prompt, and the others take its place.
WORDS = "prompt"
#: All that a side may stand for.
SETTINGS = (*RANGES, WORDS)


@dataclass(frozen=True)
class Axis:
    """One side of a grid.

    Attributes:
        setting: one of ``SETTINGS``.
        values: 1 to ``MAX_VALUES`` of them; words of the prompt are texts.
    """

    setting: str
    values: tuple[float | str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """A label for each value, such as ``guidance 4.5`` or ``prompt: cat``."""
        return tuple(
            f"{self.setting}: {value}" if isinstance(value, str) else f"{self.setting} {value:.12g}"
            for value in self.values
        )


def axis(setting: str, text: str) -> Axis | None:
    """Reads one side of a grid as a person types it.

    Args:
        setting: one of ``SETTINGS``; empty for no side.
        text: numbers with commas or spaces between them; words with commas between them.

    Raises:
        InputError: for an unknown setting, for what is no number or out of range, and for none or
            more than ``MAX_VALUES`` values.
    """
    if not setting:
        return None
    if setting not in SETTINGS:
        raise InputError(
            f"{setting[:40]!r} can't be a side of a grid.", hint=f"Choices: {', '.join(SETTINGS)}."
        )
    of_words = setting == WORDS
    words = [w.strip() for w in text.split(",")] if of_words else text.replace(",", " ").split()
    words = [word for word in words if word]
    if not 1 <= len(words) <= MAX_VALUES:
        raise InputError(
            f"The grid's {setting} has {len(words)} values; 1 to {MAX_VALUES} are possible.",
            hint="Write them with commas: 10, 20, 30.",
        )
    return Axis(setting, tuple(words if of_words else (_value(setting, word) for word in words)))


def _value(setting: str, word: str) -> float:
    try:
        value = float(word) if setting == "guidance" else int(word)
    except ValueError:
        raise InputError(
            f"{word[:40]!r} is no {'number' if setting == 'guidance' else 'whole number'}.",
            hint=f"Write the values of {setting} with commas.",
        ) from None
    return within(setting, value, *RANGES[setting])


def shots(first: Shot, across: Axis, down: Axis | None, prompt: str = "") -> tuple[Shot, ...]:
    """The pictures of a grid, row by row from the top left.

    Args:
        first: the settings that are the same everywhere.
        across: the columns.
        down: the rows; None for one.
        prompt: that of the drawing, for a side that changes its words.

    Raises:
        InputError: when both sides stand for the same setting, or words to be changed do not stand in
            the prompt.
    """
    if down is not None and across.setting == down.setting:
        raise InputError(
            f"Both sides of the grid are {across.setting}.", hint="Choose another for one of them."
        )
    rows = _along(first, down, prompt) if down is not None else [first]
    return tuple(shot for row in rows for shot in _along(row, across, prompt))


def _along(shot: Shot, side: Axis, prompt: str) -> Iterable[Shot]:
    before = str(side.values[0])
    if side.setting == WORDS and before not in prompt:
        raise InputError(
            f"The prompt does not hold {before[:60]!r}, the first value of the grid.",
            hint="Write first what stands in the prompt, then what is to take its place: cat, dog, owl.",
        )
    for value in side.values:
        if isinstance(value, str):
            yield replace(shot, prompt=prompt.replace(before, value))
        elif side.setting == "guidance":
            yield replace(shot, guidance=float(value))
        elif side.setting == "steps":
            yield replace(shot, steps=int(value))
        else:
            yield replace(shot, seed=int(value))
