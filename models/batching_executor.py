"""The one executor of a device that runs the passes of all its networks, and what waits for it.

``models.batching`` is what engines use; ``models.batching_line`` decides what goes together.
"""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.batching_line import Entry, Line
from models.caller import Caller, Tally
from models.errors import Busy, Stopped
from models.stop import StopToken

log = logging.getLogger(__name__)

#: How often a waiting caller looks at its stop token, in seconds.
_POLL_S = 0.1


class Ticket:
    """One caller's wish for one row; made by ``Executor.ask``."""

    def __init__(self, caller: Caller, stop: StopToken) -> None:
        self.user, self._deadline, self._stop = caller.user, caller.deadline, stop
        self.stands_for, self.relieve = caller.stands_for, caller.relieve
        self.asked_at, self.began_at, self.rows = time.monotonic(), 0.0, 0
        self._done, self._left = threading.Event(), False
        self._value: Any = None
        self._error: BaseException | None = None

    def gone(self, now: float) -> bool:
        """See ``models.batching_line.Ticket``."""
        return self._left or self._stop.is_set or (self._deadline or now) < now

    def why_gone(self) -> BaseException:
        """What its run is told, where ``gone``."""
        if self._left or self._stop.is_set:
            return Stopped()
        return Busy(
            "This run waited too long for its turn.",
            hint="Many people use this model now; try again in a moment.",
        )

    def leave(self) -> None:
        """Says that nobody reads the result any more."""
        self._left = True

    def give(self, value: Any, error: BaseException | None = None) -> None:
        """The reader's side: the result, or why there is none."""
        self._value, self._error = value, error
        self._done.set()

    def result(self, tally: Tally) -> Any:
        """Waits for the result, and counts it into ``tally``."""
        while not self._done.wait(_POLL_S):
            self._stop.check()
        self._stop.check()
        if self._error is not None:  # a copy each: equal rows share one error
            raise copy.copy(self._error).with_traceback(None)
        tally.rows += 1
        tally.shared += self.rows
        tally.wait_s = max(tally.wait_s, self.began_at - self.asked_at)
        return self._value


@dataclass
class Telemetry:
    """What an executor has done since it began.

    Attributes:
        passes: passes of a network.
        rows: rows that they read.
        joined: rows that an equal one served.
        dropped: rows that were stopped, left or too late before their pass.
        halved: passes that failed and were read again in halves.
        sizes: passes by their number of rows.
        wait_s: seconds that rows waited, summed.
        busy_s: seconds in passes.
    """

    passes: int = 0
    rows: int = 0
    joined: int = 0
    dropped: int = 0
    halved: int = 0
    sizes: Counter[int] = field(default_factory=Counter)
    wait_s: float = 0.0
    busy_s: float = 0.0


