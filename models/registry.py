"""Turns a spec into a resident engine that is shared, counted in bytes and never pulled from under
a run.

    ABSENT -> QUEUED -> FETCHING -> RESERVING -> BUILDING -> READY -> EVICTING -> ABSENT
                 `---------`------------`-----------`-> FAILED (cooldown)      `-> LEAKED

* Single flight: any number of callers claim a model, one thread loads it, all see its progress.
* A claim counts from the moment it is asked for, so a model that was just loaded can't be evicted
  before the waiter who caused the load has used it, and nothing claimed ever leaves.
* A fetch that nobody waits for any more is given up at its next sign of life; whole files stay.

Knows neither torch nor gradio: ``Builder`` and ``Device`` do the work, ``models.memory`` the
bookkeeping.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from models.device import Device
from models.loading import Builder, Key, ModelSpec, Resident, State
from models.memory.books import Books
from models.memory.claim import Claim
from models.memory.cooldown import COOLDOWN_S, Cooldown
from models.memory.entry import Entry
from models.memory.loads import BUILD_LOCK, Loads
from models.memory.room import Room
from models.memory.views import residents, telemetry
from models.telemetry import Telemetry

__all__ = ["BUILD_LOCK", "COOLDOWN_S", "Claim", "Registry"]


class Registry:
    """All models of one device.

    Args:
        builder: finds, sizes and constructs models.
        device: a callable that returns the device; called at the first load, so that asking for
            a registry imports no torch.
        budget_bytes: bytes for all models together; None to ask the device at the first load.
        clock: monotonic seconds.
        loaders: loads that may fetch in parallel.
    """

    def __init__(
        self,
        builder: Builder,
        device: Callable[[], Device],
        *,
        budget_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        loaders: int = 4,
    ) -> None:
        self._books, self._cooldown = Books(budget_bytes, clock), Cooldown(clock)
        self._room = Room(self._books)
        self._loads = Loads(builder, device, self._books, self._room, self._cooldown)
        self._pool = ThreadPoolExecutor(loaders, thread_name_prefix="load")

    def claim(self, spec: ModelSpec) -> Claim:
        """Holds a model, starting its load when nobody has. Never blocks.

        Raises:
            AppError: the last failure again, while its cooldown lasts.
        """
        books = self._books
        with books.mutex:
            entry = books.entries.get(spec.key)
            fresh = entry is None
            if entry is None:
                self._cooldown.check(spec.key)
                entry = books.entries[spec.key] = Entry(spec, books.clock(), books.clock())
            ticket = books.take_ticket(entry)
            was_ready = entry.state is State.READY
            entry.hits += was_ready
            books.counters.claimed(ready=was_ready, fresh=fresh)
        if fresh:
            self._pool.submit(self._loads.load, entry)
        return Claim(books, entry, ticket, was_ready)

    def unload(self, spec_key: Key) -> bool:
        """Evicts one idle model now; False when it is busy, pinned or not here."""
        return self._room.unload(spec_key)

    def pin(self, spec_key: Key, pinned: bool = True) -> bool:
        """Keeps a resident model from being evicted; False when it is not here."""
        with self._books.mutex:
            entry = self._books.entries.get(spec_key)
            if entry is not None:
                entry.pinned = pinned
            return entry is not None

    def residents(self) -> list[Resident]:
        """Every model that is loading, ready or leaked, most recently used first."""
        return residents(self._books)

    def charged_bytes(self) -> int:
        """Bytes reserved or held by models, leaked ones included."""
        return self._books.charged_bytes()

    @property
    def budget_bytes(self) -> int | None:
        """The byte budget; None until the first load has measured it."""
        return self._books.budget_bytes

    @property
    def device(self) -> Device | None:
        """The device; None until the first load has chosen it."""
        return self._books.device

    @property
    def counts(self) -> tuple[int, int]:
        """Loads and evictions since the start."""
        counters = self._books.counters
        return counters.loads, counters.evictions.total()

    def telemetry(self) -> Telemetry:
        """Everything countable, for whoever watches."""
        return telemetry(self._books)

    def close(self) -> None:
        """Stops accepting loads; running ones end first."""
        self._pool.shutdown(wait=True, cancel_futures=True)
