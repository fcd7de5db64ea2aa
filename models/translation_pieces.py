"""What of a sentence is translated and what is kept: markup, code, addresses, emoji, other scripts.

A model that meets what is not in its vocabulary drops it or invents something. So such parts are
replaced by a mark that models copy; when one does not copy it, the parts around are translated one
by one instead. Either way the parts come back exactly as they were.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from models.errors import InputError
from models.sentences import Span, sentences
from models.units import counted

#: Parts that stay as they are in every language.
_FIXED = re.compile(
    r"`[^`\n]+`|</?[A-Za-z!][^<>\n]{0,200}>|https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[£€¥₹₩₽]\s?\d[\d.,]*\d|[£€¥₹₩₽]\s?\d|\d[\d.,]*\s?[£€¥₹₩₽]"
    r"|[<>{}|\\^_~#@$*=]{2,}|[<>{}\\^~#]"
)
#: A list marker or heading mark and the white space after it.
_LEAD = re.compile(r"(?:[-*•‣·–—>]|#{1,6}|\(?\d{1,3}[.)])\s+")
_SYMBOLS = ("So", "Sk", "Cs", "Co", "Cn")
_JOINERS = "\u200d\ufe0f\ufe0e\u20e3"
#: Symbols in ordinary text that models know.
_COMMON = "°©®™№"
_MARK, _MARKED = "XQ{}", re.compile(r"XQ(\d+)")
#: Typographic marks -> those that models of news text learned, as Moses' normaliser has it.
_PLAIN = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'",
                        "–": "-", "—": "-", "…": "...", "\u00a0": " ", "\u00ad": ""})  # fmt: skip

Say = Callable[[str], str]


def nth_sentence(text: str, number: int) -> Span:
    """The sentence of a number, counted from 1, without a list's marker before it.

    Raises:
        InputError: when the text has no such sentence.
    """
    found = sentences(text)
    if not 1 <= number <= len(found):
        raise InputError(
            f"There is no sentence {number:,}: the text has {counted(len(found), 'sentence')}.",
            hint="Choose one of them.",
        )
    start, end = found[number - 1]
    return start + lead(text[start:end]), end


def lead(sentence: str) -> int:
    """Length of the list marker that a sentence starts with; 0 when there is none."""
    found = _LEAD.match(sentence)
    return found.end() if found else 0


def kept(text: str, *, latin_only: bool) -> list[tuple[int, int]]:
    """Half-open offsets of the parts that are not for the model.

    Args:
        text: one sentence.
        latin_only: whether the model reads Latin script and nothing else.
    """
    marked = [False] * len(text)
    for match in _FIXED.finditer(text):
        marked[match.start() : match.end()] = [True] * len(match.group())
    for at, character in enumerate(text):
        marked[at] = marked[at] or _is_symbol(character) or (latin_only and _is_foreign(character))
    return list(_runs(text, marked))


def plain_punctuation(text: str) -> str:
    """Straight quotes, plain hyphens and dots, which small vocabularies know."""
    return text.translate(_PLAIN)


def has_words(text: str) -> bool:
    """Whether there is a letter in it."""
    return any(character.isalpha() for character in text)


def translate_around(text: str, spans: list[tuple[int, int]], say: Say) -> str:
    """Translates a sentence whose ``spans`` come back unchanged.

    Args:
        text: one sentence.
        spans: from ``kept``.
        say: translates plain text.
    """
    if not spans:
        return say(text)
    marks = [_MARK.format(number) for number in range(1, len(spans) + 1)]
    if not _MARKED.search(text):
        whole = say(_filled(text, spans, marks))
        if sorted(m.group() for m in _MARKED.finditer(whole)) == sorted(marks):
            return _MARKED.sub(lambda m: _part(text, spans[int(m[1]) - 1]), whole)
    return "".join(_one_by_one(text, spans, say))


def rewrapped(translated: str, source: str) -> str:
    """Puts the line breaks inside a wrapped sentence back, at about the same place.

    Args:
        translated: the translation, on one line.
        source: the sentence as it was.
    """
    for match in re.finditer(r"\s*\n\s*", source):
        wanted = round(match.start() / len(source) * len(translated))
        spaces = [at for at, character in enumerate(translated) if character == " "]
        if spaces:
            at = min(spaces, key=lambda space: abs(space - wanted))
            translated = translated[:at] + match.group() + translated[at + 1 :]
    return translated


def _part(text: str, span: tuple[int, int]) -> str:
    return text[span[0] : span[1]]


def _filled(text: str, spans: list[tuple[int, int]], marks: list[str]) -> str:
    out, at = [], 0
    for (start, end), mark in zip(spans, marks, strict=True):
        out += [text[at:start], mark]
        at = end
    return "".join([*out, text[at:]])


def _one_by_one(text: str, spans: list[tuple[int, int]], say: Say) -> Iterator[str]:
    at = 0
    for start, end in [*spans, (len(text), len(text))]:
        yield _plain(text[at:start], say)
        yield text[start:end]
        at = end


def _plain(text: str, say: Say) -> str:
    """A part between two kept ones, its white space preserved."""
    core = text.strip()
    if not has_words(core):
        return text
    start = text.index(core)
    return text[:start] + say(core).strip() + text[start + len(core) :]


def _is_symbol(character: str) -> bool:
    if character in _COMMON:
        return False
    return character in _JOINERS or unicodedata.category(character) in _SYMBOLS


def _is_foreign(character: str) -> bool:
    """Letters and marks of any script but Latin."""
    kind = unicodedata.category(character)
    if kind[0] not in "LM" or character < "\u0250":
        return False
    return "LATIN" not in unicodedata.name(character, "") and not "\u0300" <= character <= "\u036f"


def _runs(text: str, marked: list[bool]) -> Iterator[tuple[int, int]]:
    """Neighbouring marked characters as ranges; white space between two of them joins them."""
    start = -1
    for at in range(len(text) + 1):
        inside = at < len(text) and marked[at]
        if inside and start < 0:
            start = at
        elif not inside and start >= 0 and not _is_gap(text, marked, at):
            yield start, at
            start = -1


def _is_gap(text: str, marked: list[bool], at: int) -> bool:
    """Whether white space from ``at`` on leads to another marked character."""
    after = at
    while after < len(text) and text[after].isspace():
        after += 1
    return at < after < len(text) and marked[after]
