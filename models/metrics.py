"""The figures of a process as Prometheus text: runs, loads, memory, batches, the event loop.

Everything is read from the registry's, the runner's and the batcher's own counts when somebody asks;
nothing is counted twice and no thread is started. Names begin with ``modeldeck_``; times are in
seconds and sizes in bytes, as https://prometheus.io/docs/practices/naming asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from models.batching_executor import Executor, executors
from models.batching_executor import Telemetry as BatchTelemetry
from models.host_memory import process_memory_bytes
from models.loop_lag import LoopLag
from models.metrics_runs import Histogram, RunFigures, cumulative
from models.service import Service
from models.telemetry import MemoryUse, Telemetry

if TYPE_CHECKING:
    from prometheus_client.core import Metric

#: What the text must be served as.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "modeldeck_"


def prometheus_text(service: Service, lag: LoopLag) -> bytes:
    """The figures of this moment in Prometheus' text format, version 0.0.4."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import generate_latest

    registry = CollectorRegistry()
    registry.register(_Figures(service, lag))
    return generate_latest(registry)


class _Figures:
    """What prometheus_client asks for the families."""

    def __init__(self, service: Service, lag: LoopLag) -> None:
        self._service, self._lag = service, lag

    def describe(self) -> list[Metric]:
        """Nothing in advance: asking would read the figures once more."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every family, read now."""
        told = self._service.registry.telemetry()
        yield from _runs(self._service.runner.counts.figures())
        yield from _loads(told)
        yield from _memory(told.memories)
        yield from _batches(executors())
        yield _gauge("event_loop_lag_seconds", "Longest lag of the last minute.", self._lag.worst_s)


def _runs(figures: RunFigures) -> Iterator[Metric]:
    each = figures.totals
    yield _counts(
        "runs", "Runs by how they ended: done, stopped, left (caller gone), failed.",
        ("capability", "outcome"),
        {(name, how): n for name, totals in each.items() for how, n in totals.outcomes.items()},
    )  # fmt: skip
    yield _counts(
        "run_errors", "Failed runs by class of the error.", ("capability", "kind"),
        {(name, kind): n for name, totals in each.items() for kind, n in totals.errors.items()},
    )  # fmt: skip
    yield _histograms("run_seconds", "Time inside the verb.", {n: t.run for n, t in each.items()})
    yield _histograms(
        "queue_seconds", "Wait for a free worker.", {n: t.queue for n, t in each.items()}
    )
    yield _histograms(
        "load_wait_seconds", "Wait for a model that was not ready.", {n: t.load for n, t in each.items()}
    )  # fmt: skip
    yield _gauges(
        "runs_active", "Runs under way, waiting ones included.", ("capability",),
        {(name,): count for name, count in figures.active.items()},
    )  # fmt: skip
    yield _gauge("runs_waiting", "Runs that wait for a free worker.", figures.waiting)
    yield _gauge(
        "oldest_run_wait_seconds", "Age of the oldest wait for a worker.", figures.oldest_wait_s
    )


def _loads(told: Telemetry) -> Iterator[Metric]:
    from prometheus_client.core import SummaryMetricFamily

    yield _counts(
        "claims", "Claims on models: hit (ready), join (loading), miss (load started).", ("kind",),
        {("hit",): told.hits, ("join",): told.joins, ("miss",): told.misses},
    )  # fmt: skip
    yield _counts("loads", "Loads that ended in a ready model.", (), {(): told.loads})
    phases = SummaryMetricFamily(
        f"{_PREFIX}load_phase_seconds", "Time of loads by phase.", labels=["phase"]
    )
    for phase, total in told.phases.items():
        phases.add_metric([phase], total.count, total.seconds)
    yield phases
    for name, what, label, counts in (
        ("load_failures", "Loads that failed, by class of the error.", "kind", told.failures),
        ("evictions", "Models that left, by reason.", "reason", told.evictions),
        ("out_of_memory", "Rungs climbed when memory ran out.", "rung", told.out_of_memory),
    ):
        yield _counts(name, what, (label,), {(key,): count for key, count in counts.items()})
    yield _gauge("leases", "Holds on ready models.", len(told.leases))
    oldest = told.leases[0].age_s if told.leases else 0.0
    yield _gauge("oldest_lease_seconds", "Age of the oldest hold.", oldest)
    yield _gauge("claims_waiting", "Claims whose model is not ready.", told.waiting)
    yield _gauge("memory_line", "Loads and runs that wait for memory.", told.in_line)
    yield _gauge(
        "oldest_memory_wait_seconds", "Age of the oldest wait for memory.", told.oldest_in_line_s
    )


