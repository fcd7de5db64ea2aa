"""How much more memory a run took at its peak, where that can be known: of a run that was alone.

The system keeps one high-water mark for the whole process (and CUDA one for each device), so a figure
belongs to a run only where no other run and no load was under way beside it. Linux lets a process set
its mark back (``/proc/self/clear_refs``, see proc(5)); elsewhere nothing is told. On a CPU the figure
counts pages of the weights that the run was the first to touch, and whatever the page took meanwhile.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

_STATUS, _MARKS = "/proc/self/status", "/proc/self/clear_refs"
#: More than the file ever has.
_STATUS_BYTES = 16_384
#: What sets the high-water mark of resident memory back to what is resident now.
_RESET = b"5"


class Gauge(Protocol):
    """A high-water mark of memory."""

    def reset(self) -> int | None:
        """Sets the mark back; the bytes taken now, or None where there is no such mark."""
        ...

    def peak(self) -> int:
        """The mark, in bytes."""
        ...


class HostGauge:
    """The resident memory of this process, on Linux."""

    def reset(self) -> int | None:
        """See ``Gauge``."""
        try:
            marks = os.open(_MARKS, os.O_WRONLY)
            try:
                os.write(marks, _RESET)
            finally:
                os.close(marks)
            return _kilobytes(b"VmRSS:")
        except (OSError, ValueError):
            return None

    def peak(self) -> int:
        """See ``Gauge``."""
        return _kilobytes(b"VmHWM:")


class CudaGauge:
    """What torch has allocated on a CUDA device.

    Args:
        device: torch device string.
    """

    def __init__(self, device: str) -> None:
        self._device = device

    def reset(self) -> int | None:
        """See ``Gauge``."""
        import torch

        if not torch.cuda.is_initialized():  # on ZeroGPU the device is another process's
            return None
        torch.cuda.reset_peak_memory_stats(self._device)
        return int(torch.cuda.memory_allocated(self._device))

    def peak(self) -> int:
        """See ``Gauge``."""
        import torch

        return int(torch.cuda.max_memory_allocated(self._device))


@dataclass
class Reading:
    """What a run took beyond what was taken before it; 0 where that is not known."""

    peak_bytes: int = 0


@dataclass(eq=False)
class _Course:
    alone: bool


class Peaks:
    """Watches the runs of a process.

    Args:
        loads: a number that changes with every load that begins, and None while one is under way.
    """

    def __init__(self, loads: Callable[[], int | None]) -> None:
        self._loads, self._mutex = loads, threading.Lock()
        self._going: set[_Course] = set()

    @contextmanager
    def watched(self, gauge: Gauge | None) -> Iterator[Reading]:
        """Measures what the block takes, and fills in the reading at its end if it was alone."""
        reading, course = Reading(), _Course(alone=True)
        loads = self._loads()
        with self._mutex:
            for other in self._going:
                other.alone = course.alone = False
            self._going.add(course)
        before = gauge.reset() if gauge and course.alone and loads is not None else None
        try:
            yield reading
        finally:
            peak = gauge.peak() if gauge and before is not None else 0
            with self._mutex:
                self._going.discard(course)
            if before is not None and course.alone and self._loads() == loads:
                reading.peak_bytes = max(0, peak - before)


def _kilobytes(name: bytes) -> int:
    """A line of ``/proc/self/status`` in bytes; read raw, since each run pays for it.

    Raises:
        ValueError: when there is no such line.
    """
    status = os.open(_STATUS, os.O_RDONLY)
    try:
        told = os.read(status, _STATUS_BYTES)
    finally:
        os.close(status)
    start = told.index(name) + len(name)
    return int(told[start : told.index(b"kB", start)]) * 1024
