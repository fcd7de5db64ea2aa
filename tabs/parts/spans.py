"""Draws spans over a text, whether they lie apart, inside one another or across each other.

A span inside another is a mark inside its mark. Where two cross, the one that ends first is cut at the
beginning of the other, so that each character is inside the marks of all the spans it belongs to. Spans
that share characters have a line of their own each, below the text (``assets/css/spans.css``). What the
spans are called is drawn by the style sheet, behind the end of each: the text of the drawing, and what
is copied from it, is the text that was given. Text of a person is data: escaped.
"""

from __future__ import annotations

import html
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: Lines below each other that have a place of their own; spans in deeper ones share the last.
LINES = 12


@dataclass(frozen=True)
class Span:
    """What is drawn over a text.

    Attributes:
        start, end: characters of the text, end excluded; one without any is not drawn.
        kind: class names of the style sheet.
        label: a short word, drawn behind the end of the span.
        told: what it is, for who points at it.
        name: what names it inside its drawing, for ``assets/js/spans.js``.
    """

    start: int
    end: int
    kind: str
    label: str
    told: str
    name: str


@dataclass
class _Piece:
    """A mark: a span, or what of it stands between two cuts.

    Attributes:
        of: index of the span.
        start: where it begins.
        over: indexes of the spans around it, itself the first and the outermost the last.
        free: whether no other span is cut where it begins.
        end: where it ends; known once it is closed.
    """

    of: int
    start: int
    over: tuple[int, ...]
    free: bool
    end: int = 0


@dataclass(frozen=True)
class _Step:
    """What comes next in a drawing: a piece of a span opens or closes, or else text runs on.

    Attributes:
        start, end: characters of the text that runs on; both 0 for a piece.
        piece: what opens or closes, and where text runs on the innermost piece around it; None for none.
        opens: whether the piece opens.
    """

    start: int = 0
    end: int = 0
    piece: _Piece | None = None
    opens: bool = False


def spans_html(
    text: str,
    spans: Sequence[Span],
    kind: str,
    label: str,
    *,
    until: int | None = None,
    between: Callable[[int, int], str] | None = None,
) -> str:
    """The text as it is, white space included, with a mark for every span.

    Args:
        text: any text.
        spans: in any order.
        kind: class name of the whole.
        label: name of the whole for screen readers.
        until: characters of the text that are drawn, and no span that ends behind; all when None.
        between: draws characters that are in no span; they are escaped when None.
    """
    length = len(text) if until is None else until
    here = [span for span in spans if 0 <= span.start < span.end <= length]
    lines, layered = _lines(here), _shared([(span.start, span.end) for span in here])
    drawn = list[str]()
    for step in _woven(here, length):
        piece = step.piece
        if step.end and piece is None and between is not None:
            drawn.append(between(step.start, step.end))
        elif step.end:
            drawn.append(html.escape(text[step.start : step.end]))
        elif step.opens and piece is not None:
            drawn.append(_opening(piece, here, lines[piece.of] if layered[piece.of] else None))
        else:
            drawn.append("</mark>")
    deep = max(lines, default=0)
    style = f' style="--md-levels:{deep}"' if deep else ""
    return (
        f'<div class="{kind} md-spans" dir="auto" tabindex="0" role="region"'
        f' aria-label="{html.escape(label)}"{style}>{"".join(drawn)}</div>'
    )


def overlapping(spans: Sequence[tuple[int, int]]) -> int:
    """How many of these spans, as (start, end), share a character with another one."""
    return sum(_shared([(start, end) for start, end in spans if start < end]))


def _opening(piece: _Piece, spans: Sequence[Span], line: int | None) -> str:
    """The tag that opens a piece; its last piece has the span's label.

    Args:
        piece: what opens, with its end known.
        spans: all of them.
        line: its line below the text, the uppermost is 0; None where it shares no character.
    """
    span = spans[piece.of]
    kind, style = span.kind, ""
    if line is not None:
        kind += " md-layer" + (" md-begins" if piece.free else "")
        style = f' style="--md-level:{line}"'
    label = f' data-label="{html.escape(span.label)}"' if piece.end == span.end else ""
    told = html.escape("\n".join(spans[n].told for n in piece.over))
    return (
        f'<mark class="md-span {kind}" data-span="{html.escape(span.name)}"{label}'
        f' title="{told}"{style}>'
    )


def _woven(spans: Sequence[Span], length: int) -> list[_Step]:
    """Text and pieces in the order in which they are drawn.

    The pieces that are open lie inside one another, and each ends no later than the one around it: so
    what ends is always the innermost. Where a span begins that ends later than some of them, those are
    closed, and opened again inside it.
    """
    begins = defaultdict[int, list[int]](list)
    for n, span in enumerate(spans):
        begins[span.start].append(n)
    edges = sorted({0, length, *begins, *(span.end for span in spans)})
    steps, around = list[_Step](), list[_Piece]()  # around: outermost first

    def close(at: int) -> int:
        piece = around.pop()
        piece.end = at
        steps.append(_Step(piece=piece))
        return piece.of

    for at, following in pairwise(edges):
        while around and spans[around[-1].of].end == at:
            close(at)
        new = begins.get(at, ())
        furthest = max((spans[n].end for n in new), default=0)
        cut = list[int]()
        while around and spans[around[-1].of].end < furthest:
            cut.append(close(at))
        for n in sorted([*new, *cut], key=lambda n: (-spans[n].end, spans[n].start, n)):
            over = (n, *(piece.of for piece in reversed(around)))
            around.append(_Piece(n, at, over, free=not cut))
            steps.append(_Step(piece=around[-1], opens=True))
        steps.append(_Step(at, following, around[-1] if around else None))
    while around:
        close(length)
    return steps


def _shared(spans: Sequence[tuple[int, int]]) -> list[bool]:
    """For each span whether it shares a character with another one."""
    order = sorted(range(len(spans)), key=lambda n: spans[n])
    found, reach = [False] * len(spans), 0
    for n, following in pairwise([*order, -1]):
        start, end = spans[n]
        before = start < reach
        after = following >= 0 and spans[following][0] < end
        found[n] = before or after
        reach = max(reach, end)
    return found


def _lines(spans: Sequence[Span]) -> list[int]:
    """The line of each span below the text: of those that share a character, no two have the same one.

    The shortest choose first, so that what lies inside another is nearer to the text.
    """
    found, taken = [0] * len(spans), list[list[tuple[int, int]]]()
    for n in sorted(range(len(spans)), key=lambda n: (spans[n].end - spans[n].start, n)):
        start, end = spans[n].start, spans[n].end
        line = next((i for i, row in enumerate(taken) if _free(row, start, end)), len(taken))
        if line == len(taken):
            taken.append([])
        insort(taken[line], (start, end))
        found[n] = min(line, LINES - 1)
    return found


def _free(row: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether a line, whose spans lie apart and in order, has room for one more."""
    at = bisect_left(row, (start, end))
    return (at == 0 or row[at - 1][1] <= start) and (at == len(row) or end <= row[at][0])
