"""Counts the runs of a process: how many, how they ended, how long they took and waited.

``RunCounts.watch`` stands between a runner and whoever reads its updates and changes nothing on the
way. Knows no engine and no format; ``models.metrics`` writes the figures out.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from models.errors import Stopped
from models.updates import Metrics, Snapshot, Update, Waiting

#: Upper bounds of the histograms' buckets, in seconds: from a short text to a long recording.
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass
class Histogram:
    """Seconds by bucket.

    Attributes:
        counts: observations at most as long as each bound and longer than the one before, the last
            for those longer than all.
        total_s: their sum.
    """

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    total_s: float = 0.0

    def add(self, seconds: float) -> None:
        """One observation."""
        place = next((i for i, bound in enumerate(BUCKETS_S) if seconds <= bound), len(BUCKETS_S))
        self.counts[place] += 1
        self.total_s += seconds

    @property
    def count(self) -> int:
        """How many were observed."""
        return sum(self.counts)

    @property
    def mean_s(self) -> float:
        """Their mean; 0 when there are none."""
        return self.total_s / self.count if self.count else 0.0

    def within(self, share: float) -> float:
        """The least bound that at least ``share`` of them keep; 0 when that is beyond the last."""
        seen, wanted = 0, share * self.count
        for bound, count in zip(BUCKETS_S, self.counts, strict=False):
            seen += count
            if seen >= wanted:
                return bound
        return 0.0

    def copy(self) -> Histogram:
        """The figures of this moment."""
        return Histogram(list(self.counts), self.total_s)


@dataclass(frozen=True)
class RunTotals:
    """Runs of one capability since the process started.

    Attributes:
        outcomes: ``done``, ``stopped``, ``left`` (the caller went away) or ``failed`` -> runs.
        errors: class name of the error -> runs that failed with it.
        run: seconds inside the verb, of runs that gave a result.
        queue: seconds those waited for a free worker.
        load: seconds those waited for their model; runs that found it ready are left out.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    run: Histogram = field(default_factory=Histogram)
    queue: Histogram = field(default_factory=Histogram)
    load: Histogram = field(default_factory=Histogram)

    def copy(self) -> RunTotals:
        """The figures of this moment."""
        return RunTotals(
            Counter(self.outcomes), Counter(self.errors), self.run.copy(), self.queue.copy(), self.load.copy()
        )  # fmt: skip


@dataclass(frozen=True)
class RunFigures:
    """All capabilities, and the runs under way.

    Attributes:
        totals: capability -> since the start.
        active: capability -> runs under way now, waiting ones included.
        waiting: runs that wait for a free worker now.
        oldest_wait_s: how long the oldest of them has.
    """

    totals: dict[str, RunTotals]
    active: dict[str, int]
    waiting: int
    oldest_wait_s: float


class RunCounts:
    """Thread-safe totals of all runs of a runner."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._totals: defaultdict[str, RunTotals] = defaultdict(RunTotals)
        self._active: Counter[str] = Counter()
        self._waits: dict[object, float] = {}

    async def watch(
        self, capability: str, updates: AsyncGenerator[Update, None]
    ) -> AsyncIterator[Update]:
        """Hands the updates of one run on and counts how it ends; closes it when the reader leaves."""
        run, last, outcome = object(), None, "left"
        self._begin(capability)
        try:
            async with aclosing(updates):
                async for update in updates:
                    self._note_wait(run, isinstance(update, Waiting))
                    last = update.metrics if isinstance(update, Snapshot) else last
                    if isinstance(update, Snapshot) and update.final:
                        outcome = "stopped" if update.stopped else "done"
                    yield update
        except Stopped:
            outcome = "stopped"
            raise
        except Exception as error:
            outcome = type(error).__name__
            raise
        finally:
            self._end(capability, run, outcome, last)

    def figures(self) -> RunFigures:
        """Totals and the state of this moment."""
        now = time.monotonic()
        with self._mutex:
            return RunFigures(
                {name: totals.copy() for name, totals in self._totals.items()},
                {name: count for name, count in self._active.items() if count},
                len(self._waits),
                max((now - since for since in self._waits.values()), default=0.0),
            )

    def _begin(self, capability: str) -> None:
        with self._mutex:
            self._active[capability] += 1

    def _note_wait(self, run: object, waits: bool) -> None:
        if not waits and run not in self._waits:
            return
        with self._mutex:
            if waits:
                self._waits.setdefault(run, time.monotonic())
            else:
                self._waits.pop(run, None)

    def _end(self, capability: str, run: object, outcome: str, last: Metrics | None) -> None:
        failed = outcome not in ("done", "stopped", "left")
        with self._mutex:
            self._waits.pop(run, None)
            self._active[capability] -= 1
            totals = self._totals[capability]
            totals.outcomes["failed" if failed else outcome] += 1
            if failed:
                totals.errors[outcome] += 1
            if last is not None and not failed:
                totals.run.add(last.run_s)
                totals.queue.add(last.queue_s)
                if last.load_s:
                    totals.load.add(last.load_s)


def cumulative(histogram: Histogram) -> Sequence[tuple[str, int]]:
    """Upper bound -> observations at most as long, as Prometheus wants them."""
    rows, seen = [], 0
    for bound, count in zip([*map(str, BUCKETS_S), "+Inf"], histogram.counts, strict=True):
        seen += count
        rows.append((bound, seen))
    return rows
