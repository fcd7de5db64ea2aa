"""What can be said of a summary by comparing it with its source: copied words, unsupported facts.

Works on words alone, in any language with spaces: a name or number of the summary that the source
lacks is a fact from nowhere. Numbers count by value, so "sixty thousand" supports "60,000".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.letters import MARKS
from models.sentences import Span, sentences

#: Words in a row that make a copied run.
RUN = 4
_LETTERS = rf"(?:[^\W_]++[{MARKS}]*+)++"
_WORD = re.compile(rf"{_LETTERS}(?:['’.,-]{_LETTERS})*")
_SMALL = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "  # noqa: SIM905
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),  # noqa: SIM905
        start=2,
    )
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}


@dataclass(frozen=True)
class Doubt:
    """A sentence of the summary with names or numbers that the source lacks.

    Attributes:
        start: first character of the sentence in the summary.
        end: one past its last character.
        terms: the names and numbers, as they stand there.
    """

    start: int
    end: int
    terms: tuple[str, ...]


def words(text: str) -> list[str]:
    """The words of a text in lower case, hyphens and apostrophes inside kept."""
    return [match.group().lower() for match in _WORD.finditer(text)]


def copied_share(summary: str, source: str) -> float:
    """Share of the summary's words that stand in runs of ``RUN`` words of the source, 0 to 1."""
    copied = _copied(words(summary), source)
    return sum(copied) / len(copied) if copied else 0.0


def copied_spans(summary: str, source: str) -> tuple[Span, ...]:
    """Where those words stand in the summary: one span for each stretch of them."""
    found = list(_WORD.finditer(summary))
    copied = _copied([match.group().lower() for match in found], source)
    spans = list[Span]()
    for place, match in enumerate(found):
        if copied[place] and place and copied[place - 1]:
            spans[-1] = (spans[-1][0], match.end())
        elif copied[place]:
            spans.append(match.span())
    return tuple(spans)


def _copied(said: list[str], source: str) -> list[bool]:
    """For each word of a summary, whether it stands in a run of the source."""
    read = words(source)
    runs = {tuple(read[i : i + RUN]) for i in range(len(read) - RUN + 1)}
    copied = [False] * len(said)
    for i in range(len(said) - RUN + 1):
        if tuple(said[i : i + RUN]) in runs:
            copied[i : i + RUN] = [True] * RUN
    return copied


def doubts(summary: str, source: str) -> tuple[Doubt, ...]:
    """Sentences of the summary that name what the source does not.

    Checked are numbers, by value, and capitalised words that do not start a sentence. What is not
    found here can still be wrong: who did what is not checked.
    """
    known = {part for word in words(source) for part in _forms(word)}
    values = set(_values(source))
    found = []
    for start, end in sentences(summary):
        terms = tuple(dict.fromkeys(_unsupported(summary[start:end], known, values)))
        if terms:
            found.append(Doubt(start, end, terms))
    return tuple(found)


def _unsupported(sentence: str, known: set[str], values: set[float]) -> Iterator[str]:
    for position, match in enumerate(_WORD.finditer(sentence)):
        word = match.group()
        if word[0].isdigit():
            if not known & _forms(word.lower()) and not set(_values(word)) & values:
                yield word
        elif position and _is_name(word) and not known & _forms(word.lower()):
            yield word


def _is_name(word: str) -> bool:
    """Capitalised, and not the English "I" with or without its verb."""
    return word[0].isupper() and not re.fullmatch(r"I(?:['’]\w+)?", word)


def _forms(word: str) -> set[str]:
    """A word, its parts around hyphens, and both without a possessive or plural ending."""
    plain = word.replace("’", "'")
    parts = {plain, *plain.split("-")}
    return parts | {re.sub(r"(?:'s|s')$", "", p) for p in parts} | {p.rstrip("s") for p in parts}


def _values(text: str) -> Iterator[float]:
    """Values of the numbers in digits or English words: each by itself, and with those before it.

    "Two thousand five" is 2, 2,000, 5 and 2,005: a summary may have any of them.
    """
    done, group, counting = 0.0, 0.0, False
    parts = (part for match in _WORD.finditer(text.lower()) for part in match.group().split("-"))
    for word in parts:
        value = _value(word)
        if value is not None:
            if not counting:
                done = group = 0.0
            yield value
            group += value
        elif counting and word in _SCALES:
            group *= _SCALES[word]
            if word != "hundred":  # the next number begins anew, and is added to this one
                done, group = done + group, 0.0
        else:
            counting = False
            continue
        counting = True
        yield done + group


def _value(word: str) -> float | None:
    if word in _SMALL or word in _TENS:
        return float(_SMALL.get(word, _TENS.get(word, 0)))
    digits = re.match(r"\d[\d,]*(?:\.\d+)?", word)
    return float(digits.group().replace(",", "")) if digits else None
