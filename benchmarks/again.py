"""What another run is expected to say, from the runs that were kept, and whether this one says it.

The rounds of one run lie closer together than the runs do: a process that starts anew has its memory,
its threads and its neighbours elsewhere. So the spread that a reader can hold a run against comes from
whole runs: the interval in which one more value of a normal sample lies 99 times of 100, of logarithms
where there is a ratio, since ratios err by factors (NIST/SEMATECH e-Handbook of Statistical Methods,
7.1.4 and 1.3.6.7.2 for Student's t).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Any

from benchmarks.harness import Figure, Row

#: Runs that are kept of a benchmark: older ones go.
KEPT = 8
#: Student's t for 99 % on both sides, by the number of runs.
_T99 = {3: 9.925, 4: 5.841, 5: 4.604, 6: 4.032, 7: 3.707, 8: 3.499}
#: What rounding of a printed figure may add to either end.
_ROUNDING = 0.005


def said(row: Row) -> float:
    """What a row says to be compared from run to run: the ratio where it has a peer, else ours."""
    return (row.ratio or row.ours).median


def key(row: Row) -> str:
    """What a row is known by in the runs: its name, and whom it is held against."""
    return f"{row.name} / {row.peer_name}" if row.peer_name else row.name


def expected(row: Row, runs: Sequence[float]) -> Figure | None:
    """Centre and ends of what another run will say of a row.

    Args:
        row: what was measured.
        runs: what whole runs said of it, each >= 0.

    Returns:
        None for fewer than three runs, and where a ratio was once without end or zero, but not always.
    """
    if len(runs) < min(_T99):
        return None
    if min(runs) == max(runs):
        return Figure(runs[0], runs[0], runs[0])
    if row.ratio is None:
        middle, low, high = _interval(runs[-KEPT:])
        return Figure(middle, max(0.0, low), high)
    if min(runs) <= 0 or not all(map(math.isfinite, runs)):
        return None
    return Figure(*map(math.exp, _interval([math.log(value) for value in runs[-KEPT:]])))


def _interval(values: Sequence[float]) -> tuple[float, float, float]:
    centre, count = fmean(values), len(values)
    reach = _T99[count] * stdev(values) * math.sqrt(1 + 1 / count)
    return centre, centre - reach, centre + reach


def history(
    run: Mapping[str, Any], rows: Iterable[Row], before: Mapping[str, Any] | None
) -> dict[str, list[float]]:
    """What each kept run said of each row, this one last.

    Args:
        run: this run: its machine and effort.
        rows: of this run.
        before: the run that is kept so far, with its ``runs``; one of another machine or effort
            does not count.
    """
    alike = before and all(before[name] == run[name] for name in ("machine", "effort"))
    runs = before.get("runs", {}) if before and alike else {}
    return {key(row): [*runs.get(key(row), ()), said(row)][-KEPT:] for row in rows}


def outside(rows: Iterable[Row], runs: Mapping[str, Sequence[float]]) -> tuple[int, list[str]]:
    """How many rows could be compared with the kept runs, and a line for each that is not as expected."""
    compared, lines = 0, []
    for row in rows:
        spread = expected(row, runs.get(key(row), ()))
        if spread is None:
            continue
        compared += 1
        value = said(row)
        if not spread.low * (1 - _ROUNDING) <= value <= spread.high * (1 + _ROUNDING):
            lines.append(f"{key(row)}: {value:.3g}, expected {spread.low:.3g} to {spread.high:.3g}")
    return compared, lines


@dataclass
class Seen:
    """How the rows of this run stand beside the kept runs."""

    compared: int = 0
    lines: list[str] = field(default_factory=list)

    def add(self, rows: Iterable[Row], runs: Mapping[str, Sequence[float]]) -> None:
        """Compares the rows of one benchmark."""
        compared, lines = outside(rows, runs)
        self.compared += compared
        self.lines += lines

    def told(self) -> str:
        """In words: how many are as expected, and which are not."""
        if not self.compared:
            return "No earlier runs are kept to compare this one with."
        inside = self.compared - len(self.lines)
        head = f"{inside} of {self.compared} rows say what the kept runs lead one to expect"
        return "\n  ".join([head + (", not:" if self.lines else "."), *self.lines])
