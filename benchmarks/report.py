"""The table of rows: on the terminal, in ``results.json``, and in docs/performance.md from there."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import ORDER
from benchmarks.again import expected, history, key
from benchmarks.harness import Figure, Row

RESULTS = Path(__file__).with_name("results.json")
#: A ratio to nothing.
_ENDLESS = "without end"
HEAD = ("measured", "ours", "peer", "times better", "another run", "asked", "verdict")


def cells(row: Row, runs: Sequence[float] = ()) -> tuple[str, ...]:
    """One row as text: medians with least and greatest round in brackets.

    Args:
        row: what one run measured.
        runs: what the kept runs said of it, for what another one will say.
    """
    spread = expected(row, runs)
    peer = f"{row.peer_name}: {_figure(row.peer, row.unit)}" if row.peer else "-"
    return (
        row.name,
        _figure(row.ours, row.unit),
        peer,
        _times(_figure(row.ratio, "")) if row.ratio else "-",
        _span(spread, row) if spread else "-",
        row.floor or "-",
        _verdict(row),
    )


def plain_table(rows: Iterable[Row], runs: Mapping[str, Sequence[float]] | None = None) -> str:
    """For a terminal: one block a row, since the cells are long; ``runs`` by row, see ``cells``."""
    lines = []
    for row in rows:
        name, *rest = cells(row, (runs or {}).get(key(row), ()))
        lines.append(name)
        lines += [
            f"    {head:<13} {cell}"
            for head, cell in zip(HEAD[1:], rest, strict=True)
            if cell != "-"
        ]
        lines += [f"    {'note':<13} {row.note}"] if row.note else []
    return "\n".join(lines)


def markdown(runs: dict[str, dict[str, Any]]) -> str:
    """For docs/performance.md: the machine, one table, and what a reader must know of single rows."""
    lines = [f"| {' | '.join(HEAD)} |", f"|{' --- |' * len(HEAD)}"]
    notes = []
    for run in runs.values():
        lines.append(f"| **{run['title']}** |{' |' * (len(HEAD) - 1)}")
        for row in rows_of(run):
            texts = cells(row, run.get("runs", {}).get(key(row), ()))
            lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in texts)} |")
            notes += [f"- {row.name}: {row.note}."] if row.note else []
    measured = _measured_on(runs) or ["Nothing is measured yet."]
    return "\n".join([*measured, "", *lines, *(["", *notes] if notes else [])])


def _measured_on(runs: dict[str, dict[str, Any]]) -> list[str]:
    """One sentence for each machine, day and effort, with what was measured there."""
    groups: dict[str, list[str]] = {}
    for name, run in runs.items():
        facts = "; ".join(run["machine"].values())
        groups.setdefault(f"{run['date']}, {run['effort']} runs, on {facts}", []).append(name)
    return [f"Measured {when}: {', '.join(names)}." for when, names in groups.items()]


def write(name: str, run: dict[str, Any], path: Path = RESULTS, *, anew: bool = False) -> None:
    """Puts one benchmark's run into the results file; others' stay.

    Args:
        name: of the benchmark.
        run: what it measured.
        path: of the results file.
        anew: forget the earlier runs of it, for the code has changed.
    """
    every = read_runs(path)
    every[name] = {**run, "runs": history(run, rows_of(run), None if anew else every.get(name))}
    every = {name: every[name] for name in sorted(every, key=_place)}
    path.write_text(json.dumps(every, indent=1) + "\n", encoding="utf-8")


def read_runs(path: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """Benchmark -> date, machine, effort, how busy it was, rows and earlier runs as written."""
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def rows_of(run: dict[str, Any]) -> list[Row]:
    """The rows of one run, as dataclasses again."""
    return [_row(fields) for fields in run["rows"]]


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows as plain values for a file."""
    return [asdict(row) for row in rows]


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _row(fields: dict[str, Any]) -> Row:
    figures = {
        key: Figure(**fields[key]) if fields[key] else None for key in ("ours", "peer", "ratio")
    }
    return Row(**{**fields, **figures})


def _figure(figure: Figure | None, unit: str) -> str:
    if figure is None:
        return "-"
    if figure.low == figure.high:
        return f"{_number(figure.median)} {unit}".strip()
    span = f"({_number(figure.low)} to {_number(figure.high)})"
    return " ".join(filter(None, [_number(figure.median), unit, span]))


def _span(spread: Figure, row: Row) -> str:
    low, high = _number(spread.low), _number(spread.high)
    text = low if low == high else f"{low} to {high}"
    return _times(text) if row.ratio else f"{text} {row.unit}"


def _times(text: str) -> str:
    return text if text == _ENDLESS else f"{text}x"


def _number(value: float) -> str:
    """Three digits that count."""
    if not math.isfinite(value):
        return _ENDLESS
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}".rstrip("0").rstrip(".")


def _verdict(row: Row) -> str:
    agreement = f"; outputs {row.outputs}" if row.outputs else ""
    words = {True: "met", False: "missed", None: "no floor"}[row.met]
    return f"{words}{agreement}"
