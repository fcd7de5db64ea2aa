"""The C library's allocator: dropped models go back to the system, passes do not pay for that."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

#: Drops 200 tensors of a megabyte that lie among small objects, and prints the share that went back.
_SCRIPT = """
import sys
from contextlib import nullcontext
import numpy, psutil
from models import allocator

def resident():
    return psutil.Process().memory_info().rss

allocator.settle()
with allocator.weights_apart() if sys.argv[1] == "apart" else nullcontext():
    before = resident()
    weights, small = [], []
    for _ in range(200):
        weights.append(numpy.ones(2**20, numpy.uint8))
        small.append(numpy.ones(2**14, numpy.uint8))
taken = resident() - before
weights.clear()
if sys.argv[2:] == ["trim"]:
    allocator.trim()
print((taken - (resident() - before)) / 200 / 2**20)
"""


def went_back(*arguments: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *arguments], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library than glibc"
)
def test_weights_go_back_when_they_are_dropped_and_what_passes_use_stays_at_hand():
    assert went_back("apart") > 0.9
    assert went_back("together") < 0.1
    assert went_back("together", "trim") > 0.9
