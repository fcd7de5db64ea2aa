"""Runs ours and a peer in turns, A B A B, and says how many times better ours is, pair by pair.

Knows no model, no server and no file: a benchmark hands in two functions that each do one round.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any


class Disagree(Exception):
    """Raised by a comparison when the two sides did not do the same work."""


@dataclass(frozen=True)
class Effort:
    """How long to measure: ``short`` for a look, ``full`` for figures to keep."""

    full: bool = False

    def of(self, short: int, full: int) -> int:
        """The number of rounds, requests, ... for this effort."""
        return full if self.full else short


@dataclass(frozen=True)
class Sample:
    """What one round measured.

    Attributes:
        value: the figure, in the row's unit.
        output: what was computed, for the comparison of the two sides.
    """

    value: float
    output: Any = None


@dataclass(frozen=True)
class Side:
    """One of the two: its name, as a reader would look it up, and a function that does one round."""

    name: str
    round: Callable[[], Sample]


@dataclass(frozen=True)
class Figure:
    """Median, least and greatest of the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        """The figure of one or more values."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Floor:
    """What is asked of a row: words, and whether (ours, ratio) keeps it."""

    text: str
    holds: Callable[[Figure, Figure | None], bool]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: what was measured, on what input.
        unit: of ``ours`` and ``peer``.
        ours: the figure of this app.
        peer_name: what it was held against; empty when against a limit only.
        peer: the peer's figure.
        ratio: how many times better ours is, pair by pair; above 1 is better whatever the unit.
        floor: what was asked, in words; empty when nothing was.
        met: whether it was reached; None when nothing was asked.
        outputs: how the outputs agree, in words.
        rounds: pairs measured.
        note: what a reader must know to read the row; may be empty.
    """

    name: str
    unit: str
    ours: Figure
    peer_name: str = ""
    peer: Figure | None = None
    ratio: Figure | None = None
    floor: str = ""
    met: bool | None = None
    outputs: str = ""
    rounds: int = 1
    note: str = ""


def times(least: float) -> Floor:
    """Ours must be at least so many times better than the peer."""
    return Floor(f"{least:g}x", lambda _, ratio: ratio is not None and ratio.median >= least)


def at_most(limit: float, unit: str = "") -> Floor:
    """The figure of ours may not be greater."""
    return Floor(f"at most {limit:g} {unit}".strip(), lambda ours, _: ours.median <= limit)


def exactly(wanted: float) -> Floor:
    """Every round of ours must give this number: for counts."""
    return Floor(f"exactly {wanted:g}", lambda ours, _: ours.low == ours.high == wanted)


def equal(ours: Any, peer: Any) -> str:
    """The outputs must be the same value."""
    if ours != peer:
        raise Disagree(f"ours {str(ours)[:80]!r}, peer {str(peer)[:80]!r}")
    return "equal"


def close(tolerance: float) -> Callable[[Any, Any], str]:
    """The outputs are numbers, or lists of numbers, that may differ by ``tolerance`` at most."""

    def compare(ours: Any, peer: Any) -> str:
        mine, theirs = _flat(ours), _flat(peer)
        if len(mine) != len(theirs):
            raise Disagree(f"ours has {len(mine)} numbers, the peer {len(theirs)}")
        gap = max((abs(a - b) for a, b in zip(mine, theirs, strict=True)), default=0.0)
        if not gap <= tolerance:  # a nan fails too
            raise Disagree(f"largest difference {gap:.2g}, at most {tolerance:g} is allowed")
        return f"within {gap:.1g}" if gap else "equal"

    return compare


