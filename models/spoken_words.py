"""The words of a text as they are compared with speech: nobody hears how a number is written.

Whisper writes "7:30", "1,200" and "15%" where a text has "seven thirty", "twelve hundred" and
"fifteen percent". Both sides are brought to one form: lower case, no punctuation, numbers in digits,
those of four digits in two groups (19 84), as years are read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth".split()  # noqa: SIM905
_SMALL = {word: value for value, word in enumerate(_ONES)}
_SMALL |= {word: 10 * value for value, word in enumerate(_TENS, start=2)}
#: Words of their own but after a ten, as in "twenty-first".
_LATE = {"first": 1, "second": 2}
_RANKS = {word: value for value, word in enumerate(_ORDINALS) if value > 2}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_SPELLINGS = {"metres": "meters", "neighbours": "neighbors", "okay": "ok"}
#: Scripts that write no spaces between words: compared by the character.
_NO_SPACES = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
_LETTER = rf"[^\s\d%$£€'.,:{_NO_SPACES}]"
_TOKEN = re.compile(rf"\d[\d,]*(?:\.\d+)?|{_LETTER}+(?:'{_LETTER}+)*|[{_NO_SPACES}]|[%$£€]")
_SIGNS = {"%": "percent", "$": "dollars", "£": "pounds", "€": "euros"}
_AMOUNT = re.compile(r"([$£€])(\d[\d,]*)\.(\d\d)(?!\d)")
_CHUNK = re.compile(r"\S+")
_LEAD = re.compile(r"[^\w%$£€]*")
_TAIL = re.compile(r"[^\w%$£€]*$")
#: Accents, which recognisers write or leave out as they like.
_ACCENTS = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True)
class SpokenWord:
    """A word in the form that is compared, and where it stands.

    Attributes:
        form: lower case, a number in digits.
        start: character offset into the text of the word, or of the words that make a number.
        end: the same, exclusive; several forms share a place where one word is said as several.
    """

    form: str
    start: int
    end: int


def spoken_words(text: str) -> list[SpokenWord]:
    """The words of a text in the form that two texts are compared in, with their places."""
    found = []
    for chunk in _CHUNK.finditer(text):
        start, end = _without_marks(chunk)
        found += [SpokenWord(form, start, end) for form in _TOKEN.findall(_folded(chunk[0]))]
    numbers = _numbers(found)
    return [SpokenWord(form, word.start, word.end) for word in numbers for form in _forms(word)]


def _without_marks(chunk: re.Match[str]) -> tuple[int, int]:
    """The place of a chunk without the punctuation around it."""
    lead, tail = _LEAD.match(chunk[0]), _TAIL.search(chunk[0])
    start = chunk.start() + (lead.end() if lead else 0)
    return start, max(start, chunk.start() + (tail.start() if tail else len(chunk[0])))


def _folded(chunk: str) -> str:
    folded = _ACCENTS.sub("", unicodedata.normalize("NFKD", chunk.replace("’", "'")).lower())
    folded = _AMOUNT.sub(r"\2\1 and \3 cents", folded)  # "$3.50" is spoken "3 dollars and 50 cents"
    folded = re.sub(r"([$£€])(\d[\d,.]*\d|\d)", r"\2\1", folded)  # "$3" is spoken "3 dollars"
    folded = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", folded)
    folded = re.sub(r"(?<=\d)[:.](?=\d\d\b)", " ", folded)  # 7:30, 7.30
    return "".join(
        c if c in "%$£€'.,:" or unicodedata.category(c)[0] in "LMN" else " " for c in folded
    )


@dataclass
class _Number:
    """A number while its words are read: ``whole`` thousands that are done, and what is added up."""

    whole: int
    part: int
    start: int
    end: int

    def word(self) -> SpokenWord:
        return SpokenWord(str(self.whole + self.part), self.start, self.end)

    def takes(self, word: SpokenWord) -> bool:
        """Adds a word that goes on with the number: "forty" and "five", "two" and "hundred"."""
        value = _LATE.get(word.form, _value(word))
        if value is not None and _joins(self.part, value):
            self.part += value
        elif word.form in _SCALES:
            self.part *= _SCALES[word.form]
            if word.form != "hundred":
                self.whole, self.part = self.whole + self.part, 0
        else:
            return False
        self.end = word.end
        return True

    def bridges(self, word: SpokenWord, after: Sequence[SpokenWord]) -> bool:
        """Whether "and" stands inside the number: "two hundred and five"."""
        round_ = self.part % 100 == 0 and (self.part > 0 or self.whole > 0)
        return word.form == "and" and round_ and bool(after) and after[0].form in _SMALL


def _numbers(words: Sequence[SpokenWord]) -> Iterator[SpokenWord]:
    """Words with runs of number words as digits; "forty five" is one number, "seven thirty" two."""
    number: _Number | None = None
    for position, word in enumerate(words):
        if number and (
            number.takes(word) or number.bridges(word, words[position + 1 : position + 2])
        ):
            continue
        if number:
            yield number.word()
        value = _value(word)
        number = None if value is None else _Number(0, value, word.start, word.end)
        if number is None:
            yield word
    if number:
        yield number.word()


def _value(word: SpokenWord) -> int | None:
    return _SMALL.get(word.form, _RANKS.get(word.form))


def _joins(part: int, value: int) -> bool:
    """Whether a number word goes on with the number before it: "forty" and "five"."""
    if part % 100 == 0:
        return 0 < value < 100
    return part % 10 == 0 and part % 100 >= 20 and 0 < value < 10


def _forms(word: SpokenWord) -> Iterator[str]:
    digits = word.form.replace(",", "")
    if digits.isdecimal():
        value = int(digits)
        if 1_000 <= value <= 9_999:
            yield str(value // 100)
            value %= 100
        yield str(value)
    else:
        yield _SIGNS.get(word.form, _SPELLINGS.get(word.form, word.form))
