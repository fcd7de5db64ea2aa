"""The out-of-memory ladder of runs: what is freed when memory runs out while an engine computes; and what
an engine may ask of its memory before.

What runs again, and with how much less, is decided where the rows are: in the batcher for passes
(``models.batching_executor``), in ``models.decoding_steps`` for what is written in steps, and in
``models.run_underway`` for verbs that compute by themselves.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from models.memory.activations import ACTIVATION_WAIT_S, Activations
from models.memory.books import Books
from models.memory.entry import Entry
from models.memory.ladder import Rung, forget_frames, workspaces
from models.memory.room import Room


class Relief:
    """What one run may have freed for it: each rung once, one at a time.

    Args:
        entry: the model that computes; the caller holds it.
        books: where rungs are counted.
        room: what evicts idle models.
    """

    def __init__(self, entry: Entry, books: Books, room: Room) -> None:
        self._entry, self._books, self._room = entry, books, room
        self._left = iter(
            [workspaces(self._release), Rung("idle models", self._evict)],
        )

    def __call__(self, error: BaseException) -> bool:
        """Climbs the next rung that has something to do; whether there was one.

        Args:
            error: what the run met; nothing is done where it was not about memory. Its frames are
                dropped, since they hold the tensors of the attempt: leave the ``except`` first.
        """
        device = self._books.device
        if device is None or not device.is_out_of_memory(error):
            return False
        forget_frames(error)
        rung = next((rung for rung in self._left if rung.climb()), None)
        with self._books.mutex:
            self._books.counters.out_of_memory[rung.name if rung else "given up"] += 1
        return rung is not None

    def _release(self) -> None:
        if self._books.device is not None:
            self._books.device.release_cached()

    def _evict(self) -> bool:
        return self._room.evict_idle(self._entry.owner.memory)


class Host:
    """What an engine may ask of its memory. The registry sets it as ``engine.host`` once the engine
    is built, on engines that have the attribute; until then, and in tests, that is None.

    Args:
        entry: the engine's own.
        activations: tickets for working memory.
    """

    def __init__(self, entry: Entry, activations: Activations) -> None:
        self._entry, self._activations = entry, activations

    def activation(
        self, size_bytes: int, timeout_s: float = ACTIVATION_WAIT_S
    ) -> AbstractContextManager[None]:
        """Charges the working memory of one batch; see ``Registry.activation``."""
        return self._activations.hold(self._entry, size_bytes, timeout_s)
