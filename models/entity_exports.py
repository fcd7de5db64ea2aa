"""Entities as files: CSV, JSON, IOB2 columns and spaCy's JSON; and the text with every entity masked.

All of them use the offsets of the text as it was given. Where entities overlap, the formats that can
hold only one label a place (IOB2, masked) keep the first; spaCy's has that one among its ``ents`` and
all of them among its ``spans``.
"""

from __future__ import annotations

import csv
import io
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise

from models.entities import Entities, Entity
from models.sentences import sentences
from models.spreadsheets import guarded

_WORD = re.compile(r"\w+|[^\w\s]")
#: Name of the group of spans that spaCy's span categorizer fills unless told otherwise.
_SPAN_GROUP = "sc"
_SPACY_WORD = re.compile(r"\w+|[^\w\s]|\s+")


def to_csv(result: Entities) -> str:
    """One row an entity: text, label, start, end, score (empty where the model gives none)."""
    stream = io.StringIO()
    rows = csv.writer(stream)
    rows.writerow(("text", "label", "start", "end", "score"))
    rows.writerows(
        (guarded(e.text), guarded(e.label), e.start, e.end, _score(e)) for e in result.entities
    )
    return stream.getvalue()


def to_json(text: str, result: Entities) -> str:
    """The text and its entities."""
    return json.dumps(
        {"text": text, "entities": [asdict(e) for e in result.entities]},
        ensure_ascii=False,
        indent=1,
    )


def to_iob2(text: str, result: Entities) -> str:
    """One ``token TAB tag`` a line, tags B-LABEL, I-LABEL and O, an empty line after each sentence.

    Tokens are words and single marks, and end where an entity begins or ends. A sentence does not end
    inside an entity.
    """
    ends = iter([end for _, end in sentences(text)])
    sentence_end, lines = next(ends, len(text)), list[str]()
    for start, end, entity in _tokens(text, result.entities, _WORD):
        inside = entity is not None and start > entity.start
        if start >= sentence_end and lines and not inside:
            lines.append("")
        while start >= sentence_end:
            sentence_end = next(ends, len(text) + 1)
        tag = "O" if entity is None else f"{'I' if inside else 'B'}-{entity.label}"
        lines.append(f"{text[start:end]}\t{tag}")
    return "\n".join([*lines, "", ""])


def to_spacy(text: str, result: Entities) -> str:
    """What ``spacy.tokens.Doc.from_json`` reads: text, ents by character, tokens.

    Where entities overlap, all of them are under ``spans``, in the group that spaCy's own span
    categorizer fills.
    """
    tokens = [
        {"id": number, "start": start, "end": end}
        for number, (start, end) in enumerate(_spacy_tokens(text, result.entities))
    ]
    ents = [{"start": e.start, "end": e.end, "label": e.label} for e in apart(result.entities)]
    read: dict[str, object] = {"text": text, "ents": ents, "tokens": tokens}
    if len(ents) < len(result.entities):
        spans = [
            {"start": e.start, "end": e.end, "label": e.label, "kb_id": ""} for e in result.entities
        ]
        read["spans"] = {_SPAN_GROUP: spans}
    return json.dumps(read, ensure_ascii=False)


def masked(text: str, entities: Sequence[Entity]) -> str:
    """The text with ``[LABEL]`` in the place of every entity."""
    pieces, at = [], 0
    for entity in apart(entities):
        pieces += [text[at : entity.start], f"[{entity.label}]"]
        at = entity.end
    return "".join([*pieces, text[at:]])


def apart(entities: Sequence[Entity]) -> Iterator[Entity]:
    """The entities in order of the text, without those that overlap an earlier one."""
    at = 0
    for entity in sorted(entities, key=lambda e: (e.start, -e.end)):
        if entity.start >= at:
            yield entity
            at = entity.end


def _score(entity: Entity) -> str:
    return "" if entity.score is None else f"{entity.score:.4f}"


def _tokens(
    text: str, entities: Sequence[Entity], word: re.Pattern[str]
) -> Iterator[tuple[int, int, Entity | None]]:
    """Tokens in order, cut at the edges of entities, each with the entity it is in."""
    at = 0
    for entity in apart(entities):
        yield from ((at + a, at + b, None) for a, b in _matches(word, text[at : entity.start]))
        for a, b in _matches(word, entity.text):
            yield entity.start + a, entity.start + b, entity
        at = entity.end
    yield from ((at + a, at + b, None) for a, b in _matches(word, text[at:]))


def _matches(word: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in word.finditer(text))


def _spacy_tokens(text: str, entities: Sequence[Entity]) -> Iterator[tuple[int, int]]:
    """The same for spaCy, where one space after a token belongs to it and other white space is one."""
    edges = sorted({edge for entity in entities for edge in (entity.start, entity.end)})
    spans = [part for a, b, _ in _tokens(text, entities, _SPACY_WORD) for part in _cut(a, b, edges)]
    for (start, end), before in zip(spans, [None, *spans], strict=False):
        follows_word = before is not None and not text[before[0]].isspace()
        if follows_word and text[start] == " " and text[start:end].isspace():
            start += 1
        if start < end:
            yield start, end


def _cut(start: int, end: int, edges: Sequence[int]) -> Iterator[tuple[int, int]]:
    """A token in parts that end where any entity begins or ends, also one that overlaps another."""
    inside = edges[bisect_right(edges, start) : bisect_left(edges, end)]
    return pairwise((start, *inside, end))
