"""Code of "Which words matter" of an entity: its score without each word in turn."""

from __future__ import annotations

from models.snippets.attribution import words_source

_WEIGHTS = """
start, end, label, whole = CHOSEN


def certainty(rest, start, end):
    # Of an entity with the same label at this place; 0 where none is found any more.
    there = [sure for a, b, name, sure in found(rest) if name == label and a < end and b > start]
    return max(there, default=0.0)


# A word weighs as much as the entity's score falls when it is left out, with its space.
WORDS
weights = []
for a, b in words:
    if a < end and b > start:
        weights.append((text[a:b], None))  # a word of the entity itself
        continue
    spaced = text[b : b + 1] == " " and text[max(0, a - 1) : a] in ("", " ", "\\n")
    rest = text[:a] + text[b + spaced :]
    moved = 0 if a >= end else len(text) - len(rest)
    weight = whole - certainty(rest, start - moved, end - moved) if rest.strip() else None
    weights.append((text[a:b], weight))
"""


def weights_source(text: str, place: str) -> str:
    """Source that sets ``weights`` over a function ``found`` of a text; needs ``re``.

    Args:
        text: whose words they are; the values of the code take ``models.snippets.attribution.word_values``.
        place: start and end of the entity as ``0-12``; empty for the first one.
    """
    chosen = "found(text)[0]"
    if place:
        first, _, last = place.partition("-")
        chosen = f"next(e for e in found(text) if e[:2] == ({int(first)}, {int(last)}))"
    return _WEIGHTS.replace("CHOSEN", chosen).replace("WORDS", words_source(text))
