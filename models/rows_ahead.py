"""Works on the next rows of a long list while earlier ones are read, and gives them in their order.

An engine that shares its passes (``models.batching``) reads sixteen rows in little more than the time
of one, but only when they wait at the same time: so several threads ask for a row each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from models.caller import Caller, Tally, acting, current

#: Rows that are worked on at once where an engine shares its passes.
WIDTH = 16
RowT = TypeVar("RowT")
OutT = TypeVar("OutT")


def in_order(
    rows: Iterable[RowT], work: Callable[[RowT], OutT], width: int = WIDTH
) -> Iterator[tuple[RowT, Callable[[], OutT]]]:
    """Each row with a call that gives its outcome or raises what ``work`` raised, in order.

    At most twice ``width`` rows are ahead of the one that is yielded. Leaving early drops those
    that have not begun; ``work`` must end by itself when it is asked to.

    Args:
        rows: taken one by one, in the caller's thread.
        work: called in threads, each row once; in the caller's own thread when ``width`` is 1.
        width: rows at once, >= 1.
    """
    if width == 1:
        for row in rows:
            yield row, lambda row=row: work(row)  # type: ignore[misc]
        return
    caller = current() or Caller(object())
    waiting: deque[tuple[RowT, Future[tuple[OutT, Tally]]]] = deque()
    with ThreadPoolExecutor(width, thread_name_prefix="row") as pool:
        try:
            for row in rows:
                waiting.append((row, pool.submit(_alone, work, row, caller)))
                if len(waiting) >= 2 * width:
                    yield _next(waiting, caller)
            while waiting:
                yield _next(waiting, caller)
        finally:
            for _, future in waiting:
                future.cancel()


def _alone(work: Callable[[RowT], OutT], row: RowT, caller: Caller) -> tuple[OutT, Tally]:
    """One row in a thread of its own, for the same user, with a tally that no other thread writes."""
    tally = Tally()
    with acting(Caller(caller.user, caller.deadline, tally)):
        return work(row), tally


def _next(
    waiting: deque[tuple[RowT, Future[tuple[OutT, Tally]]]], caller: Caller
) -> tuple[RowT, Callable[[], OutT]]:
    row, future = waiting.popleft()

    def outcome() -> OutT:
        value, tally = future.result()
        caller.tally.rows += tally.rows
        caller.tally.shared += tally.shared
        caller.tally.wait_s += tally.wait_s
        caller.tally.variant = tally.variant or caller.tally.variant
        return value

    return row, outcome
