"""Shares the passes of a network among everybody who waits: a micro-batcher, one executor a device.

Drain on free: when the executor is free it takes what waits at that moment and never waits for more,
and a caller who finds nobody there reads a lone short row in a thread of its own. What goes together is
decided by ``models.batching_line``. A pass that fails is read again once memory was freed, where it ran
out, and then in halves, so an error reaches only the rows it belongs to. An engine makes a ``Lane`` for
each operation and calls ``Lane.read``.
Knows no torch: a lane's ``run`` does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Generic, TypeVar

from models.batching_executor import Executor, Ticket, executor_of
from models.caller import Caller, current
from models.stop import NEVER, StopToken

#: Rows of one caller that may wait at once: memory stays flat, and the executor has enough to join.
AHEAD = 32
#: Tokens of a lone row that its caller may read in a thread of its own. A longer pass hides what a
#: hand-over costs, and gains by cores that are kept warm for the executor's thread alone.
LIGHT = 64
#: A pass is meant to last at most this many seconds: Stop and other users wait no longer.
PASS_S = 0.25
#: Tokens of a pass: never fewer (a larger pass is no faster on a CPU beyond these), never more.
LEAST_TOKENS, MOST_TOKENS = 512, 16_384
RowT = TypeVar("RowT", bound=Hashable)
OutT = TypeVar("OutT")


class Lane(Generic[RowT, OutT]):
    """One operation of one model.

    Args:
        run: rows, shortest first, to as many results; called in one thread at a time. An equal
            row must give an equal result, whatever stands beside it.
        length: tokens of a row, >= 1.
        device: torch device string: lanes of one device share its executor.
        pads: whether rows of different lengths may share a pass.
        max_rows: rows of a pass.
    """

    def __init__(
        self,
        run: Callable[[Sequence[RowT]], Sequence[OutT]],
        length: Callable[[RowT], int],
        device: str,
        *,
        pads: bool = True,
        max_rows: int = 64,
    ) -> None:
        self.run, self.length, self.device = run, length, device
        self.pads, self.max_rows = pads, max_rows
        self.max_tokens = LEAST_TOKENS

    def read(self, rows: Iterable[RowT], stop: StopToken = NEVER) -> Iterator[OutT]:
        """The result of each row, in order; at most ``AHEAD`` of them wait at a time.

        Raises:
            Stopped: Stop was asked for.
            Busy: the run's deadline passed while a row waited.
        """
        executor, caller = executor_of(self.device), current() or Caller(object())
        coming = iter(rows)
        first = list(islice(coming, 2))
        if len(first) == 1 and self._light(first[0]):
            stop.check()
            if found := executor.at_once(self, first[0], caller):
                stop.check()
                yield found[0]
                return
        yield from self._in_line(executor, chain(first, coming), caller, stop)

    def _light(self, row: RowT) -> bool:
        """Whether a lone row may be read in its caller's thread. On a GPU all passes are the executor's:
        cuBLAS keeps a workspace for each thread that ever computed, on an H100 35 MB."""
        return self.length(row) <= LIGHT and not self.device.startswith("cuda")

    def _in_line(
        self, executor: Executor, rows: Iterable[RowT], caller: Caller, stop: StopToken
    ) -> Iterator[OutT]:
        waiting: deque[Ticket] = deque()
        try:
            for row in rows:
                stop.check()
                waiting.append(executor.ask(self, row, caller, stop, ring=bool(waiting)))
                if len(waiting) >= AHEAD:
                    yield waiting.popleft().result(caller.tally)
            if len(waiting) == 1:
                executor.ring()
            while waiting:
                yield waiting.popleft().result(caller.tally)
        finally:
            for ticket in waiting:
                ticket.leave()
            if waiting:
                executor.ring()

    def one(self, row: RowT, stop: StopToken = NEVER) -> OutT:
        """The result of one row; see ``read``."""
        return next(self.read([row], stop))

    def learn(self, tokens: int, seconds: float) -> None:
        """Sets ``max_tokens`` by what a pass took; small passes tell nothing."""
        if tokens >= LEAST_TOKENS // 2:
            fitting = int(tokens * PASS_S / max(seconds, 1e-6))
            self.max_tokens = min(MOST_TOKENS, max(LEAST_TOKENS, (self.max_tokens + fitting) // 2))
