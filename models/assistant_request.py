"""A request taken apart by its form: the texts it brings, and its wishes one by one.

Rules over quotes, colons, line breaks and joining words; knows no model. What a wish means is the
router's to say (``models.assistant_router``), what its tool is given, ``models.assistant_slots``.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

#: Stands in a wish where a quoted text stood: a private character and the text's number.
HOLE = "\ue000"
_QUOTES = re.compile(
    r"\u201c([^\u201d]+)\u201d|\"([^\"]+)\"|\u00ab([^\u00bb]+)\u00bb|(?<!\w)'([^']+)'(?!\w)"
)
_COLON = re.compile(r":\s+(?=\S)")
_ASKED_THEN_TEXT = re.compile(r"^([^?\n]*\?)\s+([^?]{12,})$", re.DOTALL)
_ENDS = re.compile(r"(?<=[.?!;])\s+(?=\S)")
_JOINS = re.compile(
    r"[,;]?\s+(?:and\s+)?(?:after that|afterwards|finally|then|next)[,]?\s+|[,;]\s+(?:and\s+)?|\s+and\s+",
    re.IGNORECASE,
)
_STRONG = re.compile(r"\b(?:after that|afterwards|finally|then|next)\b", re.IGNORECASE)
_ORDER = re.compile(
    r"^(?:(?:and|first|firstly|then|next|finally|after that|please)\b[,]?\s*)+", re.IGNORECASE
)
_ASKING = ("who", "what", "when", "where", "why", "which", "how")
#: Words of a line that is the wish when it stands before or after a longer text.
_WISH_WORDS = 30


@dataclass(frozen=True)
class Request:
    """A request by its parts.

    Attributes:
        wishes: each with ``HOLE`` and a number where a quoted text stood.
        quotes: those texts.
        body: a text that stands apart, behind a colon or in lines of its own; empty without one.
    """

    wishes: tuple[str, ...]
    quotes: tuple[str, ...]
    body: str

    def spoken(self, wish: str) -> str:
        """A wish as it is compared with the examples: texts are only named."""
        return re.sub(f"{HOLE}\\d+", "the text", wish)

    def whole(self, wish: str) -> str:
        """A wish with its quoted texts back in place."""
        return re.sub(f"{HOLE}(\\d+)", lambda match: f'"{self.quotes[int(match[1])]}"', wish)

    def quoted(self, wish: str) -> list[str]:
        """The quoted texts of a wish."""
        return [self.quotes[int(number)] for number in re.findall(f"{HOLE}(\\d+)", wish)]


def take_apart(message: str, verbs: Collection[str], *, attached: str = "") -> Request:
    """The parts of a request.

    Args:
        message: as the person wrote it.
        verbs: words that wishes begin with, in small letters.
        attached: kind of the attached file: ``text``, ``audio`` or empty.
    """
    rest, body = _by_lines(message.strip())
    quotes: list[str] = []

    def hole(match: re.Match[str]) -> str:
        quotes.append(next(part for part in match.groups() if part is not None).strip())
        after = match.string[match.end() : match.end() + 2]
        ends = quotes[-1][-1:] in ".?!" and after[:1] == " " and after[1:].isupper()
        return f"{HOLE}{len(quotes) - 1}{'.' if ends else ''}"

    if not body and (found := _COLON.search(rest)) and not _inside_quotes(rest, found.start()):
        head, tail = rest[: found.start()], rest[found.end() :]
        if attached != "text" and not _QUOTES.search(head):
            rest, body = head, tail.strip()
    rest = _QUOTES.sub(hole, rest)
    body = _unquoted(body)
    if not body and not quotes and not attached and (found := _ASKED_THEN_TEXT.match(rest)):
        rest, body = found[1], found[2].strip()
    return Request(tuple(_wishes(rest, verbs)), tuple(quotes), body)


def _by_lines(message: str) -> tuple[str, str]:
    """The wish and the text that stands in lines of its own; the text is empty without such lines."""
    lines = message.split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if len(filled) < 2:
        return message, ""
    first, last = lines[filled[0]], lines[filled[-1]]
    before, after = (
        "\n".join(lines[: filled[-1]]).strip(),
        "\n".join(lines[filled[0] + 1 :]).strip(),
    )
    if len(first.split()) <= _WISH_WORDS and len(first) <= len(after):
        return first.strip().rstrip(":"), after
    if len(last.split()) <= _WISH_WORDS:
        return last.strip(), before
    return message, ""


def _inside_quotes(text: str, place: int) -> bool:
    return any(match.start() < place < match.end() for match in _QUOTES.finditer(text))


def _unquoted(text: str) -> str:
    """A text without the quotes around all of it."""
    found = _QUOTES.fullmatch(text.strip())
    return next(part for part in found.groups() if part is not None).strip() if found else text


def _wishes(text: str, verbs: Collection[str]) -> list[str]:
    found: list[str] = []
    for sentence in _ENDS.split(text):
        found += _parts(sentence, verbs)
    return [part for part in (_ORDER.sub("", one).strip(" ,;") for one in found) if part]


def _parts(sentence: str, verbs: Collection[str]) -> list[str]:
    """A sentence cut where a joining word is followed by what begins a wish."""
    cuts, begun = [0], []
    for match in _JOINS.finditer(sentence):
        word = re.match(r"[\w']+", _ORDER.sub("", sentence[match.end() :]))
        first = word[0].lower() if word else ""
        asks = first in _ASKING and "and" in match[0]
        before = sentence[cuts[-1] : match.start()].split()
        if len(before) < 2 and not (before and before[0].lower() in verbs):
            continue
        if _STRONG.search(match[0]) or first in verbs or asks:
            cuts.append(match.end())
            begun.append(match.start())
    ends = [*begun, len(sentence)]
    return [sentence[a:b] for a, b in zip(cuts, ends, strict=True)]
