"""The books as others may see them: plain values, taken under the mutex and safe to keep."""

from __future__ import annotations

from models.device import Device
from models.host_memory import process_memory_bytes
from models.loading import Progress, Resident, State
from models.memory.books import Books
from models.memory.entry import Entry
from models.memory.ledger import Ledger, bytes_of
from models.telemetry import Lease, MemoryUse, Telemetry
from models.variant_seats import computing


def progress(books: Books, entry: Entry) -> Progress:
    """Where a load is now."""
    with books.mutex:
        entry = entry.owner
        return Progress(entry.state, entry.fraction, entry.note, books.clock() - entry.asked_at)


def describe(books: Books, entry: Entry) -> Resident:
    """Facts about one model."""
    now, entry = books.clock(), entry.owner
    with books.mutex:
        oldest = min((hold.taken_at for hold in entry.claims.values()), default=now)
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
            variant=computing(entry.engine),
        )


def residents(books: Books) -> list[Resident]:
    """Every model that is loading, ready, parked or leaked, most recently used first."""
    with books.mutex:
        books.collect_dropped()
        entries = sorted(books.charged(), key=lambda e: -e.last_used)
        return [describe(books, entry) for entry in entries]


def telemetry(books: Books) -> Telemetry:
    """Counts and the state of this moment. Asks the device before it takes the mutex."""
    measured = measure(books.device) if books.device else {}
    with books.mutex:
        books.collect_dropped()
        now, counters, charged = books.clock(), books.counters, books.charged()
        awaited = [e for e in books.entries.values() if not e.resident]
        waits = [now - hold.taken_at for e in awaited for hold in e.claims.values()]
        ledgers = books.ledgers.values()
        in_line = [now - since for g in ledgers for since in g.waiting_since]
        return Telemetry(
            loads=counters.loads,
            hits=counters.hits,
            joins=counters.joins,
            misses=counters.misses,
            phases=dict(counters.phases),
            evictions=dict(counters.evictions),
            failures=dict(counters.failures),
            out_of_memory=dict(counters.out_of_memory),
            memories=tuple(_memory(g, charged, measured.get(g.name, 0)) for g in ledgers),
            leases=_leases(charged, now),
            waiting=len(waits),
            oldest_wait_s=max(waits, default=0.0),
            in_line=len(in_line),
            oldest_in_line_s=max(in_line, default=0.0),
            draining=sum(e.state is State.DRAINING for e in charged),
        )


def measure(device: Device) -> dict[str, int]:
    """What the process takes of each memory, in bytes."""
    return {"cpu": process_memory_bytes(), device.name: device.used_bytes()}


def _memory(ledger: Ledger, charged: list[Entry], measured: int) -> MemoryUse:
    here = [e for e in charged if e.memory == ledger.name]
    return MemoryUse(
        name=ledger.name,
        budget_bytes=ledger.budget_bytes,
        models_bytes=sum(bytes_of(e, ledger.name) for e in charged),
        activations_bytes=ledger.activation_bytes,
        leaked_bytes=sum(e.size_bytes for e in here if e.state is State.LEAKED),
        measured_bytes=measured,
        alone=ledger.lone,
    )


def _leases(charged: list[Entry], now: float) -> tuple[Lease, ...]:
    found = [
        Lease(e.spec.card.id, e.generation, now - hold.taken_at, now > hold.due_at)
        for e in charged
        if e.resident
        for hold in e.claims.values()
    ]
    return tuple(sorted(found, key=lambda lease: -lease.age_s))