class Executor:
    """Runs the passes of a device, one at a time: in a thread of its own, or in the thread of a
    caller who found nobody else there (``at_once``).

    Args:
        device: its torch device string.
    """

    def __init__(self, device: str) -> None:
        self.device, self.telemetry = device, Telemetry()
        self._line, self._bell, self._reading = Line(), threading.Condition(), False
        self._thread = threading.Thread(target=self._serve, name=f"batch-{device}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> tuple[int, float]:
        """Rows that wait, and for how many seconds the oldest of them has."""
        with self._bell:
            oldest = self._line.oldest
            return len(self._line), time.monotonic() - oldest if oldest is not None else 0.0

    def ask(
        self, lane: Any, row: Hashable, caller: Caller, stop: StopToken, *, ring: bool = True
    ) -> Ticket:
        """Puts a row into the line.

        Args:
            lane: where it goes.
            row: what the network reads.
            caller: whose turn it takes.
            stop: polled while it waits.
            ring: whether the executor's thread shall look at once; else ``ring`` follows.
        """
        ticket = Ticket(caller, stop)
        with self._bell:
            fresh = self._line.add(lane, row, lane.length(row), ticket)
            self.telemetry.joined += not fresh
            if ring:
                self._bell.notify()
        return ticket

    def ring(self) -> None:
        """Lets the executor's thread look at the line."""
        with self._bell:
            self._bell.notify()

    def at_once(self, lane: Any, row: Hashable, caller: Caller) -> tuple[Any] | None:
        """Reads one row in the calling thread, past the line, where nobody waits and nothing is read.

        Two changes of thread, and what the line does for many, cost more than a light pass.

        Returns:
            The result; None where the row has to go into the line: somebody is there, or the pass
            failed, and the executor knows what to do about that.
        """
        with self._bell:
            if self._reading or len(self._line):
                return None
            self._reading = True
        began = time.monotonic()
        try:
            (value,) = lane.run([row])
            self.telemetry.busy_s += time.monotonic() - began
            self._count(1)
        except Exception as error:  # noqa: BLE001 - raised again where it is read once more
            log.info("a lone row failed (%s); again, in the line", error)
            return None
        finally:
            self._free()
        caller.tally.rows += 1
        caller.tally.shared += 1
        return (value,)

    def _serve(self) -> None:
        while True:
            self._turn()

    def _turn(self) -> None:
        """Waits for rows and reads one pass. A method of its own, so that its locals end with it:
        an idle executor must not keep an evicted model alive."""
        with self._bell:
            while self._reading or not (entries := self._next()):
                self._bell.wait()
            self._reading = True
        self._pass(entries)

    def _pass(self, entries: list[Entry]) -> None:
        """Reads what was taken from the line, while ``_reading`` keeps everybody else away."""
        try:
            self._clocked(entries)
        finally:
            self._free()

    def _free(self) -> None:
        """Lets the next pass begin."""
        with self._bell:
            self._reading = False
            self._line.tidy()
            if len(self._line):
                self._bell.notify()

    def _count(self, rows: int) -> None:
        self.telemetry.passes += 1
        self.telemetry.rows += rows
        self.telemetry.sizes[rows] += 1

    def _clocked(self, entries: list[Entry]) -> None:
        began = time.monotonic()
        for ticket in (ticket for entry in entries for ticket in entry.tickets):
            self.telemetry.wait_s += began - ticket.asked_at
        self._read(entries)
        seconds = time.monotonic() - began
        self.telemetry.busy_s += seconds
        with self._bell:
            self._line.spend(entries, seconds)

    def _next(self) -> list[Entry]:
        now = time.monotonic()
        gone = self._line.drop(now)
        self.telemetry.dropped += len(gone)
        for ticket in gone:
            ticket.give(None, ticket.why_gone())  # type: ignore[attr-defined]
        return self._line.take()

    def _read(self, entries: list[Entry]) -> None:
        """Reads rows together; again where that fails and memory was freed, else in halves."""
        lane: Any = entries[0].lane
        began = time.monotonic()
        values, error = _attempt(lane, entries)
        while error is not None and _relieved(entries, error):
            error = None
            values, error = _attempt(lane, entries)
        if error is None:
            longest, seconds = max(e.length for e in entries), time.monotonic() - began
            lane.learn(longest * len(entries), seconds)
            self._count(len(entries))
            for entry, value in zip(entries, values, strict=True):
                self._give(entry, value, None, began, len(entries))
        elif len(entries) > 1:
            log.info("a pass of %d rows failed (%s); in halves", len(entries), error)
            self.telemetry.halved += 1
            del error
            middle = len(entries) // 2
            self._read(entries[:middle])
            self._read(entries[middle:])
        else:
            self._give(entries[0], None, error, began, 1)

    def _give(
        self, entry: Entry, value: Any, error: BaseException | None, began: float, rows: int
    ) -> None:
        with self._bell:
            tickets: list[Any] = self._line.close(entry)
        for ticket in tickets:
            ticket.began_at, ticket.rows = max(began, ticket.asked_at), rows
            ticket.give(value, error)


def _attempt(lane: Any, entries: list[Entry]) -> tuple[Sequence[Any], BaseException | None]:
    """The results, or the error without the frames that would keep its tensors alive."""
    try:
        return lane.run([entry.row for entry in entries]), None
    except BaseException as error:  # noqa: BLE001 - raised again in the threads it belongs to
        return (), error.with_traceback(None)


def _relieved(entries: list[Entry], error: BaseException) -> bool:
    """Whether one of those who wait had memory freed; each of them can a few times only."""
    tickets: list[Any] = entries[0].tickets
    return bool(tickets) and tickets[0].relieve(error)


_executors: dict[str, Executor] = {}
_mutex = threading.Lock()


def executor_of(device: str) -> Executor:
    """The device's executor, made at its first use."""
    executor = _executors.get(device)
    if executor is None or not executor.alive:
        with _mutex:
            executor = _executors.get(device)
            if executor is None or not executor.alive:
                executor = _executors[device] = Executor(device)
    return executor


def executors() -> list[Executor]:
    """All executors, for telemetry and health."""
    return list(_executors.values())
