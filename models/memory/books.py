"""All entries, who holds them and what they are charged, under one mutex.

The mutex guards only bookkeeping: it is never held during a download, a build, a move, gc, a
question to the device, or logging. Methods that say "under the mutex" expect the caller to hold it;
the others take it themselves.
"""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from models.device import Device
from models.errors import Busy, Stopped
from models.loading import Key, ModelSpec, Report, State
from models.memory.counters import Counters
from models.memory.entry import Entry, Hold
from models.memory.ledger import PINNED, Ledger, bytes_of

#: How long a hold on a model is meant to last at most, in seconds. Older ones show as overdue.
LEASE_S = 3600.0


class Books:
    """The registry's memory of what it holds.

    Args:
        budget_bytes: bytes for all models together; None until the device was asked.
        clock: monotonic seconds.

    Attributes:
        device: None until the first load has chosen it.
        entries: the entry of each model that new claims join.
        superseded: draining models whose key a newcomer has already taken.
        parked: models whose tensors wait in pinned host memory.
        ledgers: each memory by its device string.
        dropped: holds whose owner forgot them, written by finalizers, which may do nothing else.
        closed: whether loads are no longer taken.
    """

    def __init__(self, budget_bytes: int | None, clock: Callable[[], float]) -> None:
        self.budget_bytes, self.clock = budget_bytes, clock
        self.device: Device | None = None
        self.mutex = threading.Condition()
        self.entries: dict[Key, Entry] = {}
        self.superseded: list[Entry] = []
        self.parked: dict[Key, Entry] = {}
        self.ledgers: dict[str, Ledger] = {}
        self.counters = Counters()
        self.dropped: SimpleQueue[tuple[Entry, int]] = SimpleQueue()
        self.closed = False
        self._generations: Counter[Key] = Counter()
        self._leaving: list[tuple[Entry, weakref.ref[Any]]] = []
        self._tickets = 0

    def open_ledgers(self, device: Device) -> None:
        """Once the device is known: a ledger for it, for the CPU beside it and for parked copies."""
        budget = self.budget_bytes if self.budget_bytes is not None else device.budget_bytes()
        sizes = {"cpu": device.host_budget_bytes(), PINNED: device.park_budget_bytes()}
        with self.mutex:
            self.ledgers = {name: Ledger(name, size) for name, size in sizes.items()}
            self.ledgers[device.name] = Ledger(device.name, budget)
            self.budget_bytes, self.device = budget, device

    # ---- holds ------------------------------------------------------------------------------

    def take(self, spec: ModelSpec, lease_s: float) -> tuple[Entry, int, bool]:
        """Under the mutex: one more hold on a model; (entry, ticket, whether it must be loaded)."""
        entry = self.entries.get(spec.key)
        fresh = entry is None or entry.state is State.DRAINING
        if entry is None or fresh:
            if entry is not None:
                self.superseded.append(entry)
            entry = self.entries[spec.key] = Entry(spec, self.clock(), self.clock())
        self._tickets += 1
        entry.claims[self._tickets] = Hold(self.clock(), self.clock() + lease_s)
        return entry, self._tickets, fresh

    def give_back(self, entry: Entry, ticket: int) -> None:
        """Ends a hold; a second time does no harm."""
        with self.mutex:
            owner = entry.owner
            if owner.claims.pop(ticket, None) is not None:
                owner.last_used = self.clock()
                self.mutex.notify_all()

    def collect_dropped(self) -> None:
        """Under the mutex: ends the holds that were forgotten."""
        while not self.dropped.empty():
            self.give_back(*self.dropped.get())

    # ---- phases -----------------------------------------------------------------------------

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

    def ready(self, entry: Entry) -> None:
        """Under the mutex: the engine is there."""
        self.finish(entry, State.READY)
        self._generations[entry.spec.key] += 1
        entry.generation = self._generations[entry.spec.key]
        entry.last_used = entry.ready_at = self.clock()
        entry.load_s = entry.ready_at - entry.asked_at
        self.counters.loads += 1
        self.mutex.notify_all()

    def forget(self, entry: Entry) -> None:
        """Under the mutex: newcomers start anew instead of joining this load."""
        if self.entries.get(entry.spec.key) is entry:
            del self.entries[entry.spec.key]

    def check_wanted(self, entry: Entry) -> None:
        """Under the mutex: ends a load that nobody waits for any more.

        Raises:
            Stopped: the last caller has left; newcomers start anew.
            Busy: the registry was closed.
        """
        self.collect_dropped()
        if self.closed:
            self.forget(entry)
            raise Busy("The application is being shut down.", hint="Try again after its restart.")
        if not entry.claims and not entry.pinned:
            self.forget(entry)
            raise Stopped(f"Nobody waits for {entry.spec.card.title} any more.")

    def reporter(self, entry: Entry) -> Report:
        """What a builder calls to tell how far it is; ends a load that nobody waits for any more.

        Raises:
            Stopped: from the report; see ``check_wanted``.
        """

        def report(fraction: float | None, note: str) -> None:
            with self.mutex:
                entry.fraction, entry.note = fraction, note
                self.check_wanted(entry)

        return report

    # ---- leaving ----------------------------------------------------------------------------

    def start_eviction(self, entry: Entry) -> None:
        """Under the mutex: takes the entry out of reach of new claims; its bytes stay charged."""
        entry.state = State.EVICTING
        self.forget(entry)
        if entry in self.superseded:
            self.superseded.remove(entry)
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

    def leaving(self) -> list[Entry]:
        """Under the mutex: models that left while something still refers to them."""
        self._credit_the_dead()
        return [entry for entry, _ in self._leaving]

    def charged(self) -> list[Entry]:
        """Under the mutex: every model that may be charged; those that left until they are dead."""
        here = [*self.entries.values(), *self.superseded, *self.parked.values()]
        return list(dict.fromkeys([*here, *self.leaving()]))  # one that is being parked is in both

    def charged_bytes(self, memory: str) -> int:
        """Bytes of one memory reserved or held by models, leaked ones included."""
        with self.mutex:
            return sum(bytes_of(entry, memory) for entry in self.charged())

    def _end_phase(self, entry: Entry) -> None:
        now = self.clock()
        self.counters.phase_ended(entry.state.value, now - entry.phase_at)
        entry.phase_at = now

    def _credit_the_dead(self) -> None:
        self._leaving = [
            (entry, ref)
            for entry, ref in self._leaving
            if ref() is not None and entry.state is not State.PARKED
        ]
