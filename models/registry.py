"""Turns a spec into a resident engine that is shared, counted in bytes and never pulled from under
a run.

    ABSENT -> QUEUED -> FETCHING -> RESERVING -> BUILDING -> READY -> DRAINING -> EVICTING -> ABSENT
                 `---------`------------`-----------`-> FAILED (cooldown)     `-> PARKED  `-> LEAKED

* Single flight: any number of callers claim a model, one thread loads it, all see its progress.
* A claim counts from the moment it is asked for, so a model that was just loaded can't be evicted
  before the waiter who caused the load has used it, and nothing claimed ever leaves.
* A load that needs the room of busy models lets them make way: they take no newcomers, who queue
  behind it. Nobody starves, and nobody waits for ever.
* A fetch that nobody waits for any more is given up at its next sign of life; whole files stay.

Knows neither torch nor gradio: ``Builder`` and ``Device`` do the work, ``models.memory`` the
bookkeeping.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

from models.device import Device
from models.errors import Busy
from models.loading import Builder, Estimate, Key, ModelSpec, Resident, State
from models.memory.activations import ACTIVATION_WAIT_S, Activations
from models.memory.books import LEASE_S, Books
from models.memory.builds import Builds
from models.memory.claim import Claim
from models.memory.cooldown import COOLDOWN_S, Cooldown
from models.memory.entry import Entry
from models.memory.loads import Loads
from models.memory.locks import BUILD_LOCK
from models.memory.recovery import Host, Relief
from models.memory.room import Room
from models.memory.sizes import SizeBook
from models.memory.views import residents, telemetry
from models.spec import Engine, Placement, Weights
from models.telemetry import Telemetry

__all__ = ["BUILD_LOCK", "COOLDOWN_S", "Claim", "Registry"]

#: Loads that may be under way at once; most of them wait for files, memory or the build lock.
MOST_LOADS = 64
T = TypeVar("T")


class Registry:
    """All models of one device.

    Args:
        builder: finds, sizes and constructs models.
        device: a callable that returns the device; called at the first load, so that asking for
            a registry imports no torch.
        budget_bytes: bytes for all models together; None to ask the device at the first load.
        clock: monotonic seconds.
        loaders: loads that may fetch in parallel.
        sizes: what models took when they were loaded before; None to forget it with the process.
    """

    def __init__(
        self,
        builder: Builder,
        device: Callable[[], Device],
        *,
        budget_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        loaders: int = 4,
        sizes: SizeBook | None = None,
    ) -> None:
        self._books, self._cooldown = Books(budget_bytes, clock), Cooldown(clock)
        self._room = Room(self._books)
        self._activations = Activations(self._books, self._room)
        self._builds = Builds(builder, self._books, self._room, sizes or SizeBook())
        self._loads = Loads(
            builder, device, self._books, self._room, self._builds, self._cooldown, self._host,
            loaders,
        )  # fmt: skip
        self._pool = ThreadPoolExecutor(MOST_LOADS, thread_name_prefix="load")

    def claim(self, spec: ModelSpec, *, lease_s: float = LEASE_S) -> Claim:
        """Holds a model, starting its load when nobody has. Never blocks.

        Args:
            spec: which model.
            lease_s: how long the hold is meant to last at most. One that lasts longer shows in the
                telemetry, and still holds: nothing in use ever leaves.

        Raises:
            AppError: the last failure again, while its cooldown lasts.
        """
        books = self._books
        with books.mutex:
            books.collect_dropped()
            if books.closed:
                raise Busy(
                    "The application is being shut down.", hint="Try again after its restart."
                )
            if spec.key not in books.entries:
                self._cooldown.check(spec.key)
            entry, ticket, fresh = books.take(spec, lease_s)
            was_ready = entry.state is State.READY
            if was_ready:
                entry.hits, entry.last_hit = entry.hits + 1, books.clock()
            books.counters.claimed(ready=was_ready, fresh=fresh)
            if fresh:
                self._pool.submit(self._loads.load, entry)
        return Claim(books, entry, ticket, was_ready)

    def activation(
        self, claim: Claim, size_bytes: int, timeout_s: float = ACTIVATION_WAIT_S
    ) -> AbstractContextManager[None]:
        """Charges the working memory of one batch while the block lasts; blocks until it is there.

        Several models can then not peak together. Idle models leave for it where waiting for other
        runs would not suffice; a run that nothing else computes beside is always let in. A block
        inside another of the same thread is charged at once. Hold it for one batch, not for a run.

        Args:
            claim: of a ready model.
            size_bytes: the most that the batch takes beside the model; 0 for no ticket.
            timeout_s: how long to wait.

        Raises:
            Busy: nothing became free in time.
            NoRoom: on a CPU, when the machine has less than that even for a run alone.
        """
        return self._activations.hold(claim.entry, size_bytes, timeout_s)

    def relief(self, claim: Claim) -> Relief:
        """What a run may have freed when its memory runs out.

        Args:
            claim: of a ready model; held as long as the run lasts.
        """
        return Relief(claim.entry, self._books, self._room)

    def recharge(self, engine: Engine) -> None:
        """Charges a model what its engine says that it takes, after that has changed."""
        self._builds.recharge(engine)

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
        """Bytes of the device's memory reserved or held by models, leaked ones included."""
        device = self._books.device
        return self._books.charged_bytes(device.name) if device else 0

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

    def loads_so_far(self) -> int | None:
        """How many loads have ended; None while one is under way."""
        with self._books.mutex:
            if any(not entry.resident for entry in self._books.entries.values()):
                return None
            return self._books.counters.loads

    def estimate(self, weights: Weights, placement: Placement, size_bytes: int = 0) -> Estimate:
        """What a load would be charged; see ``Builds``."""
        return self._builds.estimate(weights, placement, size_bytes)

    def telemetry(self) -> Telemetry:
        """Everything countable, for whoever watches."""
        return telemetry(self._books)

    def close(self) -> None:
        """Takes no more loads; those that wait are told, those that build end first."""
        with self._books.mutex:
            self._books.closed = True
            self._books.mutex.notify_all()
        self._pool.shutdown(wait=True)

    def _host(self, entry: Entry) -> Host:
        return Host(entry, self._activations)
