"""One memory: its budget, the working memory of runs charged to it, and the line for room in it.

Guarded by the mutex of the books. The bytes of models are kept by their entries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from models.memory.entry import Entry
from models.residency import Occupant, Plan, plan

#: Name of the ledger of parked copies: pinned host memory.
PINNED = "pinned"


def bytes_of(entry: Entry, memory: str) -> int:
    """What a model is charged of a memory: by itself, or as the copy of one that is on the device."""
    copied = entry.copy_bytes if memory == PINNED else 0
    return copied + (entry.size_bytes if entry.memory == memory else 0)


@dataclass(eq=False)
class Reservation:
    """A load that waits for room.

    Attributes:
        entry: the model.
        needed: bytes it will be charged.
        since: when it came into the line.
        drained: models that take no newcomers because of it.
    """

    entry: Entry
    needed: int
    since: float
    drained: set[Entry] = field(default_factory=set)


@dataclass(eq=False)
class Activation:
    """The working memory of one run, charged or waited for.

    Attributes:
        size_bytes: what it is charged.
        thread: identity of the thread that asked.
        since: when it asked.
    """

    size_bytes: int
    thread: int
    since: float


@dataclass(eq=False)
class Ledger:
    """One memory.

    Attributes:
        name: torch device string.
        budget_bytes: what models and runs may take together.
        line: loads that wait for room, first come first served.
        running: activations that are charged.
        waiting: activations that wait, first come first served.
        lone: activations that ran alone although they did not fit beside their model.
    """

    name: str
    budget_bytes: int
    line: list[Reservation] = field(default_factory=list)
    running: list[Activation] = field(default_factory=list)
    waiting: list[Activation] = field(default_factory=list)
    lone: int = 0

    @property
    def activation_bytes(self) -> int:
        """Working memory of all runs that are under way."""
        return sum(activation.size_bytes for activation in self.running)

    @property
    def waiting_since(self) -> list[float]:
        """When each load and run that waits for this memory came into the line."""
        loads = [reservation.since for reservation in self.line]
        return loads + [activation.since for activation in self.waiting]

    def occupants(self, entries: Iterable[Entry]) -> list[Occupant]:
        """Everything charged to this memory now."""
        found = [e.occupant() for e in entries if e.memory == self.name and e.size_bytes]
        if self.running:
            found.append(Occupant("runs", self.activation_bytes, 0.0, busy=True, fixed=True))
        return found

    def plan(self, needed: int, entries: Iterable[Entry], now: float) -> Plan:
        """How ``needed`` bytes could find room; see ``models.residency.plan``."""
        return plan(needed, self.budget_bytes, self.occupants(entries), now)
