"""What is tried when memory runs out, one rung after another, each at most once.

    idle workspaces -> idle models -> a smaller dtype -> an error              in a load (``climb``)
    idle workspaces -> idle models -> half the rows -> one row -> an error     in a run (``recovery``)

The ``except`` is left before anything is tried: an error's frames keep the tensors of the attempt
alive, so nothing would become free while it is handled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from models.memory import garbage

T = TypeVar("T")


@dataclass(frozen=True)
class Rung:
    """One thing to try.

    Attributes:
        name: for the count in the telemetry.
        climb: does it; False when there was nothing to do, so that trying again would be in vain.
    """

    name: str
    climb: Callable[[], bool]


class OutOfRungs(Exception):
    """Raised when memory ran out after every rung."""


def climb(
    attempt: Callable[[], T],
    rungs: Iterable[Rung],
    ran_out: Callable[[BaseException], bool],
    count: Callable[[str], None],
) -> T:
    """The attempt's outcome, with another try after each rung that changed something.

    Args:
        attempt: the work; it may read what a rung has changed.
        rungs: in order.
        ran_out: whether an error means that memory did not suffice.
        count: told the name of every rung that was climbed.

    Raises:
        OutOfRungs: when memory ran out again after the last of them.
    """
    left: Iterator[Rung] = iter(rungs)
    while True:
        outcome = _try(attempt, ran_out)
        if outcome is not None:
            return outcome[0]
        rung = next((rung for rung in left if rung.climb()), None)
        if rung is None:
            raise OutOfRungs
        count(rung.name)


def forget_frames(error: BaseException | None) -> None:
    """Drops the frames of an error and of those it came from: they hold half-made tensors."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def workspaces(release: Callable[[], None]) -> Rung:
    """The first rung: garbage and what the device keeps in its cache."""

    def free() -> bool:
        garbage.collect()
        release()
        return True

    return Rung("idle workspaces", free)


def _try(attempt: Callable[[], T], ran_out: Callable[[BaseException], bool]) -> tuple[T] | None:
    try:
        return (attempt(),)
    except Exception as error:
        if not ran_out(error):
            raise
        forget_frames(error)
    return None
