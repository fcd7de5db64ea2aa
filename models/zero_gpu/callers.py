"""Whose quota a run is charged to: the visitor's, whom the ``spaces`` package reads from the context."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import Context, copy_context
from typing import Any

from models.runs import R, Verb
from models.stop import StopToken


def carried(verb: Verb[R]) -> Verb[R]:
    """The verb, to be run by a worker thread in the context of whoever asks for it now."""
    context = copy_context()

    def run(engine: Any, stop: StopToken) -> R | Iterator[R]:
        outcome = context.run(verb, engine, stop)
        return _stepped(context, outcome) if isinstance(outcome, Iterator) else outcome

    return run


def _stepped(context: Context, snapshots: Iterator[R]) -> Iterator[R]:
    """Takes each step of a generator inside the context; closing it closes the generator there."""
    end = object()
    try:
        while (snapshot := context.run(next, snapshots, end)) is not end:
            yield snapshot  # type: ignore[misc]
    finally:
        close = getattr(snapshots, "close", None)
        if close is not None:
            context.run(close)
