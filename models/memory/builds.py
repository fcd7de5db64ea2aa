"""Reserves, builds and measures one model; another try on every rung when memory runs out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import replace

from models import allocator
from models.device import Device, explain_out_of_memory
from models.errors import NoRoom
from models.loading import Builder, Estimate, State
from models.memory import garbage, locks
from models.memory.books import Books
from models.memory.entry import Entry
from models.memory.ladder import OutOfRungs, Rung, climb, workspaces
from models.memory.room import Room
from models.memory.sizes import SizeBook
from models.spec import Engine, Placement, Weights
from models.variant_memory import Beside

log = logging.getLogger(__name__)

#: Key of a card's ``defaults`` that names the dtype it may be built in when memory is short.
SMALLER = "smaller_dtype"


class Builds:
    """The part of a load that takes memory.

    Args:
        builder: sizes and constructs models.
        books: where the outcome is written.
        room: where bytes are reserved.
        sizes: what models took when they were loaded before.
    """

    def __init__(self, builder: Builder, books: Books, room: Room, sizes: SizeBook) -> None:
        self._builder, self._books, self._room, self._sizes = builder, books, room, sizes

    def build(self, entry: Entry, weights: Weights, device: Device) -> None:
        """Leaves the engine in the entry, charged.

        Raises:
            NoRoom: it did not fit after everything was tried.
        """
        attempt = _Attempt(weights, device.place(entry.spec.card))
        try:
            self._reserve(entry, attempt)
            climb(
                lambda: self._construct(entry, attempt.weights, attempt.placement, device),
                self._rungs(entry, device, Rung("a smaller dtype", attempt.shrink)),
                device.is_out_of_memory,
                self._count,
            )
        except OutOfRungs:
            raise explain_out_of_memory(
                entry.spec.card.title, entry.size_bytes, device.label
            ) from None

    def move(self, entry: Entry, copy: Entry, device: Device) -> bool:
        """Brings a parked engine back onto the device; False when its files must be read after all."""
        engine, began = copy.engine, self._books.clock()
        if engine is None:
            return False
        try:
            climb(
                lambda: device.unpark(engine),
                self._rungs(entry, device),
                device.is_out_of_memory,
                self._count,
            )
        except OutOfRungs:
            return False
        entry.placement, entry.weights = copy.placement, copy.weights
        entry.copy_bytes = copy.size_bytes
        self._keep(entry, engine, self._books.clock() - began, copy.size_bytes)
        return True

    def _reserve(self, entry: Entry, attempt: _Attempt) -> None:
        """Charges a load: where there is no room, without the quicker variant, then in a smaller dtype."""
        expected = self.estimate(attempt.weights, attempt.placement)
        try:
            self._room.reserve(entry, attempt.placement.device, expected.size_bytes)
        except NoRoom:
            if expected.beside.size_bytes:
                attempt.stay_plain()
            elif not attempt.shrink():
                raise
            self._reserve(entry, attempt)

    def estimate(self, weights: Weights, placement: Placement, size_bytes: int = 0) -> Estimate:
        """What a load is charged until it is built.

        Args:
            weights: the model's files.
            placement: where it is to be built.
            size_bytes: what it takes by itself, where its files are not here; else they tell.
        """
        own = size_bytes or self._builder.estimate_bytes(weights, placement)
        beside = self._builder.beside(weights, placement, own)
        told = own + beside.size_bytes
        seen = self._seen(_name(weights, placement, beside), placement)
        return Estimate(max(told, seen), seen >= told and seen > 0, beside)

    def recharge(self, engine: Engine) -> None:
        """Charges a model what its engine says that it takes, after that has changed."""
        books = self._books
        with books.mutex:
            entry = next((e for e in books.charged() if e.engine is engine), None)
        if entry is None or entry.weights is None or entry.placement is None:
            return  # it has left, or is about to be charged for the first time
        seen = self._seen(self._named(entry.weights, entry.placement), entry.placement)
        with books.mutex:
            if entry.engine is not engine:
                return
            entry.size_bytes = max(engine.memory_bytes, seen)
            books.mutex.notify_all()
        self._room.settle(entry.memory)

    def _named(self, weights: Weights, placement: Placement) -> str:
        """What the model as it is built now has in the book of sizes."""
        own = self._builder.estimate_bytes(weights, placement)
        return _name(weights, placement, self._builder.beside(weights, placement, own))

    def _seen(self, name: str, placement: Placement) -> int:
        """What earlier loads took; 0 when too little is known."""
        device = self._books.device
        exact = device is not None and device.exact and placement.device == device.name
        return self._sizes.typical(name, exact=exact) or 0

    def _construct(
        self, entry: Entry, weights: Weights, placement: Placement, device: Device
    ) -> None:
        books, name = self._books, self._named(weights, placement)
        books.enter(entry, State.BUILDING, note="waiting for another load")
        with locks.BUILD_LOCK:
            books.enter(entry, State.BUILDING)
            entry.built_at = garbage.set_aside()
            before, began = _used(device, placement), self._books.clock()
            modules = len(sys.modules)
            with allocator.weights_apart(), device.beside_runs():
                engine = self._builder.build(weights, placement)
            seconds, took = self._books.clock() - began, _used(device, placement) - before
        imported = len(sys.modules) - modules >= garbage.NEW_MODULES
        if self._undisturbed(entry) and (device.exact or not imported):
            self._sizes.observe(name, took)
        entry.placement, entry.weights = placement, weights
        self._keep(entry, engine, seconds, self._seen(name, placement))

    def _keep(self, entry: Entry, engine: Engine, seconds: float, least_bytes: int) -> None:
        """Corrects the charge to what the engine says, but at least ``least_bytes``."""
        with self._books.mutex:
            entry.engine, entry.build_s = engine, seconds
            # Under the mutex: a trial that ends now is read here, or finds the engine in ``recharge``.
            entry.size_bytes = max(engine.memory_bytes, least_bytes)
        self._room.settle(entry.memory)

    def _undisturbed(self, entry: Entry) -> bool:
        """Whether nothing else was under way whose memory would be taken for the model's."""
        with self._books.mutex:
            return not any(e.busy for e in self._books.charged() if e is not entry)

    def _rungs(self, entry: Entry, device: Device, *more: Rung) -> Iterator[Rung]:
        yield workspaces(device.release_cached)
        yield Rung("idle models", lambda: self._room.evict_idle(entry.memory))
        yield from more

    def _count(self, rung: str) -> None:
        with self._books.mutex:
            self._books.counters.out_of_memory[rung] += 1


