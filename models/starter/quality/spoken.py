"""Word error rate that does not care how numbers are written.

Whisper writes "7:30", "1,200" and "15%" where a text has "seven thirty", "twelve hundred" and
"fifteen percent". Both sides are brought to one form: lower case, no punctuation, numbers in digits,
those of four digits in two groups (19 84), as years are read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

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
_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|[a-z]+(?:'[a-z]+)*|[%$£€]")
_SIGNS = {"%": "percent", "$": "dollars", "£": "pounds", "€": "euros"}


def plain(text: str) -> list[str]:
    """The words of a text in the form that two texts are compared in."""
    folded = unicodedata.normalize("NFKD", text.replace("’", "'")).lower()
    folded = re.sub(r"([$£€])(\d[\d,.]*\d|\d)", r"\2\1", folded)  # "$3" is spoken "3 dollars"
    folded = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", folded)
    folded = re.sub(r"(?<=\d)[:.](?=\d\d\b)", " ", folded).replace("-", " ")  # 7:30, 7.30
    words = _TOKEN.findall(folded)
    return [part for word in _numbers(words) for part in _form(word)]


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Least words to change, leave out or put in, to make one of the other (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, start=1):
        last, row[0] = row[0], i
        for j, other in enumerate(heard, start=1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1]


def _numbers(words: Sequence[str]) -> Iterator[str]:
    """Words with runs of number words as digits; "forty five" is one number, "seven thirty" two."""
    whole = part = 0
    open_ = False
    for position, word in enumerate(words):
        value = _SMALL.get(word, _RANKS.get(word))
        if word in _LATE and open_ and _joins(part, _LATE[word]):
            value = _LATE[word]
        if value is not None and open_ and _joins(part, value):
            part += value
        elif value is not None:
            if open_:
                yield str(whole + part)
            whole, part, open_ = 0, value, True
        elif word in _SCALES and open_:
            part *= _SCALES[word]
            if word != "hundred":
                whole, part = whole + part, 0
        elif word == "and" and open_ and _follows(words, position, whole, part):
            continue
        else:
            if open_:
                yield str(whole + part)
            whole, part, open_ = 0, 0, False
            yield word
    if open_:
        yield str(whole + part)


def _joins(part: int, value: int) -> bool:
    """Whether a number word goes on with the number before it: "forty" and "five"."""
    if part % 100 == 0:
        return value < 100 and value > 0
    return part % 10 == 0 and part % 100 >= 20 and 0 < value < 10


def _follows(words: Sequence[str], position: int, whole: int, part: int) -> bool:
    """Whether "and" stands inside a number: "two hundred and five"."""
    after = words[position + 1 : position + 2]
    return (part % 100 == 0 and (part > 0 or whole > 0)) and bool(after) and after[0] in _SMALL


def _form(word: str) -> Iterator[str]:
    digits = word.replace(",", "")
    if digits.isdigit():
        value = int(digits)
        if 1_000 <= value <= 9_999:
            yield str(value // 100)
            value %= 100
        yield str(value)
    else:
        yield _SIGNS.get(word, _SPELLINGS.get(word, word))
