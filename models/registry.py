"""Turns a spec into a resident engine that is shared, counted in bytes and never pulled from under
a run.

    ABSENT -> QUEUED -> FETCHING -> RESERVING -> BUILDING -> READY -> EVICTING -> ABSENT
                 `---------`------------`-----------`-> FAILED (cooldown)      `-> LEAKED

* Single flight: any number of callers claim a model, one thread loads it, all see its progress.
* A claim counts from the moment it is asked for, so a model that was just loaded can't be evicted
  before the waiter who caused the load has used it, and nothing claimed ever leaves.
* ``BUILD_LOCK`` is process-wide: building a model patches global state of torch and transformers
  (docs/decisions/0002-build-lock.md).
* The mutex guards only bookkeeping: never held during a download, a build, gc or logging.

Knows neither torch nor gradio: ``Builder`` and ``Device`` do the work.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from models.device import Device, explain_out_of_memory
from models.errors import AppError, Busy, HubUnreachable, ModelBroken, ModelNotFound, NoRoom
from models.loading import Builder, ModelSpec, Progress, Report, Resident, State
from models.residency import Occupant, Verdict, plan
from models.spec import Engine, ModelCard, Placement, Weights

log = logging.getLogger(__name__)

#: Held around every construction of a model in this process, whatever registry does it.
BUILD_LOCK = threading.RLock()

#: Cooldown after a failed load, in seconds: doubles with each failure in a row.
COOLDOWN_S, COOLDOWN_MAX_S = 10.0, 300.0
#: How long a load waits for busy models to become idle before it gives up, in seconds.
ROOM_WAIT_S = 120.0
_MENDS_SLOWLY = (ModelBroken, ModelNotFound, HubUnreachable)


@dataclass(eq=False)
class _Entry:
    """One model's bookkeeping; every field is guarded by the registry's mutex."""

    spec: ModelSpec
    asked_at: float
    future: Future[None] = field(default_factory=Future)
    state: State = State.QUEUED
    fraction: float | None = None
    note: str = ""
    engine: Engine | None = None
    size_bytes: int = 0
    placement: Placement | None = None
    revision: str = ""
    load_s: float = 0.0
    last_used: float = 0.0
    hits: int = 0
    claims: dict[int, float] = field(default_factory=dict)
    pinned: bool = False
    generation: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def busy(self) -> bool:
        return bool(self.claims) or self.state is not State.READY

    @property
    def evictable(self) -> bool:
        return not self.busy and not self.pinned


@dataclass
class _Failure:
    """What the last load of a model ended with, and until when the same answer is given again."""

    error: AppError
    until: float
    streak: int


class Claim:
    """A caller's hold on a model: from the wish, through the load, to the end of the use.

    Use as a context manager or call ``release`` exactly when done; releasing twice does no harm.
    """

    def __init__(self, registry: Registry, entry: _Entry, ticket: int, was_ready: bool) -> None:
        self._registry, self._entry, self._ticket = registry, entry, ticket
        self.was_ready = was_ready

    @property
    def future(self) -> Future[None]:
        """Done when the model is READY or its load failed; shared by all waiters: never cancel it."""
        return self._entry.future

    def progress(self) -> Progress:
        """Where the load is now."""
        return self._registry._progress(self._entry)

    def wait(self, timeout_s: float | None = None) -> Engine:
        """Blocks until the model is ready.

        Raises:
            AppError: why the load failed.
            TimeoutError: after ``timeout_s`` seconds.
        """
        self._entry.future.result(timeout_s)
        return self.engine

    @property
    def engine(self) -> Engine:
        """The built engine; only after ``future`` is done without an error."""
        if self._entry.engine is None:
            raise RuntimeError(f"{self._entry.spec.card.id} is not ready")
        return self._entry.engine

    @property
    def resident(self) -> Resident:
        """Facts about the model for the metrics line."""
        return self._registry._describe(self._entry)

    def turn(self) -> AbstractContextManager[object]:
        """Exclusive use of an engine that is not reentrant; nothing for one that is."""
        return nullcontext() if self.engine.reentrant else self._entry.turn

    def release(self) -> None:
        """Lets go; the model may leave when nobody else holds it."""
        self._registry._release(self._entry, self._ticket)

    def __enter__(self) -> Engine:
        try:
            return self.wait()
        except BaseException:
            self.release()
            raise

    def __exit__(self, *_: object) -> None:
        self.release()


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
        self._builder, self._make_device, self._clock = builder, device, clock
        self._budget = budget_bytes
        self._device: Device | None = None
        self._mutex = threading.Condition()
        self._entries: dict[tuple[str, str, str], _Entry] = {}
        self._leaked: list[tuple[_Entry, weakref.ref[Any]]] = []
        self._failures: dict[tuple[str, str, str], _Failure] = {}
        self._line: deque[_Entry] = deque()
        self._tickets = 0
        self._loads = self._evictions = 0
        self._pool = ThreadPoolExecutor(loaders, thread_name_prefix="load")

    # ---- what callers use -------------------------------------------------------------------

    def claim(self, spec: ModelSpec) -> Claim:
        """Holds a model, starting its load when nobody has. Never blocks.

        Raises:
            AppError: the last failure again, while its cooldown lasts.
        """
        with self._mutex:
            self._refuse_in_cooldown(spec.key)
            entry = self._entries.get(spec.key)
            fresh = entry is None
            if entry is None:
                entry = self._entries[spec.key] = _Entry(spec, self._clock())
            ticket = self._tickets = self._tickets + 1
            entry.claims[ticket] = self._clock()
            was_ready = entry.state is State.READY
            entry.hits += was_ready
        if fresh:
            self._pool.submit(self._load, entry)
        return Claim(self, entry, ticket, was_ready)

    def unload(self, spec_key: tuple[str, str, str]) -> bool:
        """Evicts one idle model now; False when it is busy, pinned or not here."""
        with self._mutex:
            entry = self._entries.get(spec_key)
            if entry is None or not entry.evictable:
                return False
            self._start_eviction(entry)
        self._finish_evictions([entry])
        return True

    def pin(self, spec_key: tuple[str, str, str], pinned: bool = True) -> bool:
        """Keeps a resident model from being evicted; False when it is not here."""
        with self._mutex:
            entry = self._entries.get(spec_key)
            if entry is not None:
                entry.pinned = pinned
            return entry is not None

    def residents(self) -> list[Resident]:
        """Every model that is loading, ready or leaked, most recently used first."""
        with self._mutex:
            entries = [*self._entries.values(), *(entry for entry, _ in self._leaked)]
            return [self._describe(e) for e in sorted(entries, key=lambda e: -e.last_used)]

    def charged_bytes(self) -> int:
        """Bytes reserved or held by models, leaked ones included."""
        with self._mutex:
            self._credit_dead_leaks()
            return sum(occupant.size_bytes for occupant in self._occupants())

    @property
    def budget_bytes(self) -> int | None:
        """The byte budget; None until the first load has measured it."""
        return self._budget

    @property
    def device(self) -> Device | None:
        """The device; None until the first load has chosen it."""
        return self._device

    @property
    def counts(self) -> tuple[int, int]:
        """Loads and evictions since the start."""
        return self._loads, self._evictions

    def close(self) -> None:
        """Stops accepting loads; running ones end first."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    # ---- the load, in a thread of the pool --------------------------------------------------

    def _load(self, entry: _Entry) -> None:
        try:
            device = self._ensure_device()
            self._enter(entry, State.FETCHING)
            weights = self._builder.fetch(entry.spec, self._reporter(entry))
            placement = device.place(entry.spec.card)
            self._reserve(entry, self._builder.estimate_bytes(weights, placement))
            try:
                self._build(entry, weights, placement)
            except BaseException as error:  # noqa: BLE001 - raised again unless memory ran out
                self._retry_after_eviction(entry, weights, placement, error)
        except BaseException as error:  # noqa: BLE001 - every waiter must hear of it
            self._fail(entry, error)

    def _ensure_device(self) -> Device:
        with BUILD_LOCK:
            if self._device is None:
                device = self._make_device()
                if self._budget is None:
                    self._budget = device.budget_bytes()
                self._device = device
                log.info("device %s, budget %.1f GB", device.label, self._budget / 1e9)
            return self._device

    def _build(self, entry: _Entry, weights: Weights, placement: Placement) -> None:
        self._enter(entry, State.BUILDING, note="waiting for another load")
        with BUILD_LOCK:
            self._enter(entry, State.BUILDING)
            engine = self._builder.build(weights, placement)
        with self._mutex:
            entry.engine, entry.placement, entry.revision = engine, placement, weights.revision
            entry.size_bytes = engine.memory_bytes
            entry.state, entry.fraction, entry.note = State.READY, None, ""
            entry.last_used = self._clock()
            entry.load_s = entry.last_used - entry.asked_at
            entry.generation += 1
            self._loads += 1
            self._failures.pop(entry.spec.key, None)
            self._mutex.notify_all()
        log.info(
            "%s ready in %.1f s, %.0f MB",
            entry.spec.card.id,
            entry.load_s,
            engine.memory_bytes / 1e6,
        )
        entry.future.set_result(None)

    def _retry_after_eviction(
        self, entry: _Entry, weights: Weights, placement: Placement, error: BaseException
    ) -> None:
        """The first rungs of the out-of-memory ladder: everything idle leaves, then once more."""
        device = self._device
        if device is None or not device.is_out_of_memory(error):
            raise error
        error.__traceback__ = None  # its frames keep half a model alive
        with self._mutex:
            idle = [e for e in self._entries.values() if e.evictable]
            for other in idle:
                self._start_eviction(other)
        self._finish_evictions(idle)
        device.release_cached()
        try:
            self._build(entry, weights, placement)
        except BaseException as again:
            if not device.is_out_of_memory(again):
                raise
            needed = entry.size_bytes
            again.__traceback__ = None
        else:
            return
        raise explain_out_of_memory(entry.spec.card.title, needed, device.label)

    def _fail(self, entry: _Entry, error: BaseException) -> None:
        shown = error if isinstance(error, AppError) else _ticketed(entry.spec.card, error)
        now = self._clock()
        with self._mutex:
            entry.state = State.FAILED
            entry.size_bytes = 0
            if self._entries.get(entry.spec.key) is entry:
                del self._entries[entry.spec.key]
            if isinstance(shown, _MENDS_SLOWLY):
                before = self._failures.get(entry.spec.key)
                streak = before.streak + 1 if before else 1
                wait = min(COOLDOWN_S * 2 ** (streak - 1), COOLDOWN_MAX_S)
                self._failures[entry.spec.key] = _Failure(shown, now + wait, streak)
            self._mutex.notify_all()
        log.warning("%s failed to load: %s", entry.spec.card.id, shown)
        entry.future.set_exception(shown.with_traceback(None))

    def _refuse_in_cooldown(self, key: tuple[str, str, str]) -> None:
        failure = self._failures.get(key)
        if failure is not None and self._clock() < failure.until and key not in self._entries:
            raise failure.error

    # ---- room -------------------------------------------------------------------------------

    def _reserve(self, entry: _Entry, needed: int) -> None:
        """Charges ``needed`` bytes, first come first served, evicting or waiting as planned."""
        self._enter(entry, State.RESERVING)
        deadline = self._clock() + ROOM_WAIT_S
        with self._mutex:
            self._line.append(entry)
        try:
            while True:
                victims = self._try_reserve(entry, needed, deadline)
                if victims is None:
                    return
                self._finish_evictions(victims)
        finally:
            with self._mutex:
                self._line.remove(entry)
                self._mutex.notify_all()

    def _try_reserve(self, entry: _Entry, needed: int, deadline: float) -> list[_Entry] | None:
        """One look at the ledger: None when charged, else the models that must leave first."""
        with self._mutex:
            while True:
                self._credit_dead_leaks()
                decision = plan(needed, self._budget or 0, self._occupants())
                head = self._line[0] is entry
                if decision.verdict is Verdict.NEVER:
                    raise self._no_room(entry, needed)
                if head and decision.verdict is Verdict.ADMIT:
                    entry.size_bytes = needed
                    return None
                if head and decision.verdict is Verdict.EVICT:
                    victims = [e for e in self._entries.values() if e.spec.key in decision.evict]
                    for victim in victims:
                        self._start_eviction(victim)
                    return victims
                if self._clock() > deadline:
                    raise Busy(
                        f"No memory became free for {entry.spec.card.title} within {ROOM_WAIT_S:.0f} s.",
                        hint="Other models are in use; try again in a moment.",
                    )
                entry.note = "waiting for a busy model"
                self._mutex.wait(0.2)

    def _occupants(self) -> list[Occupant]:
        here = [
            Occupant(e.spec.key, e.size_bytes, e.last_used, e.busy, e.pinned)
            for e in self._entries.values()
            if e.size_bytes
        ]
        leaving = [
            Occupant(
                e.spec.key, e.size_bytes, e.last_used, busy=True, pinned=e.state is State.LEAKED
            )
            for e, _ in self._leaked
        ]
        return here + leaving

    def _start_eviction(self, entry: _Entry) -> None:
        """Under the mutex: takes the entry out of reach of new claims; its bytes stay charged."""
        entry.state = State.EVICTING
        del self._entries[entry.spec.key]
        if entry.engine is not None:
            self._leaked.append((entry, weakref.ref(entry.engine)))

    def _finish_evictions(self, entries: list[_Entry]) -> None:
        """Outside the mutex: drops the engines; bytes are credited once they are really dead."""
        if not entries:
            return
        for entry in entries:
            entry.engine = None
        gc.collect()
        if self._device is not None:
            self._device.release_cached()
        with self._mutex:
            self._evictions += len(entries)
            self._credit_dead_leaks()
            for entry, _ in self._leaked:
                if entry in entries:
                    entry.state = State.LEAKED
            self._mutex.notify_all()
        log.info("evicted %s", ", ".join(entry.spec.card.id for entry in entries))

    def _credit_dead_leaks(self) -> None:
        self._leaked = [(entry, ref) for entry, ref in self._leaked if ref() is not None]

    def _no_room(self, entry: _Entry, needed: int) -> NoRoom:
        return NoRoom(
            f"{entry.spec.card.title} needs about {needed / 1e9:.2f} GB; "
            f"models may use {(self._budget or 0) / 1e9:.2f} GB in all.",
            hint="Choose a smaller model, unpin another, or start with a larger --memory.",
        )

    # ---- bookkeeping ------------------------------------------------------------------------

    def _enter(self, entry: _Entry, state: State, note: str = "") -> None:
        with self._mutex:
            entry.state, entry.fraction, entry.note = state, None, note

    def _reporter(self, entry: _Entry) -> Report:
        def report(fraction: float | None, note: str) -> None:
            with self._mutex:
                entry.fraction, entry.note = fraction, note

        return report

    def _progress(self, entry: _Entry) -> Progress:
        with self._mutex:
            return Progress(entry.state, entry.fraction, entry.note, self._clock() - entry.asked_at)

    def _describe(self, entry: _Entry) -> Resident:
        now = self._clock()
        with self._mutex:
            oldest = min(entry.claims.values(), default=now)
            return Resident(
                card=entry.spec.card,
                state=entry.state,
                size_bytes=entry.size_bytes,
                placement=entry.placement,
                revision=entry.revision,
                load_s=entry.load_s,
                hits=entry.hits,
                claims=len(entry.claims),
                pinned=entry.pinned,
                idle_s=0.0 if entry.claims else now - entry.last_used,
                oldest_claim_s=now - oldest,
            )

    def _release(self, entry: _Entry, ticket: int) -> None:
        with self._mutex:
            if entry.claims.pop(ticket, None) is not None:
                entry.last_used = self._clock()
                self._mutex.notify_all()


def _ticketed(card: ModelCard, error: BaseException) -> ModelBroken:
    """An unforeseen failure: the traceback goes to the log, a ticket number to the visitor."""
    ticket = uuid.uuid4().hex[:8]
    log.error("ticket %s: %s could not be loaded", ticket, card.id, exc_info=error)
    return ModelBroken(
        f"{card.title} could not be loaded ({type(error).__name__}).",
        hint=f"The log has the details under ticket {ticket}.",
    )
