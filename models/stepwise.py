"""Turns a call that reports through callbacks into a generator.

Knows threads and nothing of images: libraries such as diffusers run their own loop and only call
back, while an engine's verb must yield. Threads are used again: on a GPU a picture of SDXL-Turbo's size took
0.29 s longer in a new thread each than in one that stays, where cuDNN keeps its plans (decision 74).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
#: Calls that may be under way at once; more than runs may be, since a call that waited would hold one up.
MOST_CALLS = 256
_threads = ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="stepwise")


class Left(Exception):
    """Raised inside the call by ``report`` when nobody reads the generator any more."""


@dataclass(frozen=True)
class _End:
    error: BaseException | None


def stepwise(call: Callable[[Callable[[T], None]], None]) -> Iterator[T]:
    """Runs ``call(report)`` in another thread and yields what it reports.

    Args:
        call: given ``report``, which hands one item over and raises ``Left`` once the generator
            was closed: the call should let that through, and so ends at its next report.

    Yields:
        The reported items, in order.

    Raises:
        BaseException: whatever the call raised, after the items reported before it.
    """
    mailbox: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
    closed = threading.Event()

    def report(item: T) -> None:
        if closed.is_set():
            raise Left
        mailbox.put(item)

    def work() -> None:
        error: BaseException | None = None
        try:
            call(report)
        except BaseException as caught:  # noqa: BLE001 - raised again in the reader's thread
            error = caught
        mailbox.put(_End(error))

    under_way = _threads.submit(work)
    try:
        while not isinstance(item := mailbox.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        closed.set()
        wait([under_way])
