"""Cuts a text into sentences and packs sentences into chunks, always by offsets into the text.

Works by punctuation and needs no model: the marks of Latin, Greek, Cyrillic, Arabic, Indic,
Ethiopic, Khmer, Burmese and East Asian scripts, with or without spaces between words. A text
without any (Thai, a transcript) is one sentence per line, which ``chunks`` cuts where it must.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

#: A half-open range of character offsets.
Span = tuple[int, int]

#: Marks that end a sentence by themselves, no space needed after them.
_FULL = "。！？｡．।॥։።፧፨។៕။༎᠃؟۔"
#: Marks that end a sentence when white space or the end follows.
_SPACED = ".!?…‼⁇⁈⁉"
_CLOSING = "\"'”’»›)]}」』）】〉》〗"
_END = re.compile(
    rf"(?:[{_FULL}]+[{_SPACED}]*|[{_SPACED}]+(?=[{re.escape(_CLOSING)}]*(?:\s|$)))[{re.escape(_CLOSING)}]*"
)
_BREAK = re.compile(r"[^\S\n]*(?:\r?\n|\r|\u2028|\u2029|\x0b|\x0c|\x85)\s*")
_LIST_ITEM = re.compile(r"(?:[-*•‣·–—]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s")
_NEXT_WORD = re.compile(r"\s*[\"'“‘«‹(\[{¿¡]*(\w+)?")
_LAST_WORD = re.compile(r"([\w.]+)$")
#: Places inside a sentence where a cut hurts least.
_CLAUSE = re.compile(r"[,;:—–](?=\s)|[，、；：,،؛]")

#: Lines at least this long that end in mid-sentence were wrapped by a program, not by a person.
_WRAPPED_LINE = 60

#: Abbreviations after which a capital letter does not start a sentence (lower case, no final dot).
_TITLES = frozenset(
    """
    dr mr mrs ms prof st gen sen rep gov capt cpt lt col sgt maj rev hon pres supt mt fig figs eq
    vs cf ca approx eds pp vol vols viz esp e.g i.e a.k.a p.s jan feb mar apr jun jul aug sep sept
    oct nov dec sr sra dra srta sto sta exmo exma eng av dña ud uds mme mlle hr fr bzw z.b d.h u.a
    s.o str nr okt dott sig
    """.split()  # noqa: SIM905 - as words, because people add to it
)
#: Abbreviations before a number only: "No. 5", "p. 12", "art. 3".
_BEFORE_NUMBERS = frozenset(
    ("no", "nos", "nr", "p", "pp", "art", "arts", "ch", "sec", "cap", "pág")
)
#: Words that start a sentence after "U.S." or an initial; anything else continues it.
_STARTERS = frozenset(
    """
    the a an it he she they we you i this that these those there here in on at by for from with
    after before but and or so if when while as however its his her their our my to o os um uma ele
    ela eles elas em no na mas der die das er sie es ein eine im le la les il elle un une el los en
    """.split()  # noqa: SIM905
)
#: Month names that follow an ordinal number in German and its neighbours: "3. Oktober".
_MONTHS = re.compile(
    r"(?:jan|feb|mär|mar|apr|ma[ij]|jun|jul|aug|sep|o[kc]t|nov|de[cz])\w*", re.IGNORECASE
)


def sentences(text: str) -> list[Span]:
    """The sentences of a text as half-open offsets, in order and without overlap.

    White space around a sentence belongs to none; everything else belongs to exactly one, so
    ``text[start:end]`` needs no trimming. Closing quotes and brackets stay with their sentence. A
    blank line, a list item and the end of a short line end a sentence too.

    Args:
        text: any text; may be empty.
    """
    found: list[Span] = []
    for start, end in _lines(text):
        found.extend(_in_line(text, start, end))
    return found


def chunks(text: str, fits: Callable[[str], bool]) -> list[Span]:
    """Packs neighbouring sentences into as few chunks as ``fits`` allows.

    A sentence that does not fit by itself is cut after a clause or between words, and a word that
    does not fit between characters (never before a combining mark). Only white space is lost.

    Args:
        text: any text.
        fits: whether a piece of text is short enough; a part of what fits must fit too.

    Returns:
        Half-open offsets, each with ``fits(text[start:end])``.

    Raises:
        ValueError: when ``fits`` refuses even a single character.
    """
    pieces = [piece for span in sentences(text) for piece in _pieces(text, span, fits)]
    packed: list[Span] = []
    at = 0
    while at < len(pieces):
        taken = _fitting(text, pieces, at, fits)
        packed.append((pieces[at][0], pieces[at + taken - 1][1]))
        at += taken
    return packed


def _fitting(text: str, pieces: list[Span], at: int, fits: Callable[[str], bool]) -> int:
    """How many pieces from ``at`` on fit together; at least one."""
    start = pieces[at][0]
    return max(1, _longest(lambda n: fits(text[start : pieces[at + n - 1][1]]), len(pieces) - at))


def _lines(text: str) -> Iterator[Span]:
    """Ranges between line breaks that end a sentence, trimmed; wrapped lines stay together."""
    start, line_start = 0, 0
    for match in _BREAK.finditer(text):
        if not _is_wrap(text, line_start, match):
            yield from _trimmed(text, start, match.start())
            start = match.end()
        line_start = match.end()
    yield from _trimmed(text, start, len(text))


def _is_wrap(text: str, line_start: int, match: re.Match[str]) -> bool:
    """Whether the sentence goes on after this line break."""
    if (
        match.group().count("\n") > 1
        or _LIST_ITEM.match(text, match.end())
        or match.end() == len(text)
    ):
        return False
    line = text[line_start : match.start()].rstrip(_CLOSING)
    if not line or line[-1] in _FULL + _SPACED + ":;":
        return False
    goes_on = text[match.end()].islower() and len(line) >= _WRAPPED_LINE // 2
    return goes_on or len(line) >= _WRAPPED_LINE


def _in_line(text: str, start: int, end: int) -> Iterator[Span]:
    at = start
    marker = _LIST_ITEM.match(text, start, end)
    for match in _END.finditer(text, marker.end() if marker else start, end):
        if not _ends_sentence(text, at, match, end):
            continue
        yield from _trimmed(text, at, match.end())
        at = match.end()
    yield from _trimmed(text, at, end)


def _ends_sentence(text: str, start: int, match: re.Match[str], end: int) -> bool:
    """Whether the mark is the end of a sentence and not of an abbreviation, initial or ordinal."""
    mark = match.group()
    if mark[0] in _FULL or match.end() >= end:
        return True
    following = _NEXT_WORD.match(text, match.end(), end)
    word = (following.group(1) or "") if following else ""
    if word[:1].islower():
        return False
    if mark.rstrip(_CLOSING) != ".":
        return True
    before = _LAST_WORD.search(text, max(start, match.start() - 24), match.start())
    return before is None or not _is_abbreviation(before.group(1), word)


def _is_abbreviation(before: str, following: str) -> bool:
    """Whether "before." goes on with ``following`` instead of ending its sentence."""
    plain = before.lower()
    if plain in _BEFORE_NUMBERS and following[:1].isdigit():
        return True
    if plain in _TITLES:
        return True
    if plain.isdigit() and len(plain) <= 2:
        return _MONTHS.fullmatch(following) is not None
    is_initial = len(before) == 1 and before.isalpha() and before.isupper()
    is_acronym = "." in before and all(len(part) == 1 for part in before.split("."))
    return (is_initial or is_acronym) and bool(following) and following.lower() not in _STARTERS


def _pieces(text: str, span: Span, fits: Callable[[str], bool]) -> Iterator[Span]:
    """The span whole if it fits, else its longest fitting parts, cut where it hurts least."""
    start, end = span
    if fits(text[start:end]):
        yield span
        return
    while start < end:
        cut = _cut(text, start, end, fits)
        yield from _trimmed(text, start, cut)
        start = cut
        while start < end and text[start].isspace():
            start += 1


def _cut(text: str, start: int, end: int, fits: Callable[[str], bool]) -> int:
    """Where the longest good part of ``text[start:end]`` that fits ends."""
    limit = start + _longest(lambda n: fits(text[start : start + n]), end - start)
    if limit == start:
        raise ValueError(f"not even {text[start]!r} fits")
    if limit == end:
        return end
    middle = (start + limit) // 2
    clauses = [match.end() for match in _CLAUSE.finditer(text, middle, limit)]
    if clauses:
        return clauses[-1]
    return _word_cut(text, start, limit) or _character_cut(text, start, limit)


def _word_cut(text: str, start: int, limit: int) -> int:
    """The last place up to ``limit`` before which white space stands; 0 when there is none."""
    for at in range(limit, start, -1):
        if text[at].isspace():
            return at
    return 0


def _character_cut(text: str, start: int, limit: int) -> int:
    """The last place up to ``limit`` between two whole characters."""
    for at in range(limit, start, -1):
        if not _joins(text[at - 1], text[at]):
            return at
    return limit


def _joins(before: str, after: str) -> bool:
    """Whether two characters make one: combining marks, joiners and skin tones."""
    return (
        unicodedata.category(after)[0] == "M"
        or "\u200d" in (before, after)
        or "🏻" <= after <= "🏿"
    )


def _longest(good: Callable[[int], bool], limit: int) -> int:
    """The greatest n of 0 to ``limit`` with ``good(n)``; good never comes back once gone."""
    low, step = 0, 1
    while low + step <= limit and good(low + step):
        low, step = low + step, step * 2
    high = min(low + step, limit + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if good(middle) else (low, middle)
    return low


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
