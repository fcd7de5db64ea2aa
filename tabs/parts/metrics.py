"""The status line of a run as HTML: what is loading, how far it is, and what it cost in the end."""

from __future__ import annotations

import html
import time
from collections.abc import Iterable
from typing import Any

from models.loading import State
from models.runs import Loading, Metrics, Running, Snapshot, Update, Waiting
from models.units import counted
from models.units import short as short
from models.units import size as size

#: A turn of the spinner in the style sheet, in seconds: each line draws it anew, turned as far as time has.
_TURN_S = 0.8
#: A peak below this is noise of the page, in bytes.
TELLING = 1_000_000
#: What is past for less is "just now", in seconds.
_NOW_S = 5.0
#: Words for the phases of a load, for a person who waits.
_PHASES = {
    State.QUEUED: "in the queue",
    State.FETCHING: "fetching files",
    State.RESERVING: "making room in memory",
    State.BUILDING: "reading weights",
    State.MOVING: "moving to the device",
    State.READY: "ready",
}


def status(update: Update) -> str:
    """The line for one update of a run."""
    if isinstance(update, Loading):
        return _loading(update)
    if isinstance(update, Waiting):
        return busy(f"{update.title}: {counted(update.ahead, 'run')} ahead")
    if isinstance(update, Running):
        return busy(f"Running {update.title}")
    if not update.final:
        return busy(f"Running - {', '.join(_figures(update.metrics))}", None)
    return final(update)


def final(snapshot: Snapshot[Any]) -> str:
    """The metrics line that stays: model, device, load time, run time, throughput, memory."""
    return chips(chip_texts(snapshot), snapshot.metrics.reason)


def chips(texts: Iterable[str], reason: str = "") -> str:
    """Facts in one line; ``reason`` shows when the mouse rests on it."""
    drawn = "".join(f'<span class="md-chip">{html.escape(text)}</span>' for text in texts)
    title = html.escape(reason)
    return f'<div class="md-status md-done" role="status" title="{title}">{drawn}</div>'


def chip_texts(snapshot: Snapshot[Any]) -> list[str]:
    """The facts of the metrics line, in reading order."""
    metrics = snapshot.metrics
    load = f"load {seconds(metrics.load_s)}" if metrics.load_s else "already loaded"
    texts = [metrics.title, where(metrics), load, f"run {seconds(metrics.run_s)}"]
    if metrics.throughput:
        texts.append(f"{number(metrics.throughput)} {metrics.unit}/s")
    if metrics.first_s:
        texts.append(f"the first after {seconds(metrics.first_s)}")
    if metrics.batch_rows > 1:
        texts.append(f"batch of {mean(metrics.batch_rows)}")
    if metrics.memory_bytes:
        texts.append(f"{size(metrics.memory_bytes)} in memory")
    if metrics.peak_bytes >= TELLING:
        texts.append(f"{size(metrics.peak_bytes)} more at the peak")
    if snapshot.stopped:
        texts.insert(0, "stopped: what was done is kept")
    return texts


def where(metrics: Metrics) -> str:
    """What computed: the device, and the variant of the network or its precision."""
    return f"{metrics.device} {metrics.variant or metrics.dtype}".strip()


def seconds(value: float) -> str:
    """A duration for a person: ``12 ms``, ``3.4 s``, ``2 min 05 s``, ``1 h 02 min``."""
    if 0 < value < 0.0005:
        return "<1 ms"
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    if value < 59.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(round(value / 60), 60)
    return f"{hours} h {minutes:02d} min"


def ago(value: float) -> str:
    """How long something is past: ``just now``, ``12 s ago``, ``3 min ago``, ``2 hours ago``, ``5 days ago``.

    Args:
        value: in seconds; of the largest unit the whole ones count.
    """
    if value < _NOW_S:
        return "just now"
    if value < 60:
        return f"{int(value)} s ago"
    if value < 3600:
        return f"{int(value // 60)} min ago"
    hours = int(value // 3600)
    if hours < 24:
        return f"{hours} hours ago" if hours > 1 else "1 hour ago"
    days = hours // 24
    return f"{days} days ago" if days > 1 else "1 day ago"


def number(value: float) -> str:
    """Three significant digits or all before the point, thousands grouped; three decimals at most."""
    if value >= 99.95:
        return f"{value:,.0f}"
    if value >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.0995 or not value else f"{value:.3f}"


def mean(value: float) -> str:
    """A mean of whole numbers: one decimal, none where it is whole."""
    return f"{value:,.1f}".removesuffix(".0")


def _figures(metrics: Metrics) -> list[str]:
    texts = [seconds(metrics.run_s)]
    if metrics.throughput:
        texts.append(f"{number(metrics.throughput)} {metrics.unit}/s")
    return texts


def _loading(update: Loading) -> str:
    progress = update.progress
    phase = progress.note or _PHASES.get(progress.state, progress.state.value)
    return busy(
        f"Loading {update.title}: {phase} ({seconds(progress.elapsed_s)})", progress.fraction
    )


def busy(text: str, fraction: float | None = None) -> str:
    """The line of what goes on, with a bar where a share from 0 to 1 is known."""
    meter = ""
    if fraction is not None:
        meter = f'<progress max="1" value="{fraction:.3f}" aria-label="progress"></progress>'
    turned = f"animation-delay:-{time.monotonic() % _TURN_S:.2f}s"
    return (
        '<div class="md-status md-busy" role="status"><span class="md-spinner" aria-hidden="true" '
        f'style="{turned}"></span>{html.escape(text)}{meter}</div>'
    )
