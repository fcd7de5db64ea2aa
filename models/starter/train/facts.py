"""Made passages of known facts, with everyday questions on what they say and what they do not say.

Encyclopedia openings rarely say who was born where, or what a meeting decided; people ask just that.
Most passages are about two subjects, so that a question about one has the other's facts beside it.
Names are random combinations; no fact is meant to be true. `facts.tsv` holds the words, the
sentences and the questions; this file knows only how to put them together.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

_TABLE = Path(__file__).with_name("facts.tsv")
_CANNOT_OPEN = (
    "It ",
    "Its",
    "The ",
    "A ",
    "About",
    "{person}",
    "In {year} {s} was",
    "Last",
    "So far",
)
_MOST_FACTS = 4  # of one subject


@dataclass(frozen=True)
class MadeQuestion:
    """A question on a made passage; `answer` is empty when the passage does not say."""

    passage: str
    question: str
    answer: str
    start: int


class _Fact(NamedTuple):
    """A sentence with slots, the slot that answers, and questions that it answers."""

    sentence: str
    slot: str
    forms: tuple[str, ...]


class _Said(NamedTuple):
    """A sentence in the passage: its question, the answer, and the answer's offset."""

    question: str
    answer: str
    start: int


def made_questions(passages: int, seed: int) -> list[MadeQuestion]:
    """Questions on `passages` made passages, about a third without an answer."""
    source = random.Random(seed)  # noqa: S311 - a fixed seed is the point
    return [question for _ in range(passages) for question in _passage(source)]


def _passage(source: random.Random) -> list[MadeQuestion]:
    kinds, _ = _table()
    kind = source.choice(list(kinds))
    names = [_subject(kind, source) for _ in range(source.choice([1, 2, 2]))]
    text, said = "", []
    stated: set[tuple[str, str]] = set()
    for name in dict.fromkeys(names):
        for turn, fact in enumerate(_facts(kind, source)):
            sentence, one = _stated(fact, name, kind, turn, len(text), source)
            text += sentence + " "
            said.append(one)
            alike = (other for other in kinds[kind] if other.sentence == fact.sentence)
            stated |= {(name, form) for other in alike for form in other.forms}
    found = [MadeQuestion(text.strip(), *one) for one in said]
    forms = [form for fact in kinds[kind] for form in fact.forms]
    silent = [(name, form) for name in names for form in forms if (name, form) not in stated]
    for name, form in source.sample(silent, min(len(silent), len(found) // 2)):
        question = form.format(n=_asked(name, kind), **_values(source))
        if "{n}" in form and all(question != other.question for other in found):
            found.append(MadeQuestion(text.strip(), question, "", -1))
    return found


def _stated(
    fact: _Fact, name: str, kind: str, turn: int, offset: int, source: random.Random
) -> tuple[str, _Said]:
    """The fact's sentence about `name`, and its question; `offset` is where the sentence will stand."""
    pattern = fact.sentence
    if turn == 0 and pattern.startswith(_CANNOT_OPEN):
        pattern = f"{{s}} is {'planned' if kind == 'event' else 'well known'}. {pattern}"
    values = _values(source)
    subject = name if turn == 0 else source.choice([_short(name, kind, source), name])
    sentence = pattern.format(s=subject, **values)
    sentence = sentence[0].upper() + sentence[1:]
    answer = values[fact.slot]
    at = sentence.find(answer) if fact.slot == "time" else sentence.rfind(answer)
    question = source.choice(fact.forms).format(n=_asked(name, kind), **values)
    return sentence, _Said(question, answer, offset + at)


def _facts(kind: str, source: random.Random) -> list[_Fact]:
    """Two to four facts of a kind, no two of which could contradict each other."""
    chosen: dict[str, _Fact] = {}
    for fact in source.sample(_table()[0][kind], source.randint(3, 6)):
        chosen.setdefault("born" if "orn " in fact.sentence else fact.sentence[:9], fact)
    return list(chosen.values())[:_MOST_FACTS]


def _subject(kind: str, source: random.Random) -> str:
    values = _values(source)
    words = _table()[1]
    if kind == "person":
        return values["person"]
    if kind == "firm":
        return values["company"]
    if kind == "building":
        return "The " + source.choice(words["thing"])
    if kind == "event":
        return "The " + source.choice(words["meeting"])
    return f"The {source.choice(words['kind_of_animal'])} {source.choice(words['animal'])}"


def _short(name: str, kind: str, source: random.Random) -> str:
    if kind == "person":
        return source.choice(["She", "He", name.split()[-1]])
    return "It" if kind != "firm" else "The company"


def _asked(name: str, kind: str) -> str:
    return name if kind in {"person", "firm"} else name[0].lower() + name[1:]


def _values(source: random.Random) -> dict[str, str]:
    """A value for every slot."""
    words = _table()[1]
    pick = {name: source.choice(choices) for name, choices in words.items()}
    first, year = source.choice(words["first"]), str(source.randint(1820, 2024))
    opens = f"{source.randint(7, 11)}:{source.choice(['00', '15', '30'])} am"
    return {
        **pick,
        "school": pick["school"].format(city=pick["city"]),
        "person": f"{first} {pick['last']}",
        "year": year,
        "date": f"{source.randint(1, 28)} {pick['month']} {year}",
        "a_job": f"{'an' if pick['job'][0] in 'aeiou' else 'a'} {pick['job']}",
        "age": str(source.randint(41, 96)),
        "big": f"{source.randint(1, 900)},{source.randint(0, 9)}00",
        "meters": f"{source.randint(12, 210)} metres",
        "weight": f"{source.randint(2, 40)} {source.choice(['grams', 'kilograms'])}",
        "money": source.choice(["${} million", "{} million euros"]).format(source.randint(2, 900)),
        "price": source.choice(["{} euros", "{} pounds", "${}"]).format(source.randint(3, 60)),
        "hours": f"{pick['num']} hours",
        "years": f"{pick['num']} years",
        "time": opens,
        "time2": f"{source.randint(4, 9)} pm",
    }


@cache
def _table() -> tuple[dict[str, list[_Fact]], dict[str, list[str]]]:
    """Facts by kind of subject, and words by slot."""
    kinds: dict[str, list[_Fact]] = defaultdict(list)
    words: dict[str, list[str]] = {}
    for line in _TABLE.read_text("utf-8").splitlines():
        if line.startswith("words\t"):
            _, name, choices = line.split("\t")
            words[name] = choices.split(" | ")
        elif not line.startswith("#"):
            kind, sentence, slot, forms = line.split("\t")
            kinds[kind].append(_Fact(sentence, slot, tuple(forms.split(" | "))))
    return dict(kinds), words
