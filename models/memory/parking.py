"""Parked models: their tensors wait in pinned host memory, so that the next load reads no disk."""

from __future__ import annotations

import logging

from models.loading import Key, State
from models.memory.books import Books
from models.memory.entry import Entry
from models.memory.ledger import PINNED

log = logging.getLogger(__name__)


def park(books: Books, entry: Entry) -> bool:
    """Moves an evicted model's tensors out of the device's memory, when the budget allows.

    Least recently used copies make room for it. Not under the mutex.
    """
    device, engine = books.device, entry.engine
    if device is None or engine is None or entry.memory != device.name:
        return False
    with books.mutex:
        given_up = _make_room(books, entry)
    if given_up is None:
        return False
    for other in given_up:
        other.engine = None
    moved = device.park(engine)
    with books.mutex:
        stays = moved and entry.spec.key not in books.entries and not books.closed
        if not stays:  # it can't be parked, or somebody loads it anew already
            books.parked.pop(entry.spec.key)
        entry.state, entry.memory = (
            (State.PARKED, PINNED) if stays else (State.EVICTING, entry.memory)
        )
    return stays


def take(books: Books, key: Key) -> Entry | None:
    """The parked copy of a model, out of reach of others; its bytes stay charged as pinned."""
    with books.mutex:
        entry = books.parked.get(key)
        if entry is None or entry.state is not State.PARKED:
            return None
        entry.state = State.MOVING
        return entry


def put_back(books: Books, entry: Entry, *, keep: bool) -> None:
    """Ends what ``take`` began: the copy is parked again, or gone when it was moved or could not be."""
    with books.mutex:
        entry.state = State.PARKED
        if not keep:
            books.parked.pop(entry.spec.key)
            entry.engine, entry.size_bytes = None, 0
        books.mutex.notify_all()


def _make_room(books: Books, entry: Entry) -> list[Entry] | None:
    """Under the mutex: takes a place for the copy; the models that were given up for it, or None."""
    budget = books.ledgers[PINNED].budget_bytes
    taken = sum(e.size_bytes for e in books.parked.values())
    resting = [e for e in books.parked.values() if e.state is State.PARKED]
    if entry.spec.key in books.parked or entry.size_bytes > budget - taken + _total(resting):
        return None
    given_up: list[Entry] = []
    for oldest in sorted(resting, key=lambda e: e.last_used):
        if taken + entry.size_bytes - _total(given_up) <= budget:
            break
        given_up.append(oldest)
        del books.parked[oldest.spec.key]
        books.start_eviction(oldest)
    entry.state = State.MOVING
    books.parked[entry.spec.key] = entry
    return given_up


def _total(entries: list[Entry]) -> int:
    return sum(e.size_bytes for e in entries)
