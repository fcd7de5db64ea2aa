"""Stop across processes: one shared byte for each run.

Workers are forked, so an anonymous shared page made before the first of them is the same memory on
both sides. The ``spaces`` package itself can only end a generator between two of its values; a
byte is read between two tokens or steps.
"""

from __future__ import annotations

import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import Stopped
from models.stop import StopToken

#: Runs that may be under way at once; more than any queue lets in.
SLOTS = mmap.PAGESIZE
#: How often a run's own token is looked at, in seconds.
LOOK_S = 0.05
_page = mmap.mmap(-1, SLOTS)
_free = list(range(SLOTS))
_mutex = threading.Lock()


class SharedToken(StopToken):
    """The worker's view of a run's stop token.

    Args:
        slot: the run's byte.
    """

    def __init__(self, slot: int) -> None:
        super().__init__()
        self._slot = slot

    @property
    def is_set(self) -> bool:
        """Whether Stop was asked for, in the process that serves the page."""
        return _page[self._slot] != 0

    def check(self) -> None:
        """Raises ``Stopped`` when Stop was asked for."""
        if self.is_set:
            raise Stopped


@contextmanager
def shared(stop: StopToken) -> Iterator[int]:
    """A slot that is set as soon as ``stop`` is, for as long as the block runs."""
    with _mutex:
        slot = _free.pop()
    _page[slot] = 0
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_S):
            if stop.is_set:
                _page[slot] = 1
                return

    watch = threading.Thread(target=look, name="stop", daemon=True)
    watch.start()
    try:
        yield slot
    finally:
        over.set()
        watch.join()
        with _mutex:
            _free.append(slot)
