"""Turns a call that reports through callbacks into a generator.

Knows threads and nothing of images: libraries such as diffusers run their own loop and only call
back, while an engine's verb must yield.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class Left(Exception):
    """Raised inside the call by ``report`` when nobody reads the generator any more."""


@dataclass(frozen=True)
class _End:
    error: BaseException | None


def stepwise(call: Callable[[Callable[[T], None]], None]) -> Iterator[T]:
    """Runs ``call(report)`` in a thread of its own and yields what it reports.

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

    thread = threading.Thread(target=work, name="stepwise", daemon=True)
    thread.start()
    try:
        while not isinstance(item := mailbox.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        closed.set()
        thread.join()
