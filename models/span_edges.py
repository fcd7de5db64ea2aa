"""Where the best answer of a passage may start and end: the shares of the tokens around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.encoders import softmax
from models.span_decoding import Decoder


@dataclass(frozen=True)
class Edge:
    """A token of the window that holds the best answer.

    Attributes:
        start, end: character offsets of the token in the passage.
        begins: share of this token among the places where an answer may start, 0 to 1.
        ends: the same for the end.
    """

    start: int
    end: int
    begins: float
    ends: float


class Strip:
    """Keeps the start and end shares of the window that holds the best answer so far.

    Args:
        wanted: whether to keep anything.
    """

    def __init__(self, wanted: bool) -> None:
        self._wanted, self._best = wanted, -float("inf")
        self._kept: tuple[int, list[float], list[float]] | None = None

    def see(
        self,
        decoder: Decoder,
        cut: tuple[int, int],
        starts: NDArray[np.float32],
        ends: NDArray[np.float32],
        first: int,
    ) -> None:
        """Takes a window's (tokens,) logits; its passage tokens begin at index ``first``."""
        if self._wanted and decoder.best > self._best:
            self._best = decoder.best
            inside = slice(first, first + cut[1] - cut[0])
            shares = [softmax(row)[inside].tolist() for row in (starts, ends)]
            self._kept = (cut[0], shares[0], shares[1])

    def edges(self, offsets: list[tuple[int, int]]) -> tuple[Edge, ...]:
        """The kept window's tokens with their places; those that share a character, as bytes do, are one."""
        found = list[Edge]()
        at, begins, ends = self._kept or (0, [], [])
        places = offsets[at : at + len(begins)]
        for (start, end), begin, finish in zip(places, begins, ends, strict=True):
            if found and start < found[-1].end:
                same = found.pop()
                start, end = same.start, max(same.end, end)
                begin, finish = same.begins + begin, same.ends + finish
            found.append(Edge(start, end, begin, finish))
        return tuple(found)