def versus(
    name: str,
    ours: Side,
    peer: Side,
    *,
    unit: str,
    rounds: int,
    floor: Floor | None = None,
    higher_is_better: bool = False,
    warm: int = 1,
    same: Callable[[Any, Any], str] | None = equal,
    note: str = "",
) -> Row:
    """Measures both sides in turns.

    Args:
        name: what is measured, on what input.
        ours: this app's side.
        peer: the other side.
        unit: of the samples' values.
        rounds: pairs to measure, >= 1.
        floor: what is asked; see ``times``, ``at_most``, ``exactly``.
        higher_is_better: True for throughput, False for time and memory.
        warm: pairs before the first that counts.
        same: compares the outputs of each pair and returns how they agree; None when there is
            nothing to compare, which the row then says.
        note: kept with the row.

    Returns:
        The row; where outputs disagree, ``met`` is False and ``outputs`` says what differs.
    """
    for _ in range(warm):
        ours.round()
        peer.round()
    mine, theirs, outputs, agree = [], [], "not compared", True
    for number in range(rounds):
        a, b = ours.round(), peer.round()
        mine.append(a.value)
        theirs.append(b.value)
        _tell(
            f"{name}: {number + 1}/{rounds}: ours {a.value:.4g}, {peer.name} {b.value:.4g} {unit}"
        )
        if same is not None and agree:
            try:
                outputs = same(a.output, b.output)
            except Disagree as error:
                outputs, agree = f"DIFFER: {error}", False
    pairs = zip(mine, theirs, strict=True)
    ratio = Figure.of([_ratio(a, b, higher_is_better) for a, b in pairs])
    met = _verdict(floor, Figure.of(mine), ratio)
    return Row(
        name, unit, Figure.of(mine), peer.name, Figure.of(theirs), ratio,
        floor.text if floor else "", met if agree else False, outputs, rounds, note,
    )  # fmt: skip


def alone(
    name: str,
    round: Callable[[], Sample],
    *,
    unit: str,
    rounds: int,
    floor: Floor | None = None,
    warm: int = 1,
    note: str = "",
) -> Row:
    """Measures ours against a limit; see ``versus`` for the arguments."""
    for _ in range(warm):
        round()
    values = []
    for number in range(rounds):
        values.append(round().value)
        _tell(f"{name}: {number + 1}/{rounds}: {values[-1]:.4g} {unit}")
    figure = Figure.of(values)
    met = _verdict(floor, figure, None)
    return Row(
        name, unit, figure, "", None, None, floor.text if floor else "", met, "", rounds, note
    )


def turns(sides: Sequence[Side], *, rounds: int, warm: int = 1) -> list[list[Sample]]:
    """Several sides in turns, A B C A B C: the samples of each, for rows that share a peer.

    Args:
        sides: all that are measured, the peer among them.
        rounds: samples of each.
        warm: turns before the first that counts.
    """
    done = [[side.round() for side in sides] for _ in range(warm + rounds)][warm:]
    return [list(samples) for samples in zip(*done, strict=True)]


def replayed(name: str, samples: Sequence[Sample]) -> Side:
    """A side that gives what was measured before; see ``turns``."""
    return Side(name, iter(samples).__next__)


def timed(work: Callable[[], Any], *, repeat: int = 1, scale: float = 1000.0) -> Sample:
    """Median time of ``repeat`` calls (milliseconds unless ``scale`` says otherwise), last output."""
    spans, output = [], None
    for _ in range(repeat):
        began = perf_counter()
        output = work()
        spans.append(perf_counter() - began)
    return Sample(median(spans) * scale, output)


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest-rank percentile, ``percent`` in (0, 100]."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(percent / 100 * len(ranked)) - 1)]


def _verdict(floor: Floor | None, ours: Figure, ratio: Figure | None) -> bool | None:
    return floor.holds(ours, ratio) if floor else None


def _ratio(ours: float, peer: float, higher_is_better: bool) -> float:
    better, worse = (ours, peer) if higher_is_better else (peer, ours)
    return better / worse if worse else math.inf


def _flat(value: Any) -> list[float]:
    if isinstance(value, (list, tuple)):
        return [number for item in value for number in _flat(item)]
    return (
        [float(number) for number in value.ravel()] if hasattr(value, "ravel") else [float(value)]
    )


def _tell(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)
