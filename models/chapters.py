"""Finds the chapters of a text: Markdown headings, or lines such as "Chapter 3" and "PART TWO".

Knows nothing of sound; offsets are characters of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

#: Longest line that counts as a heading, in characters.
_LONGEST = 120
_MARKDOWN = re.compile(r"^ {0,3}(?P<marks>#{1,6})[ \t]+(?P<title>\S.*?)[ \t#]*$", re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_COUNTED = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|first|second|third|fourth|fifth|sixth|last"
)
#: A line of its own after an empty line: "Chapter 3", "CHAPTER IV. The Storm", "Part Two", "Prologue".
_PLAIN = re.compile(
    rf"(?:\A\s*|(?<=\n\n))[ \t]*(?P<title>(?:chapter|part|book|act|chapitre|kapitel|capítulo|capitolo)"
    rf"[ \t]+(?:\d+|[ivxlc]+|(?:{_COUNTED})(?:[- ](?:{_COUNTED}))?)\b"
    rf"(?:[ \t]*[.:–—-][^\n]*|[ \t]+(?-i:[A-Z“\"'])[^\n]*)?"
    rf"|(?:prologue|epilogue|foreword|preface|introduction|afterword)[.:]?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Chapter:
    """A part of a text under a heading.

    Attributes:
        title: the heading without its marks; empty for what stands before the first one.
        start: where the heading is read from; the first character of the body where there is none.
        body: where the text under the heading begins.
        end: where the next chapter begins, or the text ends.
    """

    title: str
    start: int
    body: int
    end: int


def chapters(text: str) -> tuple[Chapter, ...]:
    """The chapters of a text, in order; empty when it has fewer than two.

    Markdown headings count at the highest level that occurs twice, and all levels above it. A heading
    with nothing under it, as in a table of contents or before a first chapter, is part of the next.
    """
    headings = _markdown(text) or list(_PLAIN.finditer(text))
    headings = [found for found in headings if len(found["title"]) <= _LONGEST]
    edges = [*headings, None]
    found = [_chapter(text, one, other) for one, other in pairwise(edges) if one]
    if headings and _says_something(text[: headings[0].start()]):
        found.insert(0, Chapter("", 0, 0, headings[0].start()))
    merged = tuple(_without_empty(text, found))
    return merged if len(merged) > 1 else ()


def _markdown(text: str) -> list[re.Match[str]]:
    fences = [found.span() for found in _FENCED.finditer(text)]
    found = [
        heading
        for heading in _MARKDOWN.finditer(text)
        if not any(start <= heading.start() < end for start, end in fences)
    ]
    levels = [len(heading["marks"]) for heading in found]
    twice = [level for level in sorted(set(levels)) if levels.count(level) > 1]
    deepest = twice[0] if twice else max(levels, default=0)
    return [heading for heading in found if len(heading["marks"]) <= deepest]


def _chapter(text: str, heading: re.Match[str], after: re.Match[str] | None) -> Chapter:
    end = after.start() if after else len(text)
    return Chapter(heading["title"].strip(), heading.start("title"), heading.end(), end)


def _without_empty(text: str, found: Iterable[Chapter]) -> Iterable[Chapter]:
    """Joins a heading with nothing under it to the chapter after it; drops one at the end."""
    waiting: Chapter | None = None
    for chapter in found:
        if waiting:
            title = _joined(waiting.title, chapter.title)
            chapter = Chapter(title, waiting.start, chapter.body, chapter.end)
        waiting = None if _says_something(text[chapter.body : chapter.end]) else chapter
        if not waiting:
            yield chapter


def _joined(outer: str, inner: str) -> str:
    """ "Part One: Chapter 1"; the inner one only where both are of a kind, as in a table of contents."""
    same = outer.split()[0].lower() == inner.split()[0].lower()
    return inner if same else f"{outer}: {inner}"


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)
