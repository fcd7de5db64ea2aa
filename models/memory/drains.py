"""Models that make way: they take no newcomers, so that those who use them come to an end.

Newcomers get an entry of their own, which loads the model again behind the load that it made way
for; when the model may stay after all, they are given to it. Everything here is under the mutex.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future

from models.loading import State
from models.memory.books import Books
from models.memory.entry import Entry
from models.memory.ledger import Reservation


def drain(books: Books, reservation: Reservation, chosen: Iterable[Entry]) -> list[Future[None]]:
    """Lets exactly the chosen models make way for the reservation.

    Returns:
        Futures to resolve once the mutex is free: newcomers of models that need not leave any more.
    """
    wanted = {entry for entry in chosen if entry.resident}
    ready = [_restore(books, entry) for entry in reservation.drained - wanted]
    for entry in wanted:
        entry.state = State.DRAINING
    reservation.drained = wanted
    return [future for future in ready if future is not None]


def resolve(futures: Iterable[Future[None]]) -> None:
    """Tells waiters that their model is ready; not under the mutex."""
    for future in futures:
        future.set_result(None)


def _restore(books: Books, entry: Entry) -> Future[None] | None:
    """Lets a model stay, and gives it the newcomers that came meanwhile."""
    if entry.state is not State.DRAINING:
        return None
    successor = books.entries.get(entry.spec.key)
    if successor is entry:
        entry.state = State.READY
        return None
    if successor is not None and successor.size_bytes:
        return None  # it is being built already: this one leaves when it is idle
    books.superseded.remove(entry)
    books.entries[entry.spec.key] = entry
    entry.state = State.READY
    if successor is None:
        return None
    entry.claims.update(successor.claims)
    entry.pinned |= successor.pinned
    successor.claims.clear()
    successor.merged_into = entry
    return successor.future
