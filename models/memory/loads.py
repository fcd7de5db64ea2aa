"""One model's load, from its files to a ready engine, in a thread of its own.

Fetching and waiting for memory happen outside ``BUILD_LOCK``.
"""

from __future__ import annotations

import logging
import threading
import traceback
import uuid
from collections.abc import Callable

from models.device import Device
from models.errors import AppError, ModelBroken, Stopped
from models.loading import Builder, State
from models.memory.books import Books
from models.memory.builds import Builds
from models.memory.cooldown import Cooldown
from models.memory.entry import Entry
from models.memory.ladder import forget_frames
from models.memory.locks import BUILD_LOCK
from models.memory.parking import put_back, take
from models.memory.recovery import Host
from models.memory.room import Merged, Room
from models.spec import ModelCard

log = logging.getLogger(__name__)


class Loads:
    """Turns entries into ready models.

    Args:
        builder: finds, sizes and constructs models.
        device: called at the first load.
        books: where the outcome is written.
        room: where bytes are reserved.
        builds: what constructs, with another try when memory runs out.
        cooldown: where failures are remembered.
        host: makes what an engine may ask of its memory.
        fetchers: loads that may fetch at once.
    """

    def __init__(
        self,
        builder: Builder,
        device: Callable[[], Device],
        books: Books,
        room: Room,
        builds: Builds,
        cooldown: Cooldown,
        host: Callable[[Entry], Host],
        fetchers: int,
    ) -> None:
        self._builder, self._make_device, self._books = builder, device, books
        self._room, self._builds, self._cooldown = room, builds, cooldown
        self._host, self._fetching = host, threading.Semaphore(fetchers)

    def load(self, entry: Entry) -> None:
        """Loads one model; whatever happens, its waiters hear of it."""
        try:
            device = self._ensure_device()
            if not self._unpark(entry, device):
                self._from_files(entry, device)
            self._announce(entry)
        except Merged:
            return
        except BaseException as error:  # noqa: BLE001 - every waiter must hear of it
            self._fail(entry, error)

    def _ensure_device(self) -> Device:
        with BUILD_LOCK:
            if self._books.device is None:
                device = self._make_device()
                self._books.open_ledgers(device)
                log.info(
                    "device %s, budget %.1f GB", device.label, (self._books.budget_bytes or 0) / 1e9
                )
                return device
            return self._books.device

    def _from_files(self, entry: Entry, device: Device) -> None:
        with self._fetching:
            with self._books.mutex:
                self._books.check_wanted(entry)
            self._books.enter(entry, State.FETCHING)
            weights = self._builder.fetch(entry.spec, self._books.reporter(entry))
        self._builds.build(entry, weights, device)

    def _unpark(self, entry: Entry, device: Device) -> bool:
        """Brings a parked copy back, when there is one; False when the files must be read."""
        copy = take(self._books, entry.spec.key)
        if copy is None or copy.engine is None:
            return False
        untouched = True
        try:
            self._room.reserve(entry, device.name, copy.size_bytes)
            untouched = False
            self._books.enter(entry, State.MOVING)
            moved = self._builds.move(entry, copy, device)
        finally:
            put_back(self._books, copy, keep=untouched)
        if not moved:  # the files will be read, so what was reserved for the copy is given back
            with self._books.mutex:
                entry.size_bytes = 0
        return moved

    def _announce(self, entry: Entry) -> None:
        if hasattr(entry.engine, "host"):
            setattr(entry.engine, "host", self._host(entry))  # noqa: B010 - not every engine has it
        with self._books.mutex:
            self._books.ready(entry)
            self._cooldown.forget(entry.spec.key)
        log.info(
            "%s ready in %.1f s, %.0f MB",
            entry.spec.card.id, entry.load_s, entry.size_bytes / 1e6,
        )  # fmt: skip
        entry.future.set_result(None)

    def _fail(self, entry: Entry, error: BaseException) -> None:
        shown = error if isinstance(error, AppError) else _ticketed(entry.spec.card, error)
        forget_frames(error)
        with self._books.mutex:
            if entry.merged_into is not None:  # its callers have got the model meanwhile
                return
            self._books.finish(entry, State.FAILED)
            if not isinstance(error, Stopped):
                self._books.counters.failures[type(error).__name__] += 1
            entry.size_bytes = 0
            self._books.forget(entry)
            self._cooldown.remember(entry.spec.key, shown)
            self._books.mutex.notify_all()
        log.warning("%s failed to load: %s", entry.spec.card.id, shown)
        entry.future.set_exception(shown)


def _ticketed(card: ModelCard, error: BaseException) -> ModelBroken:
    """An unforeseen failure: the traceback goes to the log, a ticket number to the visitor."""
    ticket = uuid.uuid4().hex[:8]
    story = "".join(
        traceback.format_exception(error)
    )  # as text: a kept record must keep no tensors
    log.error("ticket %s: %s could not be loaded\n%s", ticket, card.id, story)
    return ModelBroken(
        f"{card.title} could not be loaded ({type(error).__name__}).",
        hint=f"The log has the details under ticket {ticket}.",
    )
