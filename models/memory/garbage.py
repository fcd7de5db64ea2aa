"""Garbage that dropped models leave in cycles, collected without holding everybody up.

For a full collection Python looks at every object of the process, 360,000 of them once transformers is
imported: 0.2 s in which no thread runs, and one came by itself with nearly every load. So before a model
is built, what imports have left is set aside (``gc.freeze``); a collection then looks at what came since,
which takes milliseconds. Models that were set aside with it need a full one when they go. After that nothing
is set aside for a minute: a thread may have what has left in its hands for a moment.

What is set aside as garbage stays until the next full one. So it is collected first, no other thread may set
anything aside meanwhile, a collection that found another one going on, beside which Python does nothing and
says nothing, is repeated, and a full one comes now and then.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
import weakref

#: So many modules imported since the last time are worth setting aside.
NEW_MODULES = 20
#: How often a collection is tried beside another one, and the pause after each, in seconds.
_TRIES, _PAUSE_S = 200, 0.005
#: Longest time without a full one, where models leave; as long, nothing is set aside after one. In seconds.
_WHOLE_EVERY_S = 60.0
_modules, _rounds, _whole_at = 0, 0, 0.0
#: Whether what was set aside was taken back.
_loose = False
_mutex = threading.Lock()


_now = time.monotonic


class _Ring:
    """Garbage as soon as nobody else refers to it, and of the kind that only a collection finds."""

    def __init__(self) -> None:
        self.itself = self


def set_aside() -> int:
    """Sets aside what there is, where much was imported; called under ``BUILD_LOCK``.

    Returns:
        The number of times so far: what is built now has been set aside once it is higher.
    """
    global _modules, _rounds, _loose
    with _mutex:
        imported = len(sys.modules) - _modules >= NEW_MODULES
        if imported or (_loose and _long_ago()):
            _modules, _rounds, _loose = len(sys.modules), _rounds + 1, False
            _sweep()
            gc.freeze()
        return _rounds


def collect(built_at: int | None = None) -> None:
    """Collects the cycles of what was dropped.

    Args:
        built_at: what ``set_aside`` returned before it was built; None to look at everything.
    """
    global _loose, _whole_at
    with _mutex:
        if built_at is None or built_at < _rounds or _long_ago():
            gc.unfreeze()
            _loose, _whole_at = True, _now()
        _sweep()


def _long_ago() -> bool:
    return _whole_at + _WHOLE_EVERY_S < _now()


def _sweep() -> None:
    """A collection that has really taken place; gives up where another one goes on for a second."""
    for _ in range(_TRIES):
        ring = weakref.ref(_Ring())
        gc.collect()
        if ring() is None:
            return
        time.sleep(_PAUSE_S)
