"""The C library's allocator, set up for a process that loads, runs and drops models all day (glibc).

Left alone, it keeps an arena for each of dozens of threads and puts tensors of up to 32 MB among small
objects: what an evicted model leaves behind can't be handed back, and a process that holds nothing any
more grows with every load. Other C libraries are left as they are. See ``mallopt(3)`` and decision 41.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # numbers of malloc.h
#: Memory areas that threads share.
_ARENAS = 2
#: While a model is built, what is larger has pages of its own: they go back when it goes.
_APART_BYTES = 256 * 1024
#: At other times nothing has: a pass makes and drops tensors of megabytes, and fresh pages for each
#: cost it a quarter of its time. The most that glibc takes.
_TOGETHER_BYTES = 32 * 1024**2
#: Free memory at the end of an area that is kept for the next pass.
_KEPT_BYTES = 256 * 1024**2


def settle() -> None:
    """Sets the allocator up; at best before the process has many threads."""
    library = _c_library()
    if library is not None:
        library.mallopt(_ARENA_MAX, _ARENAS)
        library.mallopt(_MMAP_THRESHOLD, _TOGETHER_BYTES)
        library.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)


@contextmanager
def weights_apart() -> Iterator[None]:
    """What is allocated in this block, by any thread, can go back to the system piece by piece.

    One block at a time: ``BUILD_LOCK`` sees to that.
    """
    library = _c_library()
    if library is None:
        yield
        return
    library.mallopt(_MMAP_THRESHOLD, _APART_BYTES)
    try:
        yield
    finally:
        library.mallopt(_MMAP_THRESHOLD, _TOGETHER_BYTES)


def trim() -> None:
    """Hands freed memory back to the system."""
    library = _c_library()
    if library is not None:
        library.malloc_trim(0)


@cache
def _c_library() -> Any:
    """The C library where it is glibc, which alone has ``malloc_trim``."""
    import ctypes

    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None
