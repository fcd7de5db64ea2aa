"""One model's bookkeeping, from the first wish for it until its bytes are free again."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from models.loading import ModelSpec, State
from models.spec import Engine, Placement


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
        size_bytes: what is charged for it.
        placement: where it was built.
        revision: what its files are.
        load_s: seconds from the wish to ready.
        last_used: when the last claim ended, or the load.
        hits: claims that found it ready.
        claims: ticket -> when it was taken.
        pinned: whether somebody asked that it stays.
        generation: how often it was built.
        turn: held by a run of an engine that is not reentrant.
    """

    spec: ModelSpec
    asked_at: float
    phase_at: float
    future: Future[None] = field(default_factory=Future)
    state: State = State.QUEUED
    fraction: float | None = None
    note: str = ""
    engine: Engine | None = None
    size_bytes: int = 0
    placement: Placement | None = None
    revision: str = ""
    load_s: float = 0.0
    last_used: float = 0.0
    hits: int = 0
    claims: dict[int, float] = field(default_factory=dict)
    pinned: bool = False
    generation: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def busy(self) -> bool:
        """Whether it is in use, awaited, or on its way in or out."""
        return bool(self.claims) or self.state is not State.READY

    @property
    def evictable(self) -> bool:
        """Whether it may leave now."""
        return not self.busy and not self.pinned
