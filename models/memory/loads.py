"""One model's load, from its files to a ready engine, in a thread of its own.

``BUILD_LOCK`` is process-wide: building a model patches global state of torch and transformers
(docs/decisions/0002-build-lock.md). Fetching and waiting for memory happen outside it.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable

from models.device import Device, explain_out_of_memory
from models.errors import AppError, ModelBroken
from models.loading import Builder, State
from models.memory.books import Books
from models.memory.cooldown import Cooldown
from models.memory.entry import Entry
from models.memory.room import Room
from models.spec import ModelCard, Placement, Weights

log = logging.getLogger(__name__)

#: Held around every construction of a model in this process, whatever registry does it.
BUILD_LOCK = threading.RLock()


class Loads:
    """Turns entries into ready models.

    Args:
        builder: finds, sizes and constructs models.
        device: called at the first load.
        books: where the outcome is written.
        room: where bytes are reserved.
        cooldown: where failures are remembered.
    """

    def __init__(
        self,
        builder: Builder,
        device: Callable[[], Device],
        books: Books,
        room: Room,
        cooldown: Cooldown,
    ) -> None:
        self._builder, self._make_device, self._books = builder, device, books
        self._room, self._cooldown = room, cooldown

    def load(self, entry: Entry) -> None:
        """Loads one model; whatever happens, its waiters hear of it."""
        try:
            device = self._ensure_device()
            self._books.enter(entry, State.FETCHING)
            weights = self._builder.fetch(entry.spec, self._books.reporter(entry))
            placement = device.place(entry.spec.card)
            self._room.reserve(entry, self._builder.estimate_bytes(weights, placement))
            try:
                self._build(entry, weights, placement)
            except BaseException as error:  # noqa: BLE001 - raised again unless memory ran out
                self._retry_after_eviction(entry, weights, placement, device, error)
        except BaseException as error:  # noqa: BLE001 - every waiter must hear of it
            self._fail(entry, error)

    def _ensure_device(self) -> Device:
        books = self._books
        with BUILD_LOCK:
            if books.device is None:
                device = self._make_device()
                if books.budget_bytes is None:
                    books.budget_bytes = device.budget_bytes()
                books.device = device
                log.info("device %s, budget %.1f GB", device.label, books.budget_bytes / 1e9)
            return books.device

    def _build(self, entry: Entry, weights: Weights, placement: Placement) -> None:
        books = self._books
        books.enter(entry, State.BUILDING, note="waiting for another load")
        with BUILD_LOCK:
            books.enter(entry, State.BUILDING)
            engine = self._builder.build(weights, placement)
        with books.mutex:
            entry.engine, entry.placement, entry.revision = engine, placement, weights.revision
            entry.size_bytes = engine.memory_bytes
            books.finish(entry, State.READY)
            entry.last_used = books.clock()
            entry.load_s = entry.last_used - entry.asked_at
            entry.generation += 1
            books.counters.loads += 1
            self._cooldown.forget(entry.spec.key)
            books.mutex.notify_all()
        log.info(
            "%s ready in %.1f s, %.0f MB",
            entry.spec.card.id,
            entry.load_s,
            engine.memory_bytes / 1e6,
        )
        entry.future.set_result(None)

    def _retry_after_eviction(
        self,
        entry: Entry,
        weights: Weights,
        placement: Placement,
        device: Device,
        error: BaseException,
    ) -> None:
        """The first rungs of the out-of-memory ladder: everything idle leaves, then once more."""
        if not device.is_out_of_memory(error):
            raise error
        error.__traceback__ = None  # its frames keep half a model alive
        self._room.evict_idle()
        with self._books.mutex:
            self._books.counters.out_of_memory["idle models"] += 1
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

    def _fail(self, entry: Entry, error: BaseException) -> None:
        shown = error if isinstance(error, AppError) else _ticketed(entry.spec.card, error)
        with self._books.mutex:
            self._books.finish(entry, State.FAILED)
            self._books.counters.failures[type(error).__name__] += 1
            entry.size_bytes = 0
            if self._books.entries.get(entry.spec.key) is entry:
                del self._books.entries[entry.spec.key]
            self._cooldown.remember(entry.spec.key, shown)
            self._books.mutex.notify_all()
        log.warning("%s failed to load: %s", entry.spec.card.id, shown)
        entry.future.set_exception(shown.with_traceback(None))


def _ticketed(card: ModelCard, error: BaseException) -> ModelBroken:
    """An unforeseen failure: the traceback goes to the log, a ticket number to the visitor."""
    ticket = uuid.uuid4().hex[:8]
    log.error("ticket %s: %s could not be loaded", ticket, card.id, exc_info=error)
    return ModelBroken(
        f"{card.title} could not be loaded ({type(error).__name__}).",
        hint=f"The log has the details under ticket {ticket}.",
    )
