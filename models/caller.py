"""Who a run works for, and what its rows cost, from the event loop down to the batcher.

Carried by a context variable, so that an engine's verb passes nothing on: the runner sets it in the
thread that runs the verb, and ``models.batching`` reads it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What the batcher did for one run; written by the run's own thread only.

    Attributes:
        rows: rows of tokens that were asked for.
        shared: sum over them of the rows in the pass that each was in.
        wait_s: seconds that the run waited for passes to begin, the longest of each look-ahead.
        variant: which variant of the network read them; empty when none did.
    """

    rows: int = 0
    shared: int = 0
    wait_s: float = 0.0
    variant: str = ""

    @property
    def batch_rows(self) -> float:
        """Rows in the mean pass; 0 when nothing was batched."""
        return self.shared / self.rows if self.rows else 0.0


def _nothing(error: BaseException) -> bool:
    return False


@dataclass(frozen=True)
class Caller:
    """One run's identity.

    Attributes:
        user: passes are shared out in turn between users; an anonymous run is a user of its own.
        deadline: ``time.monotonic()`` after which its waiting rows are dropped; None for never.
        tally: what the batcher did for it.
        stands_for: how many users it is: one row may be a step for several (``models.decoding_steps``).
        relieve: told an error whose ``except`` was left: True when it was about memory and some was
            freed, so that trying again may help. See ``models.memory.recovery.Relief``.
    """

    user: object
    deadline: float | None = None
    tally: Tally = field(default_factory=Tally)
    stands_for: int = 1
    relieve: Callable[[BaseException], bool] = _nothing


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


def current() -> Caller | None:
    """The run that this thread or task works for."""
    return _caller.get()


def relieved(error: BaseException) -> bool:
    """Whether memory was freed for the run that this thread works for; see ``Caller.relieve``."""
    caller = current()
    return caller is not None and caller.relieve(error)


@contextmanager
def acting(caller: Caller) -> Iterator[None]:
    """Everything in this block works for ``caller``."""
    before = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(before)
