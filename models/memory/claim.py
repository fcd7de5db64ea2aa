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
        self._books, self._entry, self._ticket = books, entry, ticket
        self.was_ready = was_ready

    @property
    def future(self) -> Future[None]:
        """Done when the model is READY or its load failed; shared by all waiters: never cancel it."""
        return self._entry.future

    def progress(self) -> Progress:
        """Where the load is now."""
        return progress(self._books, self._entry)

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
        return describe(self._books, self._entry)

    def turn(self) -> AbstractContextManager[object]:
        """Exclusive use of an engine that is not reentrant; nothing for one that is."""
        return nullcontext() if self.engine.reentrant else self._entry.turn

    def release(self) -> None:
        """Lets go; the model may leave when nobody else holds it."""
        self._books.return_ticket(self._entry, self._ticket)

    def __enter__(self) -> Engine:
        try:
            return self.wait()
        except BaseException:
            self.release()
            raise

    def __exit__(self, *_: object) -> None:
        self.release()
