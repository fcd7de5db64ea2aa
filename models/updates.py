"""What a caller hears of a run: the load, the wait, results as they grow, and what it cost.

Plain values; ``models.runs`` makes them, the page and the endpoints show them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from models.loading import Progress
from models.spec import Result

R = TypeVar("R", bound=Result)


@dataclass(frozen=True)
class Metrics:
    """What a run cost, for the metrics line and the API.

    Attributes:
        model: the model's id.
        title: its human name.
        device: torch device string.
        dtype: torch dtype name.
        reason: why this device and dtype.
        load_s: seconds this run waited for the model; 0 when it was resident.
        queue_s: seconds it waited for a free worker.
        run_s: seconds inside the verb.
        amount: work done, in ``unit``.
        unit: plural noun.
        memory_bytes: what the model occupies.
        variant: which variant of the network computed, such as ``torch float32``; empty for
            engines that have one only.
        batch_rows: rows in the mean pass that this run's rows shared with others'; 0 without passes.
        batch_wait_s: the longest that rows of this run waited for their pass, in seconds.
        peak_bytes: what the run took beyond that at its peak; 0 where it is not known, as when other
            runs or loads were under way, see ``models.peaks``.
        first_s: seconds inside the verb until the first unit of work; 0 where that says nothing.
    """

    model: str
    title: str
    device: str
    dtype: str
    reason: str
    load_s: float
    queue_s: float
    run_s: float
    amount: float
    unit: str
    memory_bytes: int
    variant: str = ""
    batch_rows: float = 0.0
    batch_wait_s: float = 0.0
    peak_bytes: int = 0
    first_s: float = 0.0

    @property
    def throughput(self) -> float:
        """``unit`` per second; 0 when nothing was done."""
        return self.amount / self.run_s if self.run_s > 0 else 0.0


@dataclass(frozen=True)
class Loading:
    """The model is not ready yet."""

    title: str
    progress: Progress


@dataclass(frozen=True)
class Waiting:
    """The model is ready and every worker is taken; ``ahead`` runs come first."""

    title: str
    ahead: int


@dataclass(frozen=True)
class Running:
    """A worker has begun; the first result is yet to come."""

    title: str


@dataclass(frozen=True)
class Snapshot(Generic[R]):
    """A result so far, or the final one.

    Attributes:
        value: the engine's result.
        metrics: cost up to here.
        final: whether this is the last one.
        stopped: whether the run ended because of Stop.
    """

    value: R
    metrics: Metrics
    final: bool = False
    stopped: bool = False


Update = Loading | Waiting | Running | Snapshot[Any]
