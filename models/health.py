"""Whether the app is well: nobody starves, every worker lives, the event loop keeps up.

An answer that only says "the process is up" stays green while requests starve. This one looks at
what a visitor would feel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from models.batching_executor import executors
from models.loop_lag import LoopLag
from models.service import Service


@dataclass(frozen=True)
class Limits:
    """What is still well.

    Attributes:
        wait_s: age of the oldest waiter. Above ``ROOM_WAIT_S``, after which a load gives up by
            itself, so that only starvation gets there.
        lag_s: longest lag of the event loop in the last minute.
    """

    wait_s: float = 300.0
    lag_s: float = 2.0


@dataclass(frozen=True)
class Health:
    """The answer.

    Attributes:
        reasons: what is wrong, as sentences; empty when all is well.
        oldest_wait_s: age of the oldest waiter for memory, for a worker or for a pass.
        loop_lag_s: longest lag of the event loop in the last minute.
    """

    reasons: tuple[str, ...]
    oldest_wait_s: float
    loop_lag_s: float

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.reasons


def examine(service: Service, lag: LoopLag, limits: Limits | None = None) -> Health:
    """Looks at the service and the event loop now; never waits."""
    limits = limits or Limits()
    waits = {
        "memory": service.registry.telemetry().oldest_in_line_s,
        "a worker": service.runner.counts.figures().oldest_wait_s,
        "a pass of the batcher": max((line.waiting[1] for line in executors()), default=0.0),
    }
    worst = lag.worst_s
    reasons = [
        f"A run has waited {age:.0f} s for {what}; {limits.wait_s:.0f} s is the limit."
        for what, age in waits.items()
        if age > limits.wait_s
    ]
    if worst > limits.lag_s:
        reasons.append(
            f"The event loop was late by {worst:.1f} s; {limits.lag_s:g} s is the limit."
        )
    return Health((*reasons, *_dead(service)), max(waits.values()), worst)


def _dead(service: Service) -> Iterator[str]:
    for line in executors():
        if not line.alive:
            yield f"The worker thread of {line.device} has died."
    if not service.runner.alive:
        yield "The runner takes no more runs."
