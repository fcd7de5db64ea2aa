"""Makes room in memory: reservations first come first served, evictions as ``residency`` plans."""

from __future__ import annotations

import gc
import logging

from models.errors import Busy, NoRoom
from models.loading import Key, State
from models.memory.books import Books
from models.memory.entry import Entry
from models.residency import Verdict, plan

log = logging.getLogger(__name__)

#: How long a load waits for busy models to become idle before it gives up, in seconds.
ROOM_WAIT_S = 120.0


class Room:
    """Reservations and evictions over the books.

    Args:
        books: what is charged now.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def reserve(self, entry: Entry, needed: int) -> None:
        """Charges ``needed`` bytes, first come first served, evicting or waiting as planned.

        Raises:
            NoRoom: when they could not fit even alone.
            Busy: when nothing became free in time.
        """
        books = self._books
        books.enter(entry, State.RESERVING)
        deadline = books.clock() + ROOM_WAIT_S
        with books.mutex:
            books.line.append(entry)
        try:
            while True:
                victims = self._try_reserve(entry, needed, deadline)
                if victims is None:
                    return
                self._finish(victims, "room")
        finally:
            with books.mutex:
                books.line.remove(entry)
                books.mutex.notify_all()

    def unload(self, key: Key) -> bool:
        """Evicts one idle model now; False when it is busy, pinned or not here."""
        with self._books.mutex:
            entry = self._books.entries.get(key)
            if entry is None or not entry.evictable:
                return False
            self._books.start_eviction(entry)
        self._finish([entry], "asked")
        return True

    def evict_idle(self) -> None:
        """Evicts everything that nobody holds."""
        with self._books.mutex:
            idle = [e for e in self._books.entries.values() if e.evictable]
            for entry in idle:
                self._books.start_eviction(entry)
        self._finish(idle, "out of memory")

    def _try_reserve(self, entry: Entry, needed: int, deadline: float) -> list[Entry] | None:
        """One look at the books: None when charged, else the models that must leave first."""
        books = self._books
        with books.mutex:
            while True:
                decision = plan(needed, books.budget_bytes or 0, books.occupants())
                head = books.line[0] is entry
                if decision.verdict is Verdict.NEVER:
                    raise self._no_room(entry, needed)
                if head and decision.verdict is Verdict.ADMIT:
                    entry.size_bytes = needed
                    return None
                if head and decision.verdict is Verdict.EVICT:
                    victims = [e for e in books.entries.values() if e.spec.key in decision.evict]
                    for victim in victims:
                        books.start_eviction(victim)
                    return victims
                if books.clock() > deadline:
                    raise Busy(
                        f"No memory became free for {entry.spec.card.title} within {ROOM_WAIT_S:.0f} s.",
                        hint="Other models are in use; try again in a moment.",
                    )
                entry.note = "waiting for a busy model"
                books.mutex.wait(0.2)

    def _finish(self, entries: list[Entry], reason: str) -> None:
        """Outside the mutex: drops the engines; bytes are credited once they are really dead."""
        if not entries:
            return
        for entry in entries:
            entry.engine = None
        gc.collect()
        if self._books.device is not None:
            self._books.device.release_cached()
        self._books.end_evictions(entries, reason)
        log.info("evicted (%s): %s", reason, ", ".join(entry.spec.card.id for entry in entries))

    def _no_room(self, entry: Entry, needed: int) -> NoRoom:
        return NoRoom(
            f"{entry.spec.card.title} needs about {needed / 1e9:.2f} GB; "
            f"models may use {(self._books.budget_bytes or 0) / 1e9:.2f} GB in all.",
            hint="Choose a smaller model, unpin another, or start with a larger --memory.",
        )
