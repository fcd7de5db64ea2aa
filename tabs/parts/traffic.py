"""What ``/metrics`` tells, for a person: runs by task, loads, memory and batches since the start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import gradio as gr

from models.batching_executor import executors
from models.metrics_runs import RunFigures, RunTotals
from models.service import Service
from models.telemetry import MemoryUse, Telemetry
from models.units import counted
from tabs.parts.deck import Deck
from tabs.parts.events import AT_ONCE
from tabs.parts.metrics import mean, seconds, size
from tabs.parts.resident_view import table_html, task_names

_HEAD = ("task", "runs", "stopped", "left", "failed", "mean time", "95 % within", "mean wait")


def traffic_panel(deck: Deck) -> None:
    """Adds the figures at this place of the page, closed; they are read when somebody opens it."""
    with gr.Accordion("Figures since the start", open=False, elem_classes=["md-traffic"]) as panel:
        view = gr.HTML("", elem_classes=["md-models"])
        again = gr.Button("Refresh", size="sm", elem_classes=["md-tool"], scale=0, min_width=90)

    def read() -> str:
        return traffic_html(deck.service)

    for trigger in (panel.expand, again.click):
        trigger(read, None, view, **AT_ONCE)


def traffic_html(service: Service) -> str:
    """Two tables: runs by task, and everything else as name and value."""
    figures, told = service.runner.counts.figures(), service.registry.telemetry()
    runs = [_row(name, totals) for name, totals in sorted(figures.totals.items())]
    shown = _table(_HEAD, runs) if runs else '<p class="md-note">Nothing has run yet.</p>'
    facts = [
        *_now(figures, told, service.lag.worst_s),
        *_loads(told),
        *_memory(told.memories),
        *_batches(),
    ]
    return shown + _table(("figure", "value"), facts)


def _row(name: str, totals: RunTotals) -> tuple[str, ...]:
    run, queue = totals.run, totals.queue
    bound = run.within(0.95)
    return (
        task_names().get(name, name), f"{totals.outcomes.total():,}",
        *(f"{totals.outcomes[how]:,}" for how in ("stopped", "left")), _failed(totals),
        seconds(run.mean_s) if run.count else "-",
        "-" if not run.count else seconds(bound) if bound else "longer",
        seconds(queue.mean_s) if queue.count else "-",
    )  # fmt: skip


def _failed(totals: RunTotals) -> str:
    count = totals.outcomes["failed"]
    return f"{count:,} ({_listed(totals.errors)})" if count else "0"


def _now(figures: RunFigures, told: Telemetry, lag_s: float) -> Iterable[tuple[str, str]]:
    yield (
        "runs under way",
        f"{sum(figures.active.values()):,}, {figures.waiting:,} wait for a worker",
    )
    oldest = max(figures.oldest_wait_s, told.oldest_in_line_s)
    yield "oldest wait now", seconds(oldest) if oldest else "none"
    yield "event loop late by, last minute", f"{seconds(lag_s)} at most"


def _loads(told: Telemetry) -> Iterable[tuple[str, str]]:
    yield (
        "models asked for",
        f"{told.hits:,} were ready, {told.joins:,} joined a load, {told.misses:,} began one",
    )
    means = {
        phase: total.seconds / total.count for phase, total in told.phases.items() if total.count
    }
    yield (
        "loads",
        f"{told.loads:,}" + _after(f"{phase} {seconds(mean)}" for phase, mean in means.items()),
    )
    yield "loads that failed", _listed(told.failures) or "0"
    yield "models that left", _listed(told.evictions) or "0"
    yield "times memory ran out", _listed(told.out_of_memory) or "0"


def _memory(memories: Iterable[MemoryUse]) -> Iterable[tuple[str, str]]:
    for use in memories:
        if not (use.budget_bytes or use.charged_bytes):  # no such memory here
            continue
        parts = [f"models {size(use.models_bytes)}", f"runs {size(use.activations_bytes)}"]
        if use.leaked_bytes:
            parts.append(f"left but still referenced {size(use.leaked_bytes)}")
        share = f"{size(use.charged_bytes)} of {size(use.budget_bytes)} charged"
        yield (
            f"memory, {use.name}",
            f"{share} ({', '.join(parts)}), {size(use.measured_bytes)} measured",
        )


def _batches() -> Iterable[tuple[str, str]]:
    for line in executors():
        told = line.telemetry
        if told.passes:
            rows = f"rows in a pass: {mean(told.rows / told.passes)} on average"
            joined = f"rows joined to equal ones: {told.joined:,}"
            passes = counted(told.passes, "pass", "passes")
            yield f"batches, {line.device}", f"{passes}, {rows}, {joined}"


def _after(parts: Iterable[str]) -> str:
    text = ", ".join(parts)
    return f" (mean: {text})" if text else ""


def _listed(counts: Mapping[str, int]) -> str:
    """Counts as words: ``2 room, 1 asked``."""
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()) if count)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return table_html(head, [("", row) for row in rows])
