"""A vector as a row of small coloured cells: blue above zero, orange below, the stronger the larger."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

#: Numbers of a vector that are drawn.
SHOWN = 64


def scale_of(vectors: Iterable[Sequence[float]]) -> float:
    """What is drawn in full colour: nearly the largest number, since a few of a model are far larger."""
    sizes = sorted(abs(value) for values in vectors for value in values[:SHOWN])
    return (sizes[int(0.98 * (len(sizes) - 1))] if sizes else 0.0) or 1.0


def strip_html(values: Sequence[float], scale: float, label: str) -> str:
    """The first ``SHOWN`` numbers of a vector; each tells its value when the mouse rests on it."""
    cells = "".join(_cell(place, value, scale) for place, value in enumerate(values[:SHOWN]))
    return (
        f'<div class="md-vector-strip" role="img" aria-label="{html.escape(label)}">{cells}</div>'
    )


def scale_html(scale: float, dimensions: int, more: str = "") -> str:
    """What the colours mean, and how many numbers are drawn.

    Args:
        scale: from ``scale_of``.
        dimensions: numbers in a vector.
        more: a further sentence, escaped.
    """
    first = min(SHOWN, dimensions)
    return (
        f'<p class="md-note md-scale">Numbers 1 to {first} of {dimensions:,}: '
        f'<i class="md-cell md-below" style="--v:1"></i> {-scale:.2f} or less <i class="md-cell" '
        f'style="--v:0"></i> 0 <i class="md-cell" style="--v:1"></i> {scale:.2f} or more. {more}</p>'
    )


def _cell(place: int, value: float, scale: float) -> str:
    kind = " md-below" if value < 0 else ""
    return (
        f'<i class="md-cell{kind}" style="--v:{min(1.0, abs(value) / scale):.2f}" '
        f'title="number {place + 1}: {value:.4f}"></i>'
    )
