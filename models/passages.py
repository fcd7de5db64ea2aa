"""Cuts documents into passages that a model reads at once, sentence by sentence, with their places.

A passage ends with its paragraph, since the next one may be about something else; a heading goes with
what stands under it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from models.errors import InputError
from models.sentences import chunks, sentences
from models.stop import NEVER, StopToken

#: Most characters of all documents together (about 200 pages), and most passages that are cut from them.
MAX_CHARACTERS, MAX_PASSAGES = 1_000_000, 4_000
#: Words of a heading at most.
HEADING = 8
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True)
class Page:
    """A document, or a part of one that has a name of its own.

    Attributes:
        text: what it says.
        name: such as ``page 3`` or ``row 12``; empty for a text that is one piece.
    """

    text: str
    name: str = ""


@dataclass(frozen=True)
class Passage:
    """Neighbouring sentences of a page.

    Attributes:
        text: the page's own characters from ``start`` to ``end``.
        page: index of the page.
        start, end: character offsets into the page, end excluded.
        place: where it stands, for a person.
    """

    text: str
    page: int
    start: int
    end: int
    place: str


def cut(
    pages: Sequence[Page], tokens: int, count: Callable[[str], int], stop: StopToken = NEVER
) -> tuple[Passage, ...]:
    """Passages of at most ``tokens`` tokens, in order.

    Args:
        pages: what is cut; none of them is joined with the next.
        tokens: longest passage; a sentence that is longer is cut between its clauses or words.
        count: text -> tokens.
        stop: polled after each page.

    Raises:
        InputError: when there is no text, too much of it, or too many passages.
    """
    total = sum(len(page.text) for page in pages)
    if not any(page.text.strip() for page in pages):
        raise InputError("There is no text to search in.", hint="Paste one, or choose a file.")
    if total > MAX_CHARACTERS:
        raise InputError(
            f"The text has {total:,} characters; the limit is {MAX_CHARACTERS:,}.",
            hint="Search a part of it.",
        )
    found = list[Passage]()
    for number, page in enumerate(pages):
        stop.check()
        found.extend(_of_page(number, page, tokens, count))
        if len(found) > MAX_PASSAGES:
            raise InputError(
                f"Passages of up to {tokens} tokens would be more than {MAX_PASSAGES:,}, the limit.",
                hint="Choose longer passages, or search a part of the text.",
            )
    return tuple(found)


def sentences_of(text: str) -> list[tuple[int, int]]:
    """The sentences of a passage as offsets into it; the whole of it when there are none."""
    return sentences(text) or [(0, len(text))]


def _of_page(
    number: int, page: Page, tokens: int, count: Callable[[str], int]
) -> Iterator[Passage]:
    at, line, text = 0, 1, page.text
    for first, last in _paragraphs(text):
        for start, end in chunks(text[first:last], lambda piece: count(piece) <= tokens):
            start, end = first + start, first + end
            line, at = line + text.count("\n", at, start), start
            place = f"line {line:,}" if not page.name else page.name
            if page.name and line > 1:
                place += f", line {line:,}"
            yield Passage(text[start:end], number, start, end, place)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of what stands between blank lines, headings together with what follows them."""
    start = 0
    for match in _BLANK_LINE.finditer(text):
        if not _is_heading(text[start : match.start()]):
            yield start, match.start()
            start = match.end()
    yield start, len(text)


def _is_heading(text: str) -> bool:
    line = text.strip()
    return len(line.split()) <= HEADING and line[-1:] not in '.!?\u2026:"\u201d\u3002\uff01\uff1f'
