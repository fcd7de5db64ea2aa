"""A dictionary that never changes, in two arrays and one string of bytes.

A pronunciation lexicon or the weights of a tagger are some hundred thousand entries. As Python's own
dictionaries they are two or more objects each, which take many times what is written in them, and which
every full garbage collection looks at. Here an entry is its JSON, found by its key's hash; a look-up takes
some millionths of a second.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Between a key and its value; no key may contain it.
_BETWEEN = "\0"


class Packed(Mapping[str, Any]):
    """See the module; a value is read anew from its JSON at each look-up.

    Args:
        entries: keys without a NUL, and values as JSON has them.
    """

    def __init__(self, entries: Mapping[str, Any]) -> None:
        by_hash = sorted(entries, key=hash)
        self._hashes: NDArray[np.int64] = np.fromiter(map(hash, by_hash), np.int64, len(by_hash))
        records = [f"{key}{_BETWEEN}{_written(entries[key])}".encode() for key in by_hash]
        ends = np.cumsum([0, *map(len, records)])
        self._ends: NDArray[np.uint32] = ends.astype(np.uint32)
        self._records = b"".join(records)

    def __getitem__(self, key: str) -> Any:
        wanted = hash(key)
        place = int(self._hashes.searchsorted(wanted))
        while place < len(self._hashes) and self._hashes[place] == wanted:
            found, value = self._at(place)
            if found == key:
                return json.loads(value)
            place += 1
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return (self._at(place)[0] for place in range(len(self)))

    def __len__(self) -> int:
        return len(self._hashes)

    @property
    def size_bytes(self) -> int:
        """What it takes."""
        return self._hashes.nbytes + self._ends.nbytes + len(self._records)

    def _at(self, place: int) -> tuple[str, str]:
        record = self._records[self._ends[place] : self._ends[place + 1]].decode()
        key, _, value = record.partition(_BETWEEN)
        return key, value


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
