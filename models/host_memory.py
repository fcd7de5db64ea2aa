"""The memory of the machine that this process runs on: what is free, and what it takes.

Knows no torch. A device that is not the CPU has this memory beside its own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from models.control_groups import left_bytes
from models.peaks import Gauge, HostGauge
from models.spec import Engine

#: Share of the memory that is free at the first load which models may use; the rest is for
#: activations, the page and the operating system.
BUDGET_SHARE = 0.7
#: Share of the host memory that is free at the first load which parked copies may pin: pinned pages
#: can't be swapped out, so most of the memory must stay with the others.
PARK_SHARE = 0.25


class HostMemory:
    """What every device can say of the host beside it; one that gains from parking overrides that."""

    def host_budget_bytes(self) -> int:
        """The same share of the host's memory."""
        return int(available_memory_bytes() * BUDGET_SHARE)

    def host_free_bytes(self) -> int:
        """What the machine or the control group has left."""
        return available_memory_bytes()

    def park_budget_bytes(self) -> int:
        """0: nothing is parked."""
        return 0

    def beside_runs(self) -> AbstractContextManager[None]:
        """Nothing to do: what is read into the host's memory waits for no stream."""
        return nullcontext()

    def park(self, engine: Engine) -> bool:
        """False: nothing is parked."""
        return False

    def gauge(self, memory: str) -> Gauge | None:
        """The high-water mark of the CPU's memory; None for another one, which is not this process's."""
        return HostGauge() if memory == "cpu" else None

    def unpark(self, engine: Engine) -> None:
        """Nothing: what was never parked is where it was built."""

    def forget_copy(self, engine: Engine) -> None:
        """Nothing: there is none."""


def available_memory_bytes() -> int:
    """Free memory of the machine or of the process's control groups, whichever is least."""
    import psutil

    free, left = int(psutil.virtual_memory().available), left_bytes()
    return free if left is None else min(free, left)


def process_memory_bytes() -> int:
    """Resident memory of this process."""
    import psutil

    return int(psutil.Process().memory_info().rss)
