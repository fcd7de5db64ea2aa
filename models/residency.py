"""Decides who may stay in memory: admission and eviction as pure functions over bytes.

Knows no torch, no locks and no clock: the registry passes in what it sees and acts on the plan.
Policy: least recently used first over idle, unpinned models, then the smallest subset of those that
suffices. Bytes are counted, never models: that alone saves reloads (docs/decisions/0003-bytes.md).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Occupant:
    """A model that holds memory now.

    Attributes:
        key: its identity in the registry.
        size_bytes: bytes charged for it, >= 0.
        last_used: seconds on any monotonic clock.
        busy: leased, awaited, or still being built: it can't leave now, but may later.
        pinned: it can't leave until somebody unpins it; a leaked model counts as pinned.
    """

    key: Hashable
    size_bytes: int
    last_used: float
    busy: bool = False
    pinned: bool = False


class Verdict(Enum):
    """What the registry should do with a model that wants in."""

    ADMIT = "there is room now"
    EVICT = "there is room once the named models have left"
    WAIT = "there will be room when busy models become idle"
    NEVER = "it can't fit, even with everything else gone"


@dataclass(frozen=True)
class Plan:
    """The decision.

    Attributes:
        verdict: what to do.
        evict: keys to unload, in order; empty unless the verdict is EVICT.
        missing_bytes: how much is lacking when the verdict is WAIT or NEVER, else 0.
    """

    verdict: Verdict
    evict: tuple[Hashable, ...] = ()
    missing_bytes: int = 0


def plan(needed_bytes: int, budget_bytes: int, occupants: Sequence[Occupant]) -> Plan:
    """Finds room for ``needed_bytes`` under ``budget_bytes``.

    Args:
        needed_bytes: estimate for the newcomer, >= 0.
        budget_bytes: what all models together may use.
        occupants: everything charged now, reservations of other newcomers included (as busy).
    """
    free = budget_bytes - sum(occupant.size_bytes for occupant in occupants)
    if needed_bytes <= free:
        return Plan(Verdict.ADMIT)
    idle = [o for o in occupants if not o.busy and not o.pinned]
    movable = sum(o.size_bytes for o in idle)
    if needed_bytes <= free + movable:
        return Plan(Verdict.EVICT, tuple(o.key for o in _victims(needed_bytes - free, idle)))
    later = sum(o.size_bytes for o in occupants if not o.pinned)
    verdict = Verdict.WAIT if needed_bytes <= free + later else Verdict.NEVER
    return Plan(verdict, missing_bytes=needed_bytes - free - movable)


def _victims(short_bytes: int, idle: Sequence[Occupant]) -> list[Occupant]:
    """Oldest first until ``short_bytes`` are covered, then without the ones that prove needless."""
    chosen: list[Occupant] = []
    for occupant in sorted(idle, key=lambda o: o.last_used):
        if sum(o.size_bytes for o in chosen) >= short_bytes:
            break
        chosen.append(occupant)
    for occupant in sorted(chosen, key=lambda o: o.last_used, reverse=True):
        if sum(o.size_bytes for o in chosen) - occupant.size_bytes >= short_bytes:
            chosen.remove(occupant)
    return chosen
