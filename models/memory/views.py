"""The books as others may see them: plain values, taken under the mutex and safe to keep."""

from __future__ import annotations

from models.loading import Progress, Resident, State
from models.memory.books import Books
from models.memory.entry import Entry
from models.telemetry import Lease, MemoryUse, Telemetry


def progress(books: Books, entry: Entry) -> Progress:
    """Where a load is now."""
    with books.mutex:
        return Progress(entry.state, entry.fraction, entry.note, books.clock() - entry.asked_at)


def describe(books: Books, entry: Entry) -> Resident:
    """Facts about one model."""
    now = books.clock()
    with books.mutex:
        oldest = min(entry.claims.values(), default=now)
        return Resident(
            card=entry.spec.card,
            state=entry.state,
            size_bytes=entry.size_bytes,
            placement=entry.placement,
            revision=entry.revision,
            load_s=entry.load_s,
            hits=entry.hits,
            claims=len(entry.claims),
            pinned=entry.pinned,
            idle_s=0.0 if entry.claims else now - entry.last_used,
            oldest_claim_s=now - oldest,
            key=entry.spec.key,
        )


def residents(books: Books) -> list[Resident]:
    """Every model that is loading, ready or leaked, most recently used first."""
    with books.mutex:
        entries = [*books.entries.values(), *books.leaving()]
        return [describe(books, e) for e in sorted(entries, key=lambda e: -e.last_used)]


def telemetry(books: Books) -> Telemetry:
    """Counts and the state of this moment. Asks the device before it takes the mutex."""
    measured = books.device.used_bytes() if books.device else 0
    with books.mutex:
        now, counters = books.clock(), books.counters
        loading = [e for e in books.entries.values() if e.state is not State.READY]
        waits = [now - at for entry in loading for at in entry.claims.values()]
        return Telemetry(
            loads=counters.loads,
            hits=counters.hits,
            joins=counters.joins,
            misses=counters.misses,
            phases=dict(counters.phases),
            evictions=dict(counters.evictions),
            failures=dict(counters.failures),
            out_of_memory=dict(counters.out_of_memory),
            memories=(_memory(books, measured),) if books.device else (),
            leases=_leases(books, now),
            waiting=len(waits),
            oldest_wait_s=max(waits, default=0.0),
            in_line=len(books.line),
            oldest_in_line_s=max((now - e.phase_at for e in books.line), default=0.0),
        )


def _memory(books: Books, measured: int) -> MemoryUse:
    return MemoryUse(
        name=books.device.name if books.device else "",
        budget_bytes=books.budget_bytes or 0,
        models_bytes=sum(occupant.size_bytes for occupant in books.occupants()),
        leaked_bytes=sum(e.size_bytes for e in books.leaving() if e.state is State.LEAKED),
        measured_bytes=measured,
    )


def _leases(books: Books, now: float) -> tuple[Lease, ...]:
    found = [
        Lease(entry.spec.card.id, entry.generation, now - at)
        for entry in books.entries.values()
        if entry.state is State.READY
        for at in entry.claims.values()
    ]
    return tuple(sorted(found, key=lambda lease: -lease.age_s))
