"""Cuts a long text into pieces that end with a sentence, and puts their entities together again.

For models that read whole strings, such as spaCy's. A sentence longer than a piece is cut between
words, and the two pieces overlap there: each entity near the seam is taken once, from the piece in
which it begins before the seam, or from the next one.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from models.sentences import sentences

#: A found entity: label, start and end in characters.
Found = tuple[str, int, int]


@dataclass(frozen=True)
class Piece:
    """A part of a text, in characters.

    Attributes:
        start, end: what is read.
        owned_start, owned_end: what counts; neighbours share an edge here, and the same as ``start``
            and ``end`` where a sentence ends.
    """

    start: int
    end: int
    owned_start: int
    owned_end: int


def pieces(text: str, size: int, margin: int) -> list[Piece]:
    """Pieces of at most ``size`` characters that together own the whole text.

    Args:
        text: any text.
        size: longest piece, more than six times ``margin``.
        margin: characters read on each side of a seam inside a sentence; about half of the overlap.
    """
    ends = [end for _, end in sentences(text)]
    found: list[Piece] = []
    start = owned_start = 0
    while owned_start < len(text):
        limit = start + size
        at = bisect_right(ends, limit) - 1
        if limit >= len(text):
            end = owned_end = following = len(text)
        elif at >= 0 and ends[at] > owned_start:
            end = owned_end = following = ends[at]
        else:
            end = _gap(text, limit, margin)
            owned_end = _gap(text, end - margin, margin)
            following = _gap(text, owned_end - margin, margin)
        found.append(Piece(start, end, owned_start, owned_end))
        start, owned_start = following, owned_end
    return found


def _gap(text: str, at: int, reach: int) -> int:
    """The last place up to ``at`` between two words, at most ``reach`` before it; else ``at``."""
    for place in range(at, at - reach, -1):
        if text[place - 1].isspace() != text[place].isspace():
            return place
    return at


def taken(piece: Piece, found: list[Found], since: int) -> list[Found]:
    """The entities of a piece that count: none twice, none lost.

    Args:
        piece: where they were found.
        found: offsets into the whole text, in order.
        since: end of the last entity taken from earlier pieces.
    """
    kept: list[Found] = []
    for label, start, end in found:
        if start >= since and end > piece.owned_start and start < piece.owned_end:
            kept.append((label, start, end))
            since = end
    return kept
