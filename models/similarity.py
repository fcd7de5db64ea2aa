"""What vectors of texts say about each other: cosines, the nearest and the farthest pair, a flat map.

Plain numpy over arrays; knows no model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Pair(NamedTuple):
    """Two texts by their numbers, counted from 0, and the cosine of their vectors, -1 to 1."""

    first: int
    second: int
    cosine: float


@dataclass(frozen=True)
class Map:
    """Vectors seen from where they lie farthest apart.

    Attributes:
        places: (texts, 2) float32: coordinates, of which only the distances mean something.
        kept: share of the differences between the vectors that the picture shows, 0 to 1.
    """

    places: Floats
    kept: float


def cosines(vectors: Floats, others: Floats | None = None) -> Floats:
    """Cosine of each vector to each of the others, (vectors, others) float32, -1 to 1.

    Args:
        vectors: (n, dimensions), of any length; one of length 0 has a cosine of 0 to all.
        others: (m, dimensions); the same when None.
    """
    first = unit(vectors)
    second = first if others is None else unit(others)
    found: Floats = np.clip(first @ second.T, -1.0, 1.0).astype(np.float32)
    return found


def unit(vectors: Floats) -> Floats:
    """The vectors scaled to length 1 along the last axis, (..., dimensions); those of length 0 stay."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Floats = vectors / np.maximum(length, 1e-12)
    return scaled


def extremes(table: Floats) -> tuple[Pair, Pair]:
    """The most and the least similar pair of different texts.

    Args:
        table: (n, n) cosines of 2 texts or more.
    """
    rows, columns = np.triu_indices(len(table), 1)
    values = table[rows, columns]

    def pair(at: int) -> Pair:
        return Pair(int(rows[at]), int(columns[at]), float(values[at]))

    return pair(int(values.argmax())), pair(int(values.argmin()))


def flat_map(vectors: Floats) -> Map:
    """The vectors on a plane, by their two principal components.

    The plane is the one on which their differences are largest (Pearson 1901). A component's sign is
    chosen so that its largest number is positive: the same vectors always give the same picture.

    Args:
        vectors: (n, dimensions), 2 or more.
    """
    centred = vectors - vectors.mean(0)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    sizes, count = sizes[:2], min(2, len(sizes))
    signs = np.sign(right[np.arange(count), np.abs(right[:count]).argmax(1)])
    places = np.zeros((len(vectors), 2), np.float32)
    places[:, :count] = left[:, :count] * sizes * np.where(signs == 0, 1, signs)
    whole = float((centred**2).sum())
    return Map(places, float((sizes**2).sum()) / whole if whole > 0 else 1.0)


def rank_agreement(first: Floats, second: Floats) -> float:
    """Spearman's rank correlation of two tables of cosines over their pairs of different texts.

    Args:
        first, second: (n, n) of the same 3 texts or more.

    Returns:
        1 when both order the pairs alike, -1 when the other way round; 0 when one has no order.
    """
    places = np.triu_indices(len(first), 1)
    ranks = [_ranks(table[places]) for table in (first, second)]
    spread = [float(rank.std()) for rank in ranks]
    if not all(spread):
        return 0.0
    product = float(((ranks[0] - ranks[0].mean()) * (ranks[1] - ranks[1].mean())).mean())
    return product / (spread[0] * spread[1])


def _ranks(values: Floats) -> NDArray[np.float64]:
    """Rank of each value; equal ones share the mean of their ranks."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: NDArray[np.float64] = (ends - (counts - 1) / 2)[group]
    return means
