"""Growing snapshots over a pipe, without what was sent before.

A snapshot of an hour of speech holds every piece so far. Between processes it would be copied whole
with each new sentence; here only the new end of each tuple goes over.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Delta:
    """One snapshot.

    Attributes:
        value: the snapshot, its tuples without their known beginnings.
        known: field -> how many of its items the receiver has from the snapshot before.
    """

    value: Any
    known: dict[str, int]


class Sender:
    """Makes deltas of the snapshots of one run."""

    def __init__(self) -> None:
        self._before: Any = None

    def pack(self, snapshot: Any) -> Delta:
        """The snapshot without what the one before it began with."""
        before, self._before = self._before, snapshot
        if type(before) is not type(snapshot) or not is_dataclass(snapshot):
            return Delta(snapshot, {})
        known = {
            field.name: len(old)
            for field in fields(snapshot)
            if field.init
            and _begins_with(getattr(snapshot, field.name), old := getattr(before, field.name))
        }
        ends = {name: getattr(snapshot, name)[count:] for name, count in known.items()}
        return Delta(replace(snapshot, **ends), known)  # type: ignore[type-var]


class Receiver:
    """Makes snapshots of the deltas of one run."""

    def __init__(self) -> None:
        self._before: Any = None

    def unpack(self, delta: Delta) -> Any:
        """The whole snapshot; its old parts are the same objects as in the one before."""
        value = delta.value
        if delta.known:
            wholes = {
                name: _joined(getattr(self._before, name), count, getattr(value, name))
                for name, count in delta.known.items()
            }
            value = replace(value, **wholes)
        self._before = value
        return value


def _joined(before: Any, count: int, end: Any) -> Any:
    """The whole of a field; an array that did not change is the same object."""
    return before if isinstance(before, np.ndarray) else before[:count] + end


def _begins_with(new: Any, old: Any) -> bool:
    """Whether a tuple holds another one's items, the same objects, at its beginning; or is the same array."""
    if isinstance(new, np.ndarray):
        return new is old and new.size > 0
    if not (isinstance(new, tuple) and isinstance(old, tuple)) or not 0 < len(old) <= len(new):
        return False
    return all(a is b for a, b in zip(new, old, strict=False))
