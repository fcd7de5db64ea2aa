"""Which waiting rows go through a network together: the batcher's decisions, without a thread.

A row waits under its user and its lane (one operation of one model). The next pass belongs to the
user who has had the least time of late, so that many short passes, as the steps of a text that is being
written, do not each wait for a long one of everybody else (start-time fair queueing, Goyal, Vin and Cheng,
SIGCOMM 1996); a step of several users' texts has the time of as many. Rows of others ride along where they
are about as long. Padding makes a pass at most ``PADDING`` times the tokens that were asked for. Equal rows
in one lane are read once.
Knows no torch, no clock and no lock: the caller has them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Protocol

#: Tokens of a pass, padding included, over the tokens asked for, at most.
PADDING = 1.25
#: Rows looked at for one pass, as a multiple of the rows that it may hold.
LOOK = 4


class Lane(Protocol):
    """One operation of one model, as far as the line knows it.

    Attributes:
        max_rows: rows of a pass.
        max_tokens: tokens of a pass, padding included; a longer row goes alone.
        pads: whether rows of different lengths may share a pass.
    """

    max_rows: int
    max_tokens: int
    pads: bool


class Ticket(Protocol):
    """One caller's wish for a row.

    Attributes:
        user: whose turn it takes.
        asked_at: monotonic seconds.
        stands_for: how many users it is, whose share of the time it gets; >= 1.
    """

    user: Hashable
    asked_at: float
    stands_for: int

    def gone(self, now: float) -> bool:
        """Whether nobody wants the row any more: stopped, left or too late."""
        ...


@dataclass(eq=False)
class Entry:
    """A row in the line with everybody who waits for it.

    Attributes:
        lane: where it goes.
        row: what the network reads; equal rows of a lane are one entry.
        length: in tokens, >= 1.
        tickets: who waits.
        taken: whether a pass has it.
    """

    lane: Lane
    row: Hashable
    length: int
    tickets: list[Ticket] = field(default_factory=list)
    taken: bool = False


class Line:
    """Rows that wait, and those that are in a pass now."""

    def __init__(self) -> None:
        self._users: dict[Hashable, list[Entry]] = {}  # in the order of their turns
        self._open: dict[tuple[int, Hashable], Entry] = {}
        self._had: dict[int, float] = {}  # by the user's hash, for a user may hold a model
        self._clock = 0.0  # what the user of the last pass had had

    def __len__(self) -> int:
        """Rows that wait; equal ones count once."""
        return sum(not entry.taken for entry in self._open.values())

    @property
    def oldest(self) -> float | None:
        """When the ticket that waits longest was asked for; None when none waits."""
        waiting = (e for e in self._open.values() if not e.taken)
        return min((t.asked_at for e in waiting for t in e.tickets), default=None)

    def add(self, lane: Lane, row: Hashable, length: int, ticket: Ticket) -> bool:
        """Takes a row in; False when an equal one waits or is being read, which serves both."""
        entry = self._open.get((id(lane), row))
        fresh = entry is None
        if entry is None:
            entry = self._open[id(lane), row] = Entry(lane, row, length)
        entry.tickets.append(ticket)
        if not entry.taken:
            if ticket.user not in self._users:  # who was away has saved nothing up
                self._had[hash(ticket.user)] = max(self._clock, self._time_of(ticket.user))
            self._users.setdefault(ticket.user, []).append(entry)
        return fresh

    def drop(self, now: float) -> list[Ticket]:
        """Takes out the tickets that are gone, and rows that nobody wants any more."""
        dropped: list[Ticket] = []
        for entry in [e for e in self._open.values() if not e.taken]:
            gone = [ticket for ticket in entry.tickets if ticket.gone(now)]
            if not gone:
                continue
            dropped += gone
            entry.tickets = [ticket for ticket in entry.tickets if ticket not in gone]
            if not entry.tickets:
                entry.taken = True  # so that the users' lists forget it
                del self._open[id(entry.lane), entry.row]
        return dropped

    def take(self) -> list[Entry]:
        """The rows of the next pass, shortest first; empty when none waits.

        They stay open, so that equal ones join them, until ``close``.
        """
        self.tidy()
        if not self._users:
            return []
        first = min(self._users, key=self._time_of)  # in turn where they have had the same
        self._clock = self._time_of(first)
        head = self._users[first][0]
        chosen = _alike(head, self._pool(head))
        for entry in chosen:
            entry.taken = True
        self._users[first] = self._users.pop(first)  # to the end of the turns
        return chosen

    def spend(self, entries: list[Entry], seconds: float) -> None:
        """Notes what a pass took: each row's share by its length, shared by those who wait for it."""
        tokens = sum(entry.length for entry in entries)
        for entry in entries:
            users = {ticket.user: ticket.stands_for for ticket in entry.tickets}
            for user, heads in users.items():
                share = seconds * entry.length / tokens / len(users) / heads
                self._had[hash(user)] = self._time_of(user) + share

    def tidy(self) -> None:
        """Forgets what was taken, and users who wait for nothing: they may hold a model."""
        self._users = {
            user: kept
            for user, entries in self._users.items()
            if (kept := [entry for entry in entries if not entry.taken])
        }
        if not self._users:
            self._had.clear()
            self._clock = 0.0

    def close(self, entry: Entry) -> list[Ticket]:
        """Ends a row that was taken; returns everybody who waits for it."""
        self._open.pop((id(entry.lane), entry.row), None)
        return entry.tickets

    def _time_of(self, user: Hashable) -> float:
        return self._had.get(hash(user), self._clock)

    def _pool(self, head: Entry) -> list[Entry]:
        """Rows that might join ``head``, it among them: a round of one row a user, then the next."""
        most, found = LOOK * head.lane.max_rows, dict[int, Entry]()
        for entry in self._rounds(head.lane):
            found[id(entry)] = entry
            if len(found) >= most:
                break
        return list(found.values())

    def _rounds(self, lane: Lane) -> Iterator[Entry]:
        queues = ((e for e in entries if e.lane is lane) for entries in self._users.values())
        for turn in zip_longest(*queues):
            yield from (entry for entry in turn if entry is not None)


def _alike(head: Entry, pool: list[Entry]) -> list[Entry]:
    """The largest group around ``head`` found by adding its neighbours in length one by one."""
    if len(pool) == 1:
        return pool
    ranked = sorted(pool, key=lambda entry: entry.length)  # stable: by turn among equals
    low = next(i for i, entry in enumerate(ranked) if entry is head)
    high, total = low + 1, head.length
    while high - low < head.lane.max_rows:
        steps = []
        if high < len(ranked):
            steps.append((ranked[high].length, total + ranked[high].length, low, high + 1))
        if low:
            longest = ranked[high - 1].length
            steps.append((longest, total + ranked[low - 1].length, low - 1, high))
        fitting = [
            (longest * (b - a) / tokens, -b, tokens, a, b)
            for longest, tokens, a, b in steps
            if _fits(head.lane, longest, b - a, tokens)
        ]
        if not fitting:
            break
        _, _, total, low, high = min(fitting)
    return ranked[low:high]


def _fits(lane: Lane, longest: int, rows: int, tokens: int) -> bool:
    padded = longest * rows
    most = PADDING if lane.pads else 1.0
    return padded <= lane.max_tokens and padded <= most * tokens
