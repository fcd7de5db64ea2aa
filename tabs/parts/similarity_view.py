"""Draws vectors of texts: a table of cosines, a map, the vectors themselves. Text of a person is data."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from models.embeddings import Embeddings
from models.similarity import Floats, Map, Pair, cosines, extremes, flat_map, rank_agreement
from models.units import counted
from tabs.parts.differences import grid, sentence
from tabs.parts.markup import empty, figures, note
from tabs.parts.vector_strip import scale_html, scale_of, strip_html

#: Texts that the table, the map and the list of vectors draw, and characters of each.
DRAWN, CUT = 40, 70
#: Side of the map and room at its edges, in pixels of its own.
SIDE, EDGE = 400, 26
#: Pairs that a comparison of models names.
NAMED = 3


def similarity_html(texts: Sequence[str], found: Embeddings) -> str:
    """Everything about the texts that were read so far: words, table, map, vectors.

    Args:
        texts: all of them.
        found: the vectors of the first ones.
    """
    read = list(texts[: len(found.vectors)])
    parts = [] if len(read) < 2 else [table_part(read, found)]
    if len(read) > 2:
        parts.append(_folded("Map of the texts", map_html(read, flat_map(found.vectors))))
    drawn = vectors_html(read, found)
    parts.append(_folded("The vectors", drawn) if len(read) > 1 else drawn)
    return f'<div class="md-similarity">{"".join(parts)}</div>'


def table_part(texts: Sequence[str], found: Embeddings) -> str:
    """The nearest and the farthest pair in words, the table of cosines, and how the texts were read."""
    table = cosines(found.vectors)
    return pairs_html(texts, table) + heat_html(texts[:DRAWN], table[:DRAWN, :DRAWN]) + reading_html(
        len(texts), found
    )  # fmt: skip


def pairs_html(texts: Sequence[str], table: Floats) -> str:
    """The most and the least similar pair."""
    most, least = extremes(table)
    if most[:2] == least[:2]:
        return f'<dl class="md-pairs">{_pair("Cosine of the two", texts, most)}</dl>'
    return (
        f'<dl class="md-pairs">{_pair("Most similar", texts, most)}'
        f"{_pair('Least similar', texts, least)}</dl>"
    )


def heat_html(texts: Sequence[str], table: Floats) -> str:
    """A table with a cosine in each cell, the stronger its colour the higher in this table.

    ``assets/js/similarity.js`` tells both texts of a cell that is pointed at or reached by arrow keys.
    """
    low, high = _range(table)
    heads = "".join(
        f'<th scope="col" translate="no" title="{html.escape(_short(text))}">{number}</th>'
        for number, text in enumerate(texts, start=1)
    )
    rows = "".join(
        _row(number, text, table[number], low, high) for number, text in enumerate(texts)
    )
    return (
        '<div class="md-heat-map" tabindex="0" role="region" aria-label="Table of cosine similarities">'
        f'<table><thead><tr><th scope="col">Text</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        '</div><p class="md-pair-said" role="status">Point at a cell, or go through them with the arrow '
        "keys.</p>"
        f'<p class="md-note md-heat-scale">Cosine: <i style="--v:0"></i> {low:z.2f} the lowest here '
        f'<i style="--v:1"></i> {high:z.2f} the highest. 1 is the same direction, 0 nothing in common.</p>'
    )


def reading_html(count: int, found: Embeddings) -> str:
    """How the vectors were made, and everything that was left out or assumed."""
    parts = [f"Each vector is {found.recipe.said}. {found.recipe.source}"]
    parts.append(prefix_said(found.prefix, found.recipe.prefixes.source))
    long = sum(windows > 1 for windows in found.windows)
    if long:
        noun = "1 text is" if long == 1 else f"{long:,} texts are"
        parts.append(
            f"{noun} longer than the {found.max_tokens:,} tokens that are read at once: read in windows, "
            "whose vectors were averaged, which blurs them."
        )
    if len(found.vectors) < found.texts:
        parts.append(f"{len(found.vectors):,} of {found.texts:,} texts were read.")
    if count > DRAWN:
        parts.append(
            f"The table has the first {DRAWN} texts; the pairs above and the files have all."
        )
    kind = " md-foreign" if found.recipe.assumed else ""
    return f'<p class="md-note{kind}">{html.escape(" ".join(parts))}</p>'


def prefix_said(prefix: str, source: str) -> str:
    """One sentence on what stood before the texts."""
    if prefix:
        return f"Before each text stood \u201c{visible(prefix)}\u201d{f', {source}' if source else ''}."
    return "No prefix stood before the texts."


def map_html(texts: Sequence[str], found: Map) -> str:
    """The texts as numbered dots, near where their vectors are near."""
    drawn = "".join(
        _dot(number, text, x, y)
        for number, (text, (x, y)) in enumerate(
            zip(texts[:DRAWN], _placed(found.places)[:DRAWN], strict=True), start=1
        )
    )
    rows = "".join(f"<li>{html.escape(_short(text))}</li>" for text in texts[:DRAWN])
    return (
        f'<div class="md-map"><svg viewBox="0 0 {SIDE} {SIDE}" role="img" '
        f'aria-label="Map of {len(texts[:DRAWN])} texts by their vectors">{drawn}</svg>'
        f'<ol class="md-map-key" dir="auto">{rows}</ol></div>'
        + note(
            f"The two directions in which these vectors differ most (principal components). They show "
            f"{found.kept:.0%} of the differences, so what looks near here may be apart elsewhere."
        )
    )


def vectors_html(texts: Sequence[str], found: Embeddings) -> str:
    """Size, length and the first numbers of each vector."""
    values = [row.tolist() for row in found.vectors[:DRAWN]]
    scale = scale_of(values)
    norms = np.linalg.norm(found.vectors, axis=1)
    counts = [
        ("dimensions", f"{found.dimensions:,}"),
        ("vectors", f"{len(found.vectors):,}"),
        ("length", _between(float(norms.min()), float(norms.max()))),
        ("bytes each", f"{found.dimensions * 4:,}"),
    ]
    rows = "".join(
        f"<li><b>{number}</b>{strip_html(row, scale, f'Vector of text {number}')}"
        f'<small><span dir="auto">{html.escape(_short(text))}</span> \u00b7 '
        f"<span>{counted(tokens, 'token')}</span></small></li>"
        for number, (text, row, tokens) in enumerate(
            zip(texts[:DRAWN], values, found.tokens[:DRAWN], strict=True), start=1
        )
    )
    lone = reading_html(len(texts), found) if len(texts) == 1 else ""
    left = len(texts) - DRAWN
    rest = note(f"{left:,} more are in the files.") if left > 0 else ""
    return (
        f'{figures(counts)}<ol class="md-text-vectors">{rows}</ol>{rest}'
        f"{scale_html(scale, found.dimensions)}{lone}"
    )


def side_html(found: Embeddings, texts: Sequence[str]) -> str:
    """The table beside that of another model."""
    if len(found.vectors) < 2:
        return empty("A comparison needs two texts or more.")
    return table_part(texts, found)


def agreement_html(first: Embeddings, second: Embeddings, texts: Sequence[str]) -> str:
    """How alike two models order the pairs, and the pairs that they see most differently."""
    count = min(len(first.vectors), len(second.vectors))
    tables = [cosines(found.vectors[:count]) for found in (first, second)]
    if count < 3:
        return sentence("With fewer than three texts there is no order of pairs to compare.")
    agreement = rank_agreement(*tables)
    line = sentence(f"{_agreement(agreement)} (rank correlation {agreement:.2f}).")
    rows = [
        [f"{a + 1} and {b + 1}", f"{_short(texts[a])} | {_short(texts[b])}", *_places(tables, a, b)]
        for a, b in _disputed(tables)[:NAMED]
    ]
    why = note(
        "Cosines of two models are no common scale: what can be compared is the order of the pairs."
    )
    return line + grid(["Pair", "Texts", "First", "Second"], rows) + why


def _agreement(value: float) -> str:
    if value > 0.8:
        return "Both models put the pairs in nearly the same order"
    return "The models agree in part on which pairs are alike" if value > 0.4 else (
        "The models hardly agree on which pairs are alike"
    )  # fmt: skip


def _disputed(tables: Sequence[Floats]) -> list[tuple[int, int]]:
    """The pairs, those first whose place in the order of both models differs most."""
    rows, columns = np.triu_indices(len(tables[0]), 1)
    places = [np.argsort(np.argsort(-table[rows, columns])) for table in tables]
    order = np.argsort(-np.abs(places[0] - places[1]), kind="stable")
    return [(int(rows[at]), int(columns[at])) for at in order]


def _places(tables: Sequence[Floats], a: int, b: int) -> list[str]:
    """A pair's cosine and its place among all pairs, by each model."""
    found = []
    for table in tables:
        values = table[np.triu_indices(len(table), 1)]
        place = int((values > table[a, b]).sum()) + 1
        found.append(f"{table[a, b]:.2f}, place {place} of {len(values)}")
    return found


