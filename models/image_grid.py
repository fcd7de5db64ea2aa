"""Grids: one prompt drawn over up to three values of one or two settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from models.drawing import MAX_GUIDANCE, MAX_STEPS, Shot
from models.errors import InputError
from models.ranges import MAX_SEED, within

#: Values along one side of a grid.
MAX_VALUES = 3
#: What a side may stand for, and the least and largest value of it.
RANGES: dict[str, tuple[float, float]] = {
    "steps": (1, MAX_STEPS),
    "guidance": (0, MAX_GUIDANCE),
    "seed": (0, MAX_SEED),
}


@dataclass(frozen=True)
class Axis:
    """One side of a grid.

    Attributes:
        setting: a key of ``RANGES``.
        values: 1 to ``MAX_VALUES`` of them.
    """

    setting: str
    values: tuple[float, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """A label for each value, such as ``guidance 4.5``."""
        return tuple(f"{self.setting} {value:.12g}" for value in self.values)


def axis(setting: str, text: str) -> Axis | None:
    """Reads one side of a grid as a person types it.

    Args:
        setting: a key of ``RANGES``; empty for no side.
        text: numbers with commas or spaces between them.

    Raises:
        InputError: for an unknown setting, for what is no number or out of range, and for none or
            more than ``MAX_VALUES`` values.
    """
    if not setting:
        return None
    if setting not in RANGES:
        raise InputError(
            f"{setting[:40]!r} can't be a side of a grid.", hint=f"Choices: {', '.join(RANGES)}."
        )
    words = text.replace(",", " ").split()
    if not 1 <= len(words) <= MAX_VALUES:
        raise InputError(
            f"The grid's {setting} has {len(words)} values; 1 to {MAX_VALUES} are possible.",
            hint="Write them with commas: 10, 20, 30.",
        )
    return Axis(setting, tuple(_value(setting, word) for word in words))


def _value(setting: str, word: str) -> float:
    try:
        value = float(word) if setting == "guidance" else int(word)
    except ValueError:
        raise InputError(
            f"{word[:40]!r} is no {'number' if setting == 'guidance' else 'whole number'}.",
            hint=f"Write the values of {setting} with commas.",
        ) from None
    return within(setting, value, *RANGES[setting])


def shots(first: Shot, across: Axis, down: Axis | None) -> tuple[Shot, ...]:
    """The pictures of a grid, row by row from the top left.

    Raises:
        InputError: when both sides stand for the same setting.
    """
    if down is not None and across.setting == down.setting:
        raise InputError(
            f"Both sides of the grid are {across.setting}.", hint="Choose another for one of them."
        )
    rows = _along(first, down) if down is not None else [first]
    return tuple(shot for row in rows for shot in _along(row, across))


def _along(shot: Shot, side: Axis) -> Iterable[Shot]:
    for value in side.values:
        if side.setting == "guidance":
            yield replace(shot, guidance=float(value))
        elif side.setting == "steps":
            yield replace(shot, steps=int(value))
        else:
            yield replace(shot, seed=int(value))
