"""How many cores one run of torch on the CPU may take.

A step of a small network is over before a second core has begun; waiting for each other then costs
the cores five times the CPU time, and on busy ones everybody's time. Such networks run on one core.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Models below this many bytes run on one core.
SMALL_BYTES = 400_000_000


@contextmanager
def one_core() -> Iterator[None]:
    """Torch's work of the calling thread on one core; other threads keep what they have.

    ``torch.set_num_threads`` sets the calling thread's number, and one that threads take over when
    they first use torch. The latter is put back at once, from a thread that nobody needs.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    other = threading.Thread(target=torch.set_num_threads, args=(before,))
    other.start()
    other.join()
    try:
        yield
    finally:
        torch.set_num_threads(before)
