"""Dice of their own for windows that Whisper reads with heat in CTranslate2, so that a text comes out again.

CTranslate2 has one random generator for each thread of a network, which begins with the seed of the whole
process and can't be set back: what is drawn depends on all that was drawn before. A network that is made
anew has thrown no dice yet. That takes half a second for tiny.en and a second and a half for base
(docs/decisions/0056), and as much memory as the network once more.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from models.whisper_hearing import Hearing

#: The seed of the process: always the same, so that no thread can change it under another.
SEED = 0
#: Larger networks are not made once more: their windows draw from dice that go on.
REPEATABLE_BYTES = 100_000_000


class Dice:
    """Lends a network whose dice nobody has thrown, to one window at a time.

    Args:
        fresh: makes the network once more; None where it is too large for that.
    """

    def __init__(self, fresh: Callable[[], Any] | None) -> None:
        self._fresh = fresh
        self._holder: weakref.ref[Hearing] | None = None

    @property
    def are_lent(self) -> bool:
        """Whether windows at a try with heat have dice of their own."""
        return self._fresh is not None

    @property
    def taken(self) -> bool:
        """Whether a window has them now."""
        holder = self._holder() if self._holder else None
        return holder is not None and holder.dice is not None

    def lend(self, row: Hearing) -> bool:
        """Gives a window its network, until its end; False while another one has it."""
        if row.dice is None and self._fresh is not None:
            if self.taken:
                return False
            row.dice, self._holder = self._fresh(), weakref.ref(row)
        return True
