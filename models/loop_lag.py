"""How late an event loop is: a task sleeps a moment and measures by how much it overslept.

A loop that loads a model, joins a thread or computes is late by as long as that took, and so is
every page it serves.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: Seconds between two looks: short against what a person notices, long against what a look costs.
PERIOD_S = 0.05
#: Looks that are kept: about the last minute.
KEPT = 1200


class LoopLag:
    """The lags of the event loop that ``watching`` is entered in."""

    def __init__(self) -> None:
        self._lags: deque[float] = deque(maxlen=KEPT)
        self._due: float | None = None

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Looks at the running loop for the length of the block."""
        task = asyncio.create_task(self._look(), name="event loop lag")
        try:
            yield
        finally:
            task.cancel()
            self._due = None

    @property
    def worst_s(self) -> float:
        """The longest lag of the last minute, one that still lasts included; 0 when none is known."""
        now, due = time.monotonic(), self._due
        lasting = max(0.0, now - due) if due is not None else 0.0
        return max([lasting, *list(self._lags)])

    def lags_s(self) -> list[float]:
        """All kept lags, oldest first."""
        return list(self._lags)

    def forget(self) -> None:
        """Begins anew."""
        self._lags.clear()

    async def _look(self) -> None:
        while True:
            self._due = time.monotonic() + PERIOD_S
            await asyncio.sleep(PERIOD_S)
            self._lags.append(max(0.0, time.monotonic() - self._due))
