"""A run for a client of OpenAI's API that may hang up: then nobody's answer is made to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar, cast

from models.errors import Stopped
from models.runs import Snapshot
from models.spec import Result

R = TypeVar("R", bound=Result)


async def awaited(
    updates: AsyncIterator[Snapshot[R]], gone: Callable[[], Awaitable[bool]]
) -> Snapshot[R]:
    """The last of a run's snapshots.

    Args:
        updates: of the run, which ends when they are read no further.
        gone: whether nobody waits for them any more.

    Raises:
        Stopped: then, and when there was none.
    """
    last: Snapshot[R] | None = None
    async with aclosing(cast(Any, updates)):
        async for update in updates:
            last = update
            if await gone():
                raise Stopped
    if last is None:
        raise Stopped
    return last
