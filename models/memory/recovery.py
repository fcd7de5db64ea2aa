"""The out-of-memory ladder of runs, and what an engine may ask of the memory that it lives in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from models.device import explain_out_of_memory
from models.memory.activations import ACTIVATION_WAIT_S, Activations
from models.memory.books import Books
from models.memory.entry import Entry
from models.memory.ladder import OutOfRungs, Rung, climb, forget_frames, smaller_batches, workspaces
from models.memory.room import Room

T = TypeVar("T")


class Recovery:
    """Tries a run again after memory ran out, each time with something changed.

    Args:
        books: where rungs are counted.
        room: what evicts idle models.
    """

    def __init__(self, books: Books, room: Room) -> None:
        self._books, self._room = books, room

    def run(self, entry: Entry, attempt: Callable[[int], T], batch: int) -> T:
        """The attempt's outcome; see ``Registry.recover``."""
        rows = _Rows(batch)
        rungs = [*self._relief(entry), *smaller_batches(batch, rows.limit)]
        try:
            return climb(lambda: attempt(rows.most), rungs, self._ran_out, self._count)
        except OutOfRungs:
            pass
        device = self._books.device
        self._count("given up")
        raise explain_out_of_memory(
            f"This run of {entry.spec.card.title}",
            entry.owner.size_bytes,
            device.label if device else "",
        )

    def relieve(self, entry: Entry, error: BaseException) -> bool:
        """Frees what it can after an error; whether it was about memory, so that trying again helps.

        For callers that make batches smaller by themselves; they drop the error first or after.
        """
        if not self._ran_out(error):
            return False
        forget_frames(error)
        climbed = [rung.name for rung in self._relief(entry) if rung.climb()]
        for name in climbed:
            self._count(name)
        return True

    def _relief(self, entry: Entry) -> list[Rung]:
        device = self._books.device
        release = device.release_cached if device else lambda: None
        return [
            workspaces(release),
            Rung("idle models", lambda: self._room.evict_idle(entry.owner.memory)),
        ]

    def _ran_out(self, error: BaseException) -> bool:
        device = self._books.device
        return device is not None and device.is_out_of_memory(error)

    def _count(self, rung: str) -> None:
        with self._books.mutex:
            self._books.counters.out_of_memory[rung] += 1


class Host:
    """What an engine may ask of its memory. The registry sets it as ``engine.host`` once the engine
    is built, on engines that have the attribute; until then, and in tests, that is None.

    Args:
        entry: the engine's own.
        activations: tickets for working memory.
        recovery: what frees memory.
    """

    def __init__(self, entry: Entry, activations: Activations, recovery: Recovery) -> None:
        self._entry, self._activations, self._recovery = entry, activations, recovery

    def activation(
        self, size_bytes: int, timeout_s: float = ACTIVATION_WAIT_S
    ) -> AbstractContextManager[None]:
        """Charges the working memory of one batch; see ``Registry.activation``."""
        return self._activations.hold(self._entry, size_bytes, timeout_s)

    def relieve(self, error: BaseException) -> bool:
        """Frees memory after an error; whether trying again, or with less, may help."""
        return self._recovery.relieve(self._entry, error)


class _Rows:
    """How many rows the next attempt may read at once."""

    def __init__(self, most: int) -> None:
        self.most = most

    def limit(self, most: int) -> None:
        self.most = most
