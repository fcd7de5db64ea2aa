"""Parked models: their tensors wait in pinned host memory, so that the next load reads no disk.

A model that came back keeps its copy there as long as no other needs the room (decision 74).
"""

from __future__ import annotations

import logging

from models.loading import Key, State
from models.memory.books import Books
from models.memory.entry import Entry
from models.memory.ledger import PINNED, bytes_of

log = logging.getLogger(__name__)


def park(books: Books, entry: Entry) -> bool:
    """Moves an evicted model's tensors out of the device's memory, when the budget allows.

    Copies of models that are on the device make room for it, then parked models; each time the least
    recently used ones. Not under the mutex.
    """
    device, engine = books.device, entry.engine
    if device is None or engine is None or entry.memory != device.name:
        return False
    with books.mutex:
        given_up = _make_room(books, entry)
    if given_up is None:
        return False
    for other in given_up:
        if other.state is State.EVICTING:
            other.engine = None
        elif other.engine is not None:
            device.forget_copy(other.engine)
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
    """Under the mutex: takes a place for the copy; the models that gave up theirs for it, or None."""
    budget = books.ledgers[PINNED].budget_bytes
    others = [e for e in books.charged() if e is not entry]
    spare = [e for e in others if e.copy_bytes and e.resident]
    resting = [e for e in books.parked.values() if e.state is State.PARKED]
    taken = sum(bytes_of(e, PINNED) for e in others)
    most = sum(bytes_of(e, PINNED) for e in (*spare, *resting))
    if entry.spec.key in books.parked or entry.size_bytes > budget - taken + most:
        return None
    given_up: list[Entry] = []
    for oldest in [*sorted(spare, key=_last_used), *sorted(resting, key=_last_used)]:
        if taken + entry.size_bytes <= budget:
            break
        given_up.append(oldest)
        if oldest.state is State.PARKED:
            taken -= oldest.size_bytes
            del books.parked[oldest.spec.key]
            books.start_eviction(oldest)
        else:
            taken, oldest.copy_bytes = taken - oldest.copy_bytes, 0
    entry.state, entry.copy_bytes = State.MOVING, 0
    books.parked[entry.spec.key] = entry
    return given_up


def _last_used(entry: Entry) -> float:
    return entry.last_used
