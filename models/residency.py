"""Decides who may stay in memory: admission and eviction as pure functions over bytes.

Knows no torch, no locks and no clock: the registry passes in what it sees and acts on the plan.
Policy: least recently used first over idle, unpinned models, then the smallest subset of those that
suffices. Bytes are counted, never models: that alone saves reloads (docs/decisions/0003-bytes.md).
A model that was loaded a moment ago is held for a while, so that two models which do not fit
together take turns instead of pushing each other out at every request
(docs/decisions/0022-taking-turns.md).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

#: A busy model serves newcomers for at least this many times what loading it took: so at most a
#: third of the time goes into loading when two models take turns.
RESIDENCE_LOADS = 2.0
#: However long the load took, nobody waits longer than this for a turn, in seconds.
RESIDENCE_MAX_S = 60.0


@dataclass(frozen=True)
class Occupant:
    """Something that holds memory now.

    Attributes:
        key: its identity in the registry.
        size_bytes: bytes charged for it, >= 0.
        last_used: seconds on any monotonic clock.
        busy: leased, awaited, or still being built: it can't leave now, but may later.
        pinned: it can't leave until somebody unpins it; a leaked model counts as pinned.
        fixed: busy with something that new claims have no part in (a build, a run's working
            memory): refusing newcomers would not free it.
        draining: it refuses newcomers already.
        held_until: it is to stay until then, on the clock of ``last_used``.
    """

    key: Hashable
    size_bytes: int
    last_used: float
    busy: bool = False
    pinned: bool = False
    fixed: bool = False
    draining: bool = False
    held_until: float = 0.0


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
        drain: keys that shall take no newcomers, so that they become idle; only with WAIT.
        short_bytes: how much is lacking as things are; 0 with ADMIT.
        missing_bytes: how much would be lacking with every idle model gone; with WAIT and NEVER.
        spare_bytes: what others may take now without delaying this newcomer.
    """

    verdict: Verdict
    evict: tuple[Hashable, ...] = ()
    drain: tuple[Hashable, ...] = ()
    short_bytes: int = 0
    missing_bytes: int = 0
    spare_bytes: int = 0


def plan(
    needed_bytes: int, budget_bytes: int, occupants: Sequence[Occupant], now: float = float("inf")
) -> Plan:
    """Finds room for ``needed_bytes`` under ``budget_bytes``.

    Args:
        needed_bytes: estimate for the newcomer, >= 0.
        budget_bytes: what all models and runs together may use.
        occupants: everything charged now, reservations of other newcomers included (as busy).
        now: what ``held_until`` is compared with.
    """
    free = budget_bytes - sum(occupant.size_bytes for occupant in occupants)
    short = needed_bytes - free
    if short <= 0:
        return Plan(Verdict.ADMIT, spare_bytes=-short)
    idle = [o for o in occupants if not (o.busy or o.pinned) and o.held_until <= now]
    if short <= _total(idle):
        return Plan(Verdict.EVICT, _keys(_victims(short, idle, _oldest)), short_bytes=short)
    missing = short - _total(idle)
    if short > _total(o for o in occupants if not o.pinned):
        return Plan(Verdict.NEVER, short_bytes=short, missing_bytes=missing)
    movable = [o for o in occupants if not (o.pinned or o.fixed)]
    if short > _total(movable):
        return Plan(Verdict.WAIT, short_bytes=short, missing_bytes=missing)
    chosen = _victims(short, movable, _least_disturbing)
    drain = _keys([o for o in chosen if (o.busy or o.draining) and o.held_until <= now])
    spare = max(0, min(free, _total(chosen) - short))
    return Plan(Verdict.WAIT, (), drain, short, missing, spare)


def held_until(
    ready_at: float, load_s: float, last_used: float, gap_s: float, *, busy: bool
) -> float:
    """Until when a resident is not to be pushed out for a newcomer.

    A busy one stays ``RESIDENCE_LOADS`` times its load, counted from when it was ready. An idle one
    stays within that time only while its next user may be expected sooner than a reload takes: twice
    the mean gap between those who came, at most one load time, after the last use.

    Args:
        ready_at: when it was ready.
        load_s: what building it took, in seconds.
        last_used: when the last use ended.
        gap_s: mean time between claims since it was ready; ``inf`` when there was none.
        busy: whether somebody holds it.
    """
    residence = ready_at + min(RESIDENCE_LOADS * load_s, RESIDENCE_MAX_S)
    if busy:
        return residence
    return min(residence, last_used + min(2 * gap_s, load_s)) if gap_s < load_s else 0.0


def _total(occupants: Iterable[Occupant]) -> int:
    return sum(o.size_bytes for o in occupants)


def _keys(occupants: Sequence[Occupant]) -> tuple[Hashable, ...]:
    return tuple(o.key for o in occupants)


def _oldest(occupant: Occupant) -> tuple[float, ...]:
    return (occupant.last_used,)


def _least_disturbing(occupant: Occupant) -> tuple[float, ...]:
    """Those that refuse newcomers already, then idle ones, then the least recently used."""
    return (not occupant.draining, occupant.busy, occupant.last_used)


def _victims(
    short_bytes: int, movable: Sequence[Occupant], order: Callable[[Occupant], tuple[float, ...]]
) -> list[Occupant]:
    """First come first chosen until ``short_bytes`` are covered, then without needless ones."""
    chosen: list[Occupant] = []
    for occupant in sorted(movable, key=order):
        if _total(chosen) >= short_bytes:
            break
        chosen.append(occupant)
    for occupant in sorted(chosen, key=order, reverse=True):
        if _total(chosen) - occupant.size_bytes >= short_bytes:
            chosen.remove(occupant)
    return chosen
