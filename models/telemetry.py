"""What the registry can tell about itself, as plain frozen values: counted, timed, in bytes.

Taken by ``Registry.telemetry()``; whoever shows it (the Models tab, a metrics endpoint, a health
answer, a benchmark) needs nothing else. Knows no torch, no locks and no format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PhaseTotal:
    """How often a phase of loading ended, and how long it took in all.

    Attributes:
        count: loads that went through the phase, failed ones included.
        seconds: their sum.
    """

    count: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class MemoryUse:
    """One memory that models live in.

    Attributes:
        name: torch device string, ``cpu`` or ``cuda:0``; ``pinned`` for copies parked in host memory.
        budget_bytes: what models and their runs may take; 0 until the first load has asked.
        models_bytes: charged for models that are loading, ready or leaving, leaked ones included.
        activations_bytes: charged for the working memory of runs.
        leaked_bytes: the part of ``models_bytes`` that belongs to evicted models which somebody
            still refers to.
        measured_bytes: what the process really takes there: resident memory on a CPU, allocated
            tensors on a GPU; 0 where nothing measures it.
        alone: runs that were let in alone although they did not fit beside their model.
    """

    name: str
    budget_bytes: int
    models_bytes: int
    activations_bytes: int = 0
    leaked_bytes: int = 0
    measured_bytes: int = 0
    alone: int = 0

    @property
    def charged_bytes(self) -> int:
        """Everything charged against the budget."""
        return self.models_bytes + self.activations_bytes


@dataclass(frozen=True)
class Lease:
    """One hold on a ready model.

    Attributes:
        model: the model's id.
        generation: how often the model had been built when the hold was taken.
        age_s: seconds since it was taken.
        overdue: whether it is older than it was meant to become. It still keeps the model.
    """

    model: str
    generation: int
    age_s: float
    overdue: bool = False


@dataclass(frozen=True)
class Telemetry:
    """Counts since the process started, and the state of this moment.

    Attributes:
        loads: loads that ended in a ready model.
        hits: claims that found their model ready.
        joins: claims that joined a load which somebody else had started.
        misses: claims that started a load.
        phases: phase (a value of ``State``) -> how often and how long.
        evictions: reason -> models that left: ``room`` for another model, ``asked`` by a person,
            ``out of memory``.
        failures: class name of the error -> loads that ended with it.
        out_of_memory: rung of the ladder -> how often it was climbed.
        memories: every memory that is in use.
        leases: every hold on a ready model, oldest first.
        waiting: claims whose model is not ready.
        oldest_wait_s: age of the oldest of them, however good its reason (a download).
        in_line: loads and runs that wait for memory.
        oldest_in_line_s: age of the oldest of those: what starvation would show in.
        draining: models that take no newcomers, because a load waits for their room.
    """

    loads: int = 0
    hits: int = 0
    joins: int = 0
    misses: int = 0
    phases: Mapping[str, PhaseTotal] = field(default_factory=dict)
    evictions: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    out_of_memory: Mapping[str, int] = field(default_factory=dict)
    memories: tuple[MemoryUse, ...] = ()
    leases: tuple[Lease, ...] = ()
    waiting: int = 0
    oldest_wait_s: float = 0.0
    in_line: int = 0
    oldest_in_line_s: float = 0.0
    draining: int = 0
