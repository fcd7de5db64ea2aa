"""All entries and what they are charged, under one mutex.

The mutex guards only bookkeeping: it is never held during a download, a build, gc or logging.
Methods that say "under the mutex" expect the caller to hold it; the others take it themselves.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from models.device import Device
from models.errors import Stopped
from models.loading import Key, Report, State
from models.memory.counters import Counters
from models.memory.entry import Entry
from models.residency import Occupant


class Books:
    """The registry's memory of what it holds.

    Args:
        budget_bytes: bytes for all models together; None until the device was asked.
        clock: monotonic seconds.
    """

    def __init__(self, budget_bytes: int | None, clock: Callable[[], float]) -> None:
        self.budget_bytes, self.clock = budget_bytes, clock
        self.device: Device | None = None
        self.mutex = threading.Condition()
        self.entries: dict[Key, Entry] = {}
        self.line: deque[Entry] = deque()
        self.counters = Counters()
        self._leaving: list[tuple[Entry, weakref.ref[Any]]] = []
        self._tickets = 0

    def take_ticket(self, entry: Entry) -> int:
        """Under the mutex: notes one more claim on the entry."""
        ticket = self._tickets = self._tickets + 1
        entry.claims[ticket] = self.clock()
        return ticket

    def return_ticket(self, entry: Entry, ticket: int) -> None:
        """Ends a claim; a second time does no harm."""
        with self.mutex:
            if entry.claims.pop(ticket, None) is not None:
                entry.last_used = self.clock()
                self.mutex.notify_all()

    def enter(self, entry: Entry, state: State, note: str = "") -> None:
        """Moves a load into its next phase."""
        with self.mutex:
            if state is not entry.state:
                self._end_phase(entry)
            entry.state, entry.fraction, entry.note = state, None, note

    def finish(self, entry: Entry, state: State) -> None:
        """Under the mutex: ends a load's last phase."""
        self._end_phase(entry)
        entry.state, entry.fraction, entry.note = state, None, ""

    def reporter(self, entry: Entry) -> Report:
        """What a builder calls to tell how far it is; ends a load that nobody waits for any more.

        Raises:
            Stopped: from the report, when the last caller has left; newcomers start anew.
        """

        def report(fraction: float | None, note: str) -> None:
            with self.mutex:
                entry.fraction, entry.note = fraction, note
                if entry.claims or entry.pinned:
                    return
                if self.entries.get(entry.spec.key) is entry:
                    del self.entries[entry.spec.key]
            raise Stopped(f"Nobody waits for {entry.spec.card.title} any more.")

        return report

    def start_eviction(self, entry: Entry) -> None:
        """Under the mutex: takes the entry out of reach of new claims; its bytes stay charged."""
        entry.state = State.EVICTING
        del self.entries[entry.spec.key]
        if entry.engine is not None:
            self._leaving.append((entry, weakref.ref(entry.engine)))

    def end_evictions(self, entries: list[Entry], reason: str) -> None:
        """After their engines were dropped: credits the dead ones and marks the others as leaked."""
        with self.mutex:
            self.counters.evictions[reason] += len(entries)
            self._credit_the_dead()
            for entry, _ in self._leaving:
                if entry in entries:
                    entry.state = State.LEAKED
            self.mutex.notify_all()

    def occupants(self) -> list[Occupant]:
        """Under the mutex: everything charged now; models that left count until they are dead."""
        self._credit_the_dead()
        here = [
            Occupant(e.spec.key, e.size_bytes, e.last_used, e.busy, e.pinned)
            for e in self.entries.values()
            if e.size_bytes
        ]
        leaving = [
            Occupant(
                e.spec.key, e.size_bytes, e.last_used, busy=True, pinned=e.state is State.LEAKED
            )
            for e, _ in self._leaving
        ]
        return here + leaving

    def charged_bytes(self) -> int:
        """Bytes reserved or held by models, leaked ones included."""
        with self.mutex:
            return sum(occupant.size_bytes for occupant in self.occupants())

    def leaving(self) -> list[Entry]:
        """Under the mutex: models that left the entries while something still refers to them."""
        self._credit_the_dead()
        return [entry for entry, _ in self._leaving]

    def _end_phase(self, entry: Entry) -> None:
        now = self.clock()
        self.counters.phase_ended(entry.state.value, now - entry.phase_at)
        entry.phase_at = now

    def _credit_the_dead(self) -> None:
        self._leaving = [(entry, ref) for entry, ref in self._leaving if ref() is not None]
