"""The table of a run over many rows, as the page draws it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.spec import Ranking
from tabs.parts.files import address
from tabs.parts.markup import note

#: Rows that the page draws; the files have all.
DRAWN = 200
#: Characters of a cell that the page draws.
CELL = 400

Columns = Mapping[str, str | float]


def score_columns(result: Ranking) -> dict[str, str | float]:
    """Labels with scores as columns: the best label, and the score of each."""
    best = result.scores[0]
    every = sorted(result.scores, key=lambda score: score.label)
    return {"label": best.label, "score": best.score, **{s.label: s.score for s in every}}


@dataclass(frozen=True)
class Done:
    """A row with its outcome, as the page draws it."""

    line: int
    text: str
    result: Columns
    error: str
    files: Sequence[Path] = ()


def table_html(shown: Sequence[Done], done: int, noun: str = "text") -> str:
    """The rows so far: line, text, the result's columns, and the error where there is one.

    Args:
        shown: at most ``DRAWN`` rows.
        done: how many there are in all.
        noun: what a row is.
    """
    if not shown:
        return ""
    names = list(dict.fromkeys(name for row in shown for name in row.result))
    made = ["Result"] if any(row.files for row in shown) else []
    heads = [
        "Line",
        noun.capitalize(),
        *made,
        *names,
        *(["Error"] if any(row.error for row in shown) else []),
    ]
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in heads)
    body = "".join(_row(row, names, files=bool(made), failures="Error" in heads) for row in shown)
    rest = note(f"The first {len(shown):,} of {done:,} rows; the files have all.")
    return (
        '<div class="md-table md-batch-table" tabindex="0" role="region" aria-label="Results">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{rest if done > len(shown) else ''}"
    )


def _row(row: Done, names: Sequence[str], *, files: bool, failures: bool) -> str:
    made = f'<td class="md-made">{"".join(map(preview_html, row.files))}</td>' if files else ""
    cells = "".join(_cell(row.result.get(name, "")) for name in names)
    error = f'<td class="md-failed">{_shown(row.error)}</td>' if failures else ""
    return (
        f'<tr><td>{row.line:,}</td><td dir="auto">{_shown(row.text)}</td>{made}{cells}{error}</tr>'
    )


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f'<td dir="auto">{_shown(value)}</td>'
    shown = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"  # a place is told in full
    return f'<td class="md-number">{shown}</td>'


def _shown(text: str) -> str:
    """Escaped, valid Unicode, and not longer than a cell may be."""
    cut = text if len(text) <= CELL else f"{text[: CELL - 3]}..."
    return html.escape(cut.encode("utf-8", "replace").decode("utf-8"))


def preview_html(path: Path) -> str:
    """A picture or a player for a file that a row made; nothing for another kind."""
    place, name = address(path), html.escape(path.name)
    if path.suffix == ".png":
        return f'<img src="{place}" alt="{name}" loading="lazy">'
    if path.suffix in (".wav", ".flac", ".mp3"):
        return f'<audio controls preload="none" src="{place}" aria-label="{name}"></audio>'
    return ""
