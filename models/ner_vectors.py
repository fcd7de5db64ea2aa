"""Which row of a spaCy pipeline's word vectors belongs to which word, in two arrays.

spaCy keeps it as a dictionary: two Python objects for each word, 1.4 million for ``en_core_web_md``, made
anew by each load. Here it is a sorted array of the words' hashes and one of their rows, a tenth of the
memory; a word is found by halving, in about two millionths of a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Beside the files that spaCy itself reads.
_KEYS, _ROWS = "word_keys.npy", "word_rows.npy"


class Rows(Mapping[int, int]):
    """Hash of a word -> row of its vector, as ``spacy.vectors.Vectors.key2row`` is asked.

    Args:
        keys: (words,) uint64, ascending.
        rows: (words,) int32, of the same words.
    """

    def __init__(self, keys: NDArray[np.uint64], rows: NDArray[np.int32]) -> None:
        self._keys, self._rows = keys, rows

    def __getitem__(self, key: int) -> int:
        place = int(self._keys.searchsorted(np.uint64(key)))
        if place == len(self._keys) or self._keys[place] != key:
            raise KeyError(key)
        return int(self._rows[place])

    def __iter__(self) -> Iterator[int]:
        yield from self._keys.tolist()

    def __len__(self) -> int:
        return len(self._keys)


def write_rows(rows: Mapping[int, int], vocabulary: Path) -> None:
    """Writes both arrays into a pipeline's ``vocab`` folder."""
    keys = np.array(sorted(rows), np.uint64)
    np.save(vocabulary / _KEYS, keys)
    np.save(vocabulary / _ROWS, np.array([rows[int(key)] for key in keys], np.int32))


def has_rows(vocabulary: Path) -> bool:
    """Whether ``write_rows`` has been here."""
    return (vocabulary / _KEYS).is_file()


def give_vectors(pipeline: Any, vocabulary: Path) -> None:
    """Gives a pipeline that was loaded without its vectors those of a ``vocab`` folder."""
    vectors = pipeline.vocab.vectors
    vectors.data = np.load(vocabulary / "vectors")
    vectors.key2row = Rows(np.load(vocabulary / _KEYS), np.load(vocabulary / _ROWS))
