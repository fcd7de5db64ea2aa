"""Makes room in memory: reservations first come first served, evictions as ``residency`` plans."""

from __future__ import annotations

import logging
from concurrent.futures import Future

from models.errors import Busy, NoRoom
from models.loading import Key, State
from models.memory import garbage
from models.memory.books import Books
from models.memory.drains import drain, resolve
from models.memory.entry import Entry
from models.memory.ledger import Ledger, Reservation
from models.memory.parking import park
from models.residency import Plan, Verdict
from models.units import counted

log = logging.getLogger(__name__)

#: How long a load waits for busy models to become idle before it gives up, in seconds.
ROOM_WAIT_S = 120.0
#: How often a waiter looks again although nothing was announced, in seconds.
LOOK_S = 0.2


class Merged(Exception):
    """Raised in a load whose callers were given a model that is ready."""


class Room:
    """Reservations and evictions over the books.

    Args:
        books: what is charged now.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def reserve(self, entry: Entry, memory: str, needed: int) -> None:
        """Charges ``needed`` bytes of a memory, evicting or waiting as planned.

        Raises:
            NoRoom: when they could not fit even alone.
            Busy: when nothing became free in time.
            Stopped: when nobody waits for the model any more.
            Merged: when its callers have got the model meanwhile.
        """
        books, ledger = self._books, self._books.ledgers[memory]
        books.enter(entry, State.RESERVING)
        with books.mutex:
            entry.memory = memory
            reservation = Reservation(entry, needed, books.clock())
            ledger.line.append(reservation)
        try:
            while victims := self._look(ledger, reservation):
                self.evict(victims, "room")
        finally:
            with books.mutex:
                ledger.line.remove(reservation)
                freed = drain(books, reservation, ())
                books.mutex.notify_all()
            resolve(freed)

    def unload(self, key: Key) -> bool:
        """Evicts one idle or parked model now; False when it is busy, pinned or not here."""
        with self._books.mutex:
            entry = self._books.entries.get(key) or self._books.parked.get(key)
            if entry is None or not (entry.evictable or entry.state is State.PARKED):
                return False
            if entry.state is State.PARKED:
                del self._books.parked[key]
            self._books.start_eviction(entry)
        self.evict([entry], "asked")
        return True

    def evict_idle(self, memory: str) -> bool:
        """Evicts everything in a memory that nobody holds; whether there was anything."""
        with self._books.mutex:
            idle = [e for e in self._books.charged() if e.memory == memory and e.evictable]
            for entry in idle:
                self._books.start_eviction(entry)
        self.evict(idle, "out of memory")
        return bool(idle)

    def settle(self, memory: str) -> None:
        """Evicts what it takes when a model turned out larger than it was charged."""
        with self._books.mutex:
            books = self._books
            victims = self.start(books.ledgers[memory].plan(0, books.charged(), books.clock()))
        self.evict(victims, "room")

    def start(self, plan: Plan) -> list[Entry]:
        """Under the mutex: begins the evictions that a plan names."""
        victims = [entry for entry in plan.evict if isinstance(entry, Entry)]
        for victim in victims:
            self._books.start_eviction(victim)
        return victims

    def evict(self, entries: list[Entry], reason: str) -> None:
        """Outside the mutex: parks or drops the engines; bytes count until they are really dead."""
        if not entries:
            return
        for entry in entries:
            if reason == "asked" or not park(self._books, entry):
                entry.engine = None
        garbage.collect(min(entry.built_at for entry in entries))
        if self._books.device is not None:
            self._books.device.release_cached()
        self._books.end_evictions(entries, reason)
        log.info("evicted (%s): %s", reason, ", ".join(entry.spec.card.id for entry in entries))

    def _look(self, ledger: Ledger, mine: Reservation) -> list[Entry]:
        """Waits until something can be done: empty when charged, else who must leave first."""
        books, entry = self._books, mine.entry
        while True:
            with books.mutex:
                books.collect_dropped()
                if entry.merged_into is not None:
                    raise Merged
                decision = ledger.plan(mine.needed, books.charged(), books.clock())
                if decision.verdict is Verdict.NEVER:
                    raise self._no_room(ledger, mine)
                if self._may_charge(ledger, mine, decision):
                    entry.size_bytes = mine.needed
                    return []
                head = ledger.line[0] is mine
                if head and decision.verdict is Verdict.EVICT:
                    return self.start(decision)
                books.check_wanted(entry)
                self._check_deadline(mine)
                freed = self._drain(mine, decision) if head else []
                entry.note = _waiting(ledger, mine)
                if not freed:
                    books.mutex.wait(LOOK_S)
            resolve(freed)

    def _may_charge(self, ledger: Ledger, mine: Reservation, decision: Plan) -> bool:
        """Whether it is this one's turn: it is the first, or the first loses nothing by it."""
        if decision.verdict is not Verdict.ADMIT:
            return False
        first = ledger.line[0]
        if first is mine:
            return True
        if any(e.spec.key == mine.entry.spec.key for e in self._books.superseded):
            return False  # never two of one model: the one that makes way may yet stay
        now = self._books.clock()
        return mine.needed <= ledger.plan(first.needed, self._books.charged(), now).spare_bytes

    def _drain(self, mine: Reservation, decision: Plan) -> list[Future[None]]:
        chosen = [entry for entry in decision.drain if isinstance(entry, Entry)]
        return drain(self._books, mine, chosen)

    def _check_deadline(self, mine: Reservation) -> None:
        if self._books.clock() > mine.since + ROOM_WAIT_S:
            raise Busy(
                f"No memory became free for {mine.entry.spec.card.title} within {ROOM_WAIT_S:.0f} s.",
                hint="Other models are in use; try again in a moment.",
            )

    def _no_room(self, ledger: Ledger, mine: Reservation) -> NoRoom:
        return NoRoom(
            f"{mine.entry.spec.card.title} needs about {mine.needed / 1e9:.2f} GB; "
            f"models may use {ledger.budget_bytes / 1e9:.2f} GB in all.",
            hint="Choose a smaller model, unpin another, or start with a larger --memory.",
        )


def _waiting(ledger: Ledger, mine: Reservation) -> str:
    """What a load that waits in the line is told, in words: its place in it."""
    ahead = next(place for place, other in enumerate(ledger.line) if other is mine)
    if not ahead:
        return "waiting for a busy model"
    return f"waiting for memory, {counted(ahead, 'load')} ahead"
