"""What one visitor of a public page may do at once and in a minute.

Knows no gradio: who a visitor is and which event a run belongs to is told by the page. A comparison
or a batch is one event of several runs, and counts once.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from models.errors import Busy
from models.units import counted

MINUTE_S = 60.0
#: Visitors that are remembered; who comes beyond takes the place of whoever was away longest.
MAX_VISITORS = 10_000


@dataclass(frozen=True)
class Limits:
    """Attributes:
    at_once: events of one visitor that may run at the same time; 0 for any number.
    per_minute: events of one visitor that may start within a minute; 0 for any number.
    """

    at_once: int = 0
    per_minute: int = 0


@dataclass
class _Book:
    """One visitor's events: those under way with their runs, and when the last ones started."""

    running: dict[str, int] = field(default_factory=dict)
    started: deque[tuple[float, str]] = field(default_factory=deque)


class Visitors:
    """Admits runs within the limits.

    Args:
        limits: of each visitor.
        clock: monotonic seconds.
    """

    def __init__(
        self, limits: Limits = Limits(), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits, self._clock = limits, clock
        self._mutex = threading.Lock()
        self._books: OrderedDict[str, _Book] = OrderedDict()

    @contextmanager
    def admitted(self, visitor: str, event: str) -> Iterator[None]:
        """Counts a run for as long as the block lasts.

        Args:
            visitor: who asks.
            event: the click or call that the run belongs to.

        Raises:
            Busy: when it is one too many.
        """
        self._enter(visitor, event)
        try:
            yield
        finally:
            self._leave(visitor, event)

    def _enter(self, visitor: str, event: str) -> None:
        with self._mutex:
            book = self._books.setdefault(visitor, _Book())
            self._books.move_to_end(visitor)
            self._forget()
            if event not in book.running:
                self._check(book, event)
            book.running[event] = book.running.get(event, 0) + 1

    def _check(self, book: _Book, event: str) -> None:
        now = self._clock()
        while book.started and now - book.started[0][0] >= MINUTE_S:
            book.started.popleft()
        if 0 < self.limits.at_once <= len(book.running):
            raise Busy(
                f"You have {counted(len(book.running), 'run')} under way; this page allows "
                f"{self.limits.at_once} at once.",
                hint="Wait for one to end, or stop it.",
            )
        if any(known == event for _, known in book.started):
            return  # a later part of an event that was admitted before
        if 0 < self.limits.per_minute <= len(book.started):
            wait = MINUTE_S - (now - book.started[0][0])
            raise Busy(
                f"You started {counted(len(book.started), 'run')} within a minute, which is what this page "
                "allows.",
                hint=f"Try again in {max(1, round(wait))} s.",
            )
        book.started.append((now, event))

    def _leave(self, visitor: str, event: str) -> None:
        with self._mutex:
            book = self._books.get(visitor, _Book())
            left = book.running.get(event, 1) - 1
            if left:
                book.running[event] = left
            else:
                book.running.pop(event, None)

    def _forget(self) -> None:
        """Lets the visitor go who was away longest and has nothing under way."""
        if len(self._books) <= MAX_VISITORS:
            return
        for visitor, book in self._books.items():
            if not book.running:
                del self._books[visitor]
                return