def _pair(title: str, texts: Sequence[str], pair: Pair) -> str:
    first, second = (html.escape(_short(texts[i])) for i in pair[:2])
    return (
        f"<div><dt>{title}</dt><dd><strong>{pair.cosine:z.2f}</strong> "
        f'<span dir="auto"><b>{pair.first + 1}</b> {first}</span> '
        f'<span dir="auto"><b>{pair.second + 1}</b> {second}</span></dd></div>'
    )


def _row(number: int, text: str, values: Floats, low: float, high: float) -> str:
    cells = "".join(
        _cell(number, other, float(value), low, high) for other, value in enumerate(values)
    )
    return f'<tr><th scope="row" dir="auto"><b>{number + 1}</b> {html.escape(_short(text))}</th>{cells}</tr>'


def _cell(row: int, column: int, value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low) if high > low else 0.5
    kind = ' class="md-self"' if row == column else ""
    stop = "0" if row == 0 and column == 0 else "-1"
    return (
        f'<td{kind} tabindex="{stop}" style="--v:{min(1.0, max(0.0, share)):.2f}">{value:z.2f}</td>'
    )


def _range(table: Floats) -> tuple[float, float]:
    """Lowest and highest cosine of different texts."""
    values = table[np.triu_indices(len(table), 1)]
    return float(values.min()), float(values.max())


def _placed(places: Floats) -> list[tuple[float, float]]:
    """Coordinates of the map in pixels, both directions on the same scale."""
    middle = (places.max(0) + places.min(0)) / 2
    reach = float(np.abs(places - middle).max()) or 1.0
    inside = SIDE / 2 - EDGE
    return [
        (SIDE / 2 + float(x) / reach * inside, SIDE / 2 - float(y) / reach * inside)
        for x, y in places - middle
    ]


def _dot(number: int, text: str, x: float, y: float) -> str:
    return (
        f'<g><title>{html.escape(_short(text))}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="11"/>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}">{number}</text></g>'
    )


def _folded(title: str, body: str) -> str:
    return f'<details class="md-fold"><summary>{title}</summary>{body}</details>'


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= CUT else f"{line[: CUT - 3]}..."


def visible(prefix: str) -> str:
    """A prefix with its line breaks as signs."""
    return prefix.replace("\n", " \u21b5 ")


def _between(low: float, high: float) -> str:
    return f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
