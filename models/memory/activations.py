"""The working memory of runs, charged while they compute, so that several can't peak together.

A run asks before each batch. First come first served; idle models leave for it where waiting for
other runs would not suffice. What must never happen is that runs which hold their models wait for
each other: so a run that nothing else computes beside is always let in, and where even that is more
than the device has, running out of memory is met by the ladder. Only on a CPU, where it can't be
caught, such a run is refused.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import Busy, NoRoom
from models.memory.books import Books
from models.memory.entry import Entry
from models.memory.ledger import Activation, Ledger
from models.memory.room import LOOK_S, Room
from models.residency import Verdict

#: How long a run waits for working memory before it gives up, in seconds.
ACTIVATION_WAIT_S = 120.0


class Activations:
    """Tickets for working memory over the books.

    Args:
        books: what is charged now.
        room: what evicts idle models.
    """

    def __init__(self, books: Books, room: Room) -> None:
        self._books, self._room = books, room

    @contextmanager
    def hold(
        self, entry: Entry, size_bytes: int, timeout_s: float = ACTIVATION_WAIT_S
    ) -> Iterator[None]:
        """Charges working memory for the length of the block; blocks until it is there.

        A block inside another of the same thread is charged at once.

        Args:
            entry: the model that computes; the caller holds it.
            size_bytes: the most that the block will take beside the model; 0 for no ticket at all.
            timeout_s: how long to wait.

        Raises:
            Busy: nothing became free in time.
            NoRoom: on a CPU, when the machine has less than that even for a run alone.
        """
        if size_bytes <= 0:
            yield
            return
        ledger = self._books.ledgers[entry.owner.memory]
        mine = Activation(size_bytes, threading.get_ident(), self._books.clock())
        alone = self._admit(ledger, mine, timeout_s)
        try:
            if alone:
                self._check_alone(ledger, mine)
            yield
        finally:
            with self._books.mutex:
                ledger.running.remove(mine)
                self._books.mutex.notify_all()

    def _admit(self, ledger: Ledger, mine: Activation, timeout_s: float) -> bool:
        """Waits in the line and charges; whether it runs alone beyond the budget."""
        books = self._books
        with books.mutex:
            if any(other.thread == mine.thread for other in ledger.running):
                ledger.running.append(mine)
                return False
            ledger.waiting.append(mine)
        try:
            while True:
                verdict = self._look(ledger, mine, timeout_s)
                if isinstance(verdict, bool):
                    return verdict
                self._room.evict(verdict, "room")
        finally:
            with books.mutex:
                ledger.waiting.remove(mine)
                books.mutex.notify_all()

    def _look(self, ledger: Ledger, mine: Activation, timeout_s: float) -> bool | list[Entry]:
        """Whether it runs alone, once it is charged; or the idle models that must leave first."""
        books = self._books
        with books.mutex:
            while True:
                books.collect_dropped()
                if ledger.waiting[0] is mine and not self._a_load_is_next(ledger):
                    plan = ledger.plan(mine.size_bytes, books.charged(), books.clock())
                    if plan.verdict is Verdict.ADMIT:
                        ledger.running.append(mine)
                        return False
                    waiting_helps = plan.short_bytes <= ledger.activation_bytes
                    if plan.verdict is Verdict.EVICT and not waiting_helps:
                        return self._room.start(plan)
                    if not ledger.running:
                        ledger.running.append(mine)
                        ledger.lone += 1
                        return True
                if books.clock() > mine.since + timeout_s:
                    raise Busy(
                        f"No working memory became free within {timeout_s:.0f} s.",
                        hint="Other runs are under way; try again in a moment.",
                    )
                books.mutex.wait(LOOK_S)

    def _a_load_is_next(self, ledger: Ledger) -> bool:
        """Whether a load waits that could be charged at once: runs in a row must not starve it."""
        if not ledger.line:
            return False
        needed = ledger.line[0].needed
        books = self._books
        verdict = ledger.plan(needed, books.charged(), books.clock()).verdict
        return verdict is Verdict.ADMIT

    def _check_alone(self, ledger: Ledger, mine: Activation) -> None:
        device = self._books.device
        if ledger.name != "cpu" or device is None:
            return
        free = device.host_free_bytes()
        if mine.size_bytes > free:
            raise NoRoom(
                f"This run needs about {mine.size_bytes / 1e9:.1f} GB to work in; "
                f"{free / 1e9:.1f} GB are free.",
                hint="Use a shorter input or a smaller model, or unload one in the Models tab.",
            )
