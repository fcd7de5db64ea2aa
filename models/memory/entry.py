"""One model's bookkeeping, from the first wish for it until its bytes are free again."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from models.loading import ModelSpec, State
from models.residency import Occupant, held_until
from models.spec import Engine, Placement, Weights


@dataclass(frozen=True)
class Hold:
    """One claim on an entry.

    Attributes:
        taken_at: seconds of the registry's clock.
        due_at: when it was meant to be over. A hold that is overdue shows, and still holds.
    """

    taken_at: float
    due_at: float


@dataclass(eq=False)
class Entry:
    """One model; every field is guarded by the mutex of the books.

    Attributes:
        spec: which model.
        asked_at: when its load was asked for, in seconds of the registry's clock.
        phase_at: when it entered the phase it is in.
        future: done when the model is ready or its load failed.
        state: where it is on its way into memory or out of it.
        fraction: 0 to 1 within the phase, or None.
        note: what is going on, in words.
        engine: the built engine while it is ready.
        memory: name of the ledger that it is charged to; empty until it was placed.
        size_bytes: what is charged for it.
        copy_bytes: what its copy in pinned memory takes beside that, since it came back from there.
        placement: where it was built.
        weights: its files, once they were found.
        load_s: seconds from the wish to ready.
        build_s: seconds of building it or moving it back, which the next load will take again.
        ready_at: when it was ready.
        last_used: when the last claim ended, or the load.
        hits: claims that found it ready.
        last_hit: when the last of them came.
        claims: ticket -> the hold.
        built_at: what ``garbage.set_aside`` returned before it was built.
        pinned: whether somebody asked that it stays.
        generation: how often this model was ready before and including now.
        turn: held by a run of an engine that is not reentrant.
        merged_into: the entry that took over its claims, when it was to replace a draining one that
            could stay after all.
    """

    spec: ModelSpec
    asked_at: float
    phase_at: float
    future: Future[None] = field(default_factory=Future)
    state: State = State.QUEUED
    fraction: float | None = None
    note: str = ""
    engine: Engine | None = None
    memory: str = ""
    size_bytes: int = 0
    copy_bytes: int = 0
    placement: Placement | None = None
    weights: Weights | None = None
    load_s: float = 0.0
    build_s: float = 0.0
    ready_at: float = 0.0
    last_used: float = 0.0
    hits: int = 0
    last_hit: float = 0.0
    claims: dict[int, Hold] = field(default_factory=dict)
    built_at: int = 0
    pinned: bool = False
    generation: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)
    merged_into: Entry | None = None

    @property
    def owner(self) -> Entry:
        """The entry that has this one's claims now; itself as a rule."""
        return self.merged_into.owner if self.merged_into else self

    @property
    def revision(self) -> str:
        """What its files are; empty until they were found."""
        return self.weights.revision if self.weights else ""

    @property
    def resident(self) -> bool:
        """Whether its engine is there to be used."""
        return self.state in (State.READY, State.DRAINING)

    @property
    def busy(self) -> bool:
        """Whether it is in use, awaited, or on its way in or out."""
        return bool(self.claims) or not self.resident

    @property
    def evictable(self) -> bool:
        """Whether it may leave now."""
        return not self.busy and not self.pinned

    @property
    def gap_s(self) -> float:
        """Mean seconds between the claims that found it ready."""
        return (self.last_hit - self.ready_at) / self.hits if self.hits else float("inf")

    def occupant(self) -> Occupant:
        """What the planner needs to know of it."""
        return Occupant(
            key=self,
            size_bytes=self.size_bytes,
            last_used=self.last_used,
            busy=self.busy,
            pinned=self.pinned or self.state is State.LEAKED,
            fixed=not self.resident,
            draining=self.state is State.DRAINING,
            held_until=held_until(
                self.ready_at, self.build_s, self.last_used, self.gap_s, busy=self.busy
            ),
        )
