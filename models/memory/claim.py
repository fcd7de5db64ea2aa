"""A caller's hold on a model: from the wish, through the load, to the end of the use."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext

from models.loading import Progress, Resident
from models.memory.books import Books
from models.memory.entry import Entry
from models.memory.views import describe, progress
from models.spec import Engine


class Claim:
    """Keeps a model from leaving. Made by ``Registry.claim`` only.

    Use as a context manager or call ``release`` exactly when done; releasing twice does no harm.
    """

    def __init__(self, books: Books, entry: Entry, ticket: int, was_ready: bool) -> None:
        self._books, self._asked, self._ticket = books, entry, ticket
        self._released = False
        self.was_ready = was_ready

    @property
    def future(self) -> Future[None]:
        """Done when the model is READY or its load failed; shared by all waiters: never cancel it."""
        return self._asked.future

    def progress(self) -> Progress:
        """Where the load is now."""
        return progress(self._books, self.entry)

    def wait(self, timeout_s: float | None = None) -> Engine:
        """Blocks until the model is ready.

        Raises:
            AppError: why the load failed.
            TimeoutError: after ``timeout_s`` seconds.
        """
        self.future.result(timeout_s)
        return self.engine

    @property
    def engine(self) -> Engine:
        """The built engine.

        Raises:
            RuntimeError: a fault of the caller: ``future`` is not done, or ended with an error.
        """
        engine = self.entry.engine
        if engine is None:
            raise RuntimeError(f"{self.entry.spec.card.id} is not ready")
        return engine

    @property
    def generation(self) -> int:
        """How often this model had been ready when this one was; a reload changes it."""
        return self.entry.generation

    @property
    def resident(self) -> Resident:
        """Facts about the model for the metrics line."""
        return describe(self._books, self.entry)

    def turn(self) -> AbstractContextManager[object]:
        """Exclusive use of an engine that is not reentrant; nothing for one that is."""
        return nullcontext() if self.engine.reentrant else self.entry.turn

    def release(self) -> None:
        """Lets go; the model may leave when nobody else holds it."""
        self._released = True
        self._books.give_back(self._asked, self._ticket)

    def __enter__(self) -> Engine:
        try:
            return self.wait()
        except BaseException:
            self.release()
            raise

    def __exit__(self, *_: object) -> None:
        self.release()

    def __del__(self) -> None:
        """A hold that was forgotten ends with its owner; a finalizer may only leave a note."""
        if not self._released:
            self._books.dropped.put((self._asked, self._ticket))

    @property
    def entry(self) -> Entry:
        """The registry's bookkeeping for it; for ``Registry`` only."""
        return self._asked.owner
