"""Draws entities: the text with coloured spans, and a table. Text of a person is data: escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence

from models.entities import Entities, Entity
from models.ner_labels import meaning
from models.units import counted, counted_of
from tabs.parts.spans import Span, overlapping, spans_html

#: Tints of the style sheet; later labels take them again with a dashed edge.
TINTS = 8
#: Characters of the text, and rows of the table, that the page draws.
DRAWN, ROWS = 20_000, 500


def label_order(result: Entities) -> list[str]:
    """The labels that occur, by first appearance: their place here is their colour."""
    return list(dict.fromkeys(entity.label for entity in result.entities))


def text_html(text: str, entities: Sequence[Entity], order: Sequence[str]) -> str:
    """The text as it is, white space included, with every entity coloured, those that overlap as well.

    Of a long text, the first ``DRAWN`` characters and the entities that begin there.
    """
    spans = [_span(n, entity, order) for n, entity in enumerate(entities) if entity.start < DRAWN]
    until = min(len(text), max([DRAWN, *(span.end for span in spans)]))
    return spans_html(text, spans, "md-ner-text", "The text with its entities", until=until)


def table_html(entities: Sequence[Entity], order: Sequence[str], *, scored: bool) -> str:
    """One row an entity: text, label and what it means, start, end, and the score where there is one.

    The text is a button that shows the entity's place (``assets/js/spans.js``); a link with ``#`` would
    load the page anew where its address has a query.
    """
    if not entities:
        return ""
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Text", "Label", "Start", "End", *(["Score"] if scored else []))
    )
    rows = "".join(_row(n, e, order, scored=scored) for n, e in enumerate(entities[:ROWS]))
    return (
        '<div class="md-ner-table" tabindex="0" role="region" aria-label="Table of entities">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def reading(text: str, shown: Entities, total: int) -> str:
    """Sentences on what was read, what is shown and what the model does not give."""
    count = len(shown.entities)
    found = counted(count, "entity", "entities") if count else "No entities"
    if count != total:
        found = counted_of(count, total, "entity", "entities")
    parts = [f"{found} in {counted(shown.characters, 'character')}."]
    if shown.windows < shown.windows_total:
        parts.append(f"Read so far: {counted(shown.characters_read, 'character')}.")
    elif shown.windows_total > 1:
        parts.append(f"Read in {shown.windows_total:,} pieces.")
    if shared := overlapping([(e.start, e.end) for e in shown.entities]):
        parts.append(
            f"{shared:,} overlap: each has a line of its own below the text. "
            "IOB2 and the masked copy keep the first of them."
        )
    if not shown.scored:
        parts.append("This model gives no scores.")
    if len(text) > DRAWN:
        parts.append(f"The first {DRAWN:,} characters are drawn.")
    if count > ROWS:
        parts.append(f"The table has the first {ROWS:,}.")
    if len(text) > DRAWN or count > ROWS:
        parts.append("The files have all.")
    return " ".join(parts)


def _span(number: int, entity: Entity, order: Sequence[str]) -> Span:
    score = "" if entity.score is None else f", {entity.score:.1%}"
    known = meaning(entity.label)
    told = f"{entity.label}{': ' if known else ''}{known} ({entity.start}-{entity.end}{score})"
    return Span(
        entity.start, entity.end, kind=f"md-entity {_hue(entity.label, order)}", label=entity.label,
        told=told, name=str(number),
    )  # fmt: skip


def _row(number: int, entity: Entity, order: Sequence[str], *, scored: bool) -> str:
    score = ""
    if scored:
        score = f"<td>{'' if entity.score is None else f'{entity.score:.1%}'}</td>"
    return (
        f'<tr><td><button type="button" class="md-ner-jump" data-shows="{number}">'
        f"{html.escape(entity.text)}</button></td>"
        f'<td><span class="md-ner-label {_hue(entity.label, order)}">{html.escape(entity.label)}'
        f"</span><small>{html.escape(meaning(entity.label))}</small></td>"
        f"<td>{entity.start}</td><td>{entity.end}</td>{score}</tr>"
    )


def _hue(label: str, order: Sequence[str]) -> str:
    place = order.index(label)
    return f"md-hue-{place % TINTS + 1}{' md-again' if place >= TINTS else ''}"
