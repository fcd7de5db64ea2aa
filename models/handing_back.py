"""Hands back to the system what passes have freed: when runs pause, and once a minute while they don't.

What a pass frees stays with the C library for the next one, which would otherwise wait for fresh pages.
After a crowd that is gigabytes beside what is charged (``models.allocator``), and others on the machine,
the next load among them, would find too little.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from models import allocator

#: Seconds without a run until memory goes back, and the longest that runs in a row keep it.
PAUSE_S, LONGEST_S = 2.0, 60.0


class HandingBack:
    """When memory goes back; called from the event loop.

    Args:
        submit: has a worker do what takes a moment: the more there is to hand back, the longer.
        hand_back: does it.
        clock: seconds.
    """

    def __init__(
        self,
        submit: Callable[[Callable[[], None]], object],
        hand_back: Callable[[], None] = allocator.trim,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._submit, self._hand_back, self._clock = submit, hand_back, clock
        self._runs, self._last = 0, clock()

    def began(self) -> None:
        """A run began."""
        self._runs += 1

    def ended(self, others: int) -> None:
        """A run ended, beside which so many others are under way."""
        if not others:
            asyncio.get_running_loop().call_later(PAUSE_S, self._pause, self._runs)
        elif self._clock() - self._last >= LONGEST_S:
            self._go()

    def _pause(self, runs: int) -> None:
        """Nobody may have begun since then."""
        if runs == self._runs:
            self._go()

    def _go(self) -> None:
        self._last = self._clock()
        self._submit(self._hand_back)