def _memory(memories: tuple[MemoryUse, ...]) -> Iterator[Metric]:
    parts: tuple[tuple[str, Callable[[MemoryUse], int]], ...] = (
        ("models", lambda use: use.models_bytes),
        ("activations", lambda use: use.activations_bytes),
        ("leaked", lambda use: use.leaked_bytes),
        ("measured", lambda use: use.measured_bytes),
    )
    yield _gauges(
        "memory_bytes", "Charged for models and runs, leaked (part of models), and measured.",
        ("memory", "part"), {(use.name, part): of(use) for use in memories for part, of in parts},
    )  # fmt: skip
    yield _gauges(
        "memory_budget_bytes", "What models and runs may take.", ("memory",),
        {(use.name,): use.budget_bytes for use in memories},
    )  # fmt: skip
    yield _gauge("process_resident_bytes", "Resident memory.", process_memory_bytes())


_BATCH_COUNTS: dict[str, tuple[str, Callable[[BatchTelemetry], float]]] = {
    "batch_joined_rows": ("Rows that an equal one served.", lambda told: told.joined),
    "batch_dropped_rows": ("Rows stopped, left or too late.", lambda told: told.dropped),
    "batch_halved_passes": ("Passes read again in halves.", lambda told: told.halved),
    "batch_wait_seconds": ("Sum of the waits of rows.", lambda told: told.wait_s),
    "batch_busy_seconds": ("Time in passes.", lambda told: told.busy_s),
}


def _batches(lines: list[Executor]) -> Iterator[Metric]:
    from prometheus_client.core import HistogramMetricFamily

    rows = HistogramMetricFamily(f"{_PREFIX}batch_rows", "Rows in a pass.", labels=["device"])
    for line in lines:
        sizes, seen, buckets = dict(line.telemetry.sizes), 0, []
        for size in sorted(sizes):
            seen += sizes[size]
            buckets.append((str(float(size)), seen))
        total = sum(size * count for size, count in sizes.items())
        rows.add_metric([line.device], [*buckets, ("+Inf", seen)], total)
    yield rows
    for name, (what, of) in _BATCH_COUNTS.items():
        yield _counts(
            name, what, ("device",), {(line.device,): of(line.telemetry) for line in lines}
        )
    waiting = {line.device: line.waiting for line in lines}
    yield _gauges(
        "batch_waiting_rows",
        "Rows that wait.",
        ("device",),
        {(d,): w[0] for d, w in waiting.items()},
    )
    yield _gauges(
        "batch_oldest_wait_seconds", "Age of the oldest of them.", ("device",),
        {(d,): w[1] for d, w in waiting.items()},
    )  # fmt: skip


Labelled = Mapping[tuple[str, ...], float]


def _counts(name: str, what: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(_PREFIX + name, what, labels=list(labels))
    for key, value in values.items():
        family.add_metric(list(key), value)
    return family


def _gauges(name: str, what: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(_PREFIX + name, what, labels=list(labels))
    for key, value in values.items():
        family.add_metric(list(key), value)
    return family


def _gauge(name: str, what: str, value: float) -> Metric:
    return _gauges(name, what, (), {(): value})


def _histograms(name: str, what: str, values: Mapping[str, Histogram]) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(_PREFIX + name, what, labels=["capability"])
    for capability, histogram in values.items():
        family.add_metric([capability], list(cumulative(histogram)), histogram.total_s)
    return family
