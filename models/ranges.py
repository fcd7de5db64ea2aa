"""Numbers that a caller chooses, held to their range; and the seed that nobody chose."""

from __future__ import annotations

import secrets

from models.errors import InputError

#: Seeds are 0 up to this, which other tools accept too.
MAX_SEED = 2**32 - 1


def within(name: str, value: float, low: float, high: float) -> float:
    """The value when it lies in the range; ``InputError`` with the range when not."""
    if not low <= value <= high:  # also refuses NaN
        raise InputError(
            f"{name.capitalize()}: {value:,} is not between {low:,} and {high:,}.",
            hint="Change it, or leave it empty for the model's default.",
        )
    return value


def seed_or_lot(seed: int | None) -> int:
    """The seed, or one drawn by lot."""
    return secrets.randbelow(MAX_SEED + 1) if seed is None else seed
