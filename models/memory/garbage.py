"""Garbage that dropped models leave in cycles, collected without holding everybody up.

For a full collection Python looks at every object of the process, 360,000 of them once transformers is
imported: 0.2 s in which no thread runs, and one came by itself with nearly every load. So before a model
is built, what imports have left is set aside (``gc.freeze``); a collection then looks at what came since,
which takes milliseconds. Models that were set aside with it need a full one when they go.
"""

from __future__ import annotations

import gc
import sys

#: Modules imported since the last time that are worth setting aside.
_NEW_MODULES = 20
_modules, _rounds = 0, 0


def set_aside() -> int:
    """Sets aside what there is, where much was imported; called under ``BUILD_LOCK``.

    Returns:
        The number of times so far: what is built now has been set aside once it is higher.
    """
    global _modules, _rounds
    if len(sys.modules) - _modules >= _NEW_MODULES:
        _modules, _rounds = len(sys.modules), _rounds + 1
        gc.freeze()
    return _rounds


def collect(built_at: int | None = None) -> None:
    """Collects the cycles of what was dropped.

    Args:
        built_at: what ``set_aside`` returned before it was built; None to look at everything.
    """
    whole = built_at is None or built_at < _rounds
    if whole:
        gc.unfreeze()
    gc.collect()
    if whole:
        gc.freeze()
