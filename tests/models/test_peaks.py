"""Peaks of memory: told of a run that was alone, and of no other."""

from __future__ import annotations

from mmap import mmap
from pathlib import Path

import pytest

from models.device import TorchDevice
from models.peaks import CudaGauge, HostGauge, Peaks
from models.zero_gpu.device import ZeroDevice

#: Bytes; a sixteenth of a gigabyte shows beside whatever else a process of tests does.
TAKEN = 64 * 1024**2


class Marks:
    """A gauge whose mark is set by the test."""

    def __init__(self, known=True):
        self.now, self.highest, self.known = 100, 100, known

    def take(self, size):
        self.highest = max(self.highest, self.now + size)

    def reset(self):
        self.highest = self.now
        return self.now if self.known else None

    def peak(self):
        return self.highest


def test_a_run_that_is_alone_is_told_what_it_took():
    marks = Marks()
    marks.take(999)  # before the run
    with Peaks(lambda: 3).watched(marks) as reading:
        marks.take(40)
        marks.take(25)
    assert reading.peak_bytes == 40


def test_runs_that_overlap_are_told_nothing_and_the_next_one_is_again():
    marks, peaks = Marks(), Peaks(lambda: 3)
    with peaks.watched(marks) as first:
        with peaks.watched(marks) as second:
            marks.take(40)
    assert (first.peak_bytes, second.peak_bytes) == (0, 0)
    with peaks.watched(marks) as third:
        marks.take(7)
    assert third.peak_bytes == 7


@pytest.mark.parametrize("loads", [[3, 4], [None, 3], [3, None]])
def test_a_load_beside_it_is_not_taken_for_the_runs_own(loads):
    marks, counts = Marks(), iter(loads)
    with Peaks(lambda: next(counts)).watched(marks) as reading:
        marks.take(40)
    assert reading.peak_bytes == 0


def test_nothing_is_told_where_the_system_has_no_such_mark():
    for gauge in (Marks(known=False), None):
        with Peaks(lambda: 3).watched(gauge) as reading:
            pass
        assert reading.peak_bytes == 0


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux has the mark")
def test_the_systems_own_mark_sees_memory_that_was_given_back():
    with Peaks(lambda: 0).watched(HostGauge()) as reading:
        with mmap(-1, TAKEN) as pages:  # fresh ones: malloc may hand out what earlier tests freed
            pages.write(bytes(TAKEN))
    assert 0.9 * TAKEN < reading.peak_bytes < 4 * TAKEN


def test_a_gpu_is_only_asked_in_the_process_that_computes_on_it():
    assert isinstance(TorchDevice("cuda:0", "").gauge("cuda:0"), CudaGauge)
    assert isinstance(TorchDevice("cuda:0", "").gauge("cpu"), HostGauge)
    assert ZeroDevice().gauge("cuda") is None
    assert TorchDevice("mps", "").gauge("mps") is None
