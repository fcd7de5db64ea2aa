"""Small pieces of safe HTML that several tabs draw. Text that came from a person is data: escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


def bars(rows: Iterable[tuple[str, float]], *, label: str) -> str:
    """Horizontal bars for values from 0 to 1.

    Args:
        rows: (name, value) pairs, drawn in this order.
        label: what the values are, for screen readers.
    """
    drawn = "".join(_bar(name, value) for name, value in rows)
    return f'<div class="md-bars" role="list" aria-label="{html.escape(label)}">{drawn}</div>'


def _bar(name: str, value: float) -> str:
    share = max(0.0, min(1.0, value))
    return (
        f'<div class="md-bar" role="listitem"><span class="md-bar-name">{cell(name)}</span>'
        f'<span class="md-bar-track"><span class="md-bar-fill" style="width:{share:.1%}"></span></span>'
        f'<span class="md-bar-value">{value:.1%}</span></div>'
    )


def labels_html(labels: Sequence[str], threshold: float) -> str:
    """The labels whose score reaches a threshold, 0 to 1, each scored by itself; or that none does."""
    said = html.escape(", ".join(labels))
    none = f'<span translate="yes">no label reaches {threshold:.0%}</span>'
    return f'<p class="md-labels"><strong>{said or none}</strong></p>'


class Ours(str):
    """A text of the page where texts of people stand: it is translated, theirs are not."""


def cell(text: str) -> str:
    """A text as safe HTML, marked where it is the page's own."""
    drawn = html.escape(text)
    return f'<span translate="yes">{drawn}</span>' if isinstance(text, Ours) else drawn


def note(text: str) -> str:
    """A muted line of text."""
    return f'<p class="md-note">{html.escape(text)}</p>'


def outside(address: str, text: str = "Open it at the Hub") -> str:
    """A link that leaves the page, which stays as it is in a tab of its own."""
    where = html.escape(address)
    return f'<a href="{where}" target="_blank" rel="noopener noreferrer">{html.escape(text)}</a>'


def said(text: str) -> str:
    """A line that answers a click."""
    return f'<div class="md-status" role="status">{html.escape(text)}</div>'


def block(text: str) -> str:
    """A text of some length as it is, line breaks included, in the direction it is written."""
    return f'<div class="md-text" dir="auto" tabindex="0">{html.escape(text)}</div>'


def empty(text: str) -> str:
    """What an output shows before the first run."""
    return f'<div class="md-empty">{html.escape(text)}</div>'


def figures(pairs: Iterable[tuple[str, str]]) -> str:
    """Name and value pairs in a row, such as counts."""
    drawn = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in pairs
    )
    return f'<dl class="md-figures">{drawn}</dl>'