class _Attempt:
    """What the rungs may change between two attempts."""

    def __init__(self, weights: Weights, placement: Placement) -> None:
        self.weights, self.placement = weights, placement
        self._smaller = _smaller(weights, placement)

    def stay_plain(self) -> None:
        """Gives up the quicker variant."""
        self.weights = replace(self.weights, plain=True)
        reason = f"{self.placement.reason}; there is no room for a quicker variant"
        self.placement = replace(self.placement, reason=reason)

    def shrink(self) -> bool:
        """Takes the smaller dtype; False where there is none, or it was taken."""
        if self._smaller is None or self.placement == self._smaller:
            return False
        self.placement = self._smaller
        return True


def _smaller(weights: Weights, wanted: Placement) -> Placement | None:
    """The placement that the card allows when memory is short, with the reason for the page."""
    dtype = weights.card.defaults.get(SMALLER)
    if not isinstance(dtype, str) or dtype == wanted.dtype:
        return None
    reason = f"{dtype}: memory did not suffice for {wanted.dtype}, and the model's card allows it"
    return replace(wanted, dtype=dtype, reason=reason)


def _name(weights: Weights, placement: Placement, beside: Beside) -> str:
    card = weights.card
    model = f"{card.capability} {card.engine} {card.id} {weights.revision}"
    return f"{model} {placement.device} {placement.dtype} {beside.name}".rstrip()


def _used(device: Device, placement: Placement) -> int:
    """What is taken on the model's device, without what only waits to be used again."""
    if placement.device != device.name:
        return 0
    if not device.exact:
        device.release_cached()
    return device.used_bytes()
