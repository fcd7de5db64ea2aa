"""Strict span F1 of an entity starter on 200 sentences labelled by hand.

    python -m models.starter.quality.ner                 # the default starter
    python -m models.starter.quality.ner --wrong         # and each entity missed or invented

A span counts when both ends and the label agree. An article, quotation marks or a possessive at the
edges do not count on either side, since guidelines differ there ("the Danube", "Apple's"); titles
such as Dr. are not part of a name, and prepositions no part of a date. Holidays, times of day,
durations and ages with their unit are dates.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from models.catalog import load_catalog
from models.starter.quality.engines import engine
from models.starter.quality.score import DATA, Score

log = logging.getLogger(__name__)

CHECKED = DATA / "ner_checked.jsonl"
MODEL = "starter/spacy-en-md"
#: OntoNotes' labels as the five of the checked set; amounts and ordinals are left out.
LABELS = {
    "PERSON": "PER",
    "ORG": "ORG",
    **dict.fromkeys(("GPE", "LOC", "FAC"), "LOC"),
    **dict.fromkeys(("NORP", "EVENT", "WORK_OF_ART", "PRODUCT", "LANGUAGE", "LAW"), "MISC"),
    **dict.fromkeys(("DATE", "TIME"), "DATE"),
}
_BEFORE = re.compile(r"(?:(?:the|an?)\s+|[\"“‘'«\s]+)+", re.IGNORECASE)
_AFTER = re.compile(r"(?:['’]s|[\"”’'»\s]+)+$")
Span = tuple[int, int, str]
"""Start, end and label; offsets in characters of the sentence."""
Finder = Callable[[str], Iterable[Span]]


@dataclass(frozen=True)
class Sentence:
    """A sentence and its entities, without articles at their edges."""

    text: str
    spans: frozenset[Span]


@dataclass(frozen=True)
class Tally:
    """Counts of one label or of all: spans found, spans that are there, spans that are both."""

    found: int
    there: int
    right: int

    @property
    def f1(self) -> float:
        """Per cent."""
        return round(200 * self.right / max(1, self.found + self.there), 1)


def checked() -> list[Sentence]:
    """The sentences labelled by hand."""
    rows = map(json.loads, CHECKED.read_text("utf-8").splitlines())
    return [
        Sentence(
            row["text"],
            frozenset(
                trimmed(row["text"], (e["start"], e["end"], e["label"])) for e in row["entities"]
            ),
        )
        for row in rows
    ]


def trimmed(text: str, span: Span) -> Span:
    """``span`` without an article, quotation marks and a possessive at its edges."""
    start, end, label = span
    if lead := _BEFORE.match(text, start, end):
        start = lead.end() if lead.end() < end else start
    if tail := _AFTER.search(text[start:end]):
        end = start + tail.start() if tail.start() else end
    return start, end, label


def tallies(find: Finder, sentences: Iterable[Sentence]) -> dict[str, Tally]:
    """Counts for each label, and for "all"."""
    found, there, right = Counter[str](), Counter[str](), Counter[str]()
    for sentence in sentences:
        got = {trimmed(sentence.text, span) for span in find(sentence.text)}
        for counter, spans in (
            (found, got),
            (there, sentence.spans),
            (right, got & sentence.spans),
        ):
            counter.update(label for *_, label in spans)
            counter["all"] += len(spans)
    return {name: Tally(found[name], there[name], right[name]) for name in there}


def finder(model: Any) -> Finder:
    """An engine's entities in the labels of the checked set."""

    def find(text: str) -> list[Span]:
        (*_, result) = model.entities(text)
        return [(e.start, e.end, LABELS[e.label]) for e in result.entities if e.label in LABELS]

    return find


def measure() -> Iterator[Score]:
    """Every entity starter whose files are here."""
    for card in load_catalog().of("ner"):
        if card.is_starter:
            yield measured(card.id)


def measured(model: str) -> Score:
    """F1 of one starter, in all and for each label."""
    find, sentences = finder(engine(model)), checked()
    begun = time.process_time()
    counts = tallies(find, sentences)
    each = (time.process_time() - begun) / len(sentences)
    figures = {"F1": counts["all"].f1}
    figures |= {label: counts[label].f1 for label in ("PER", "ORG", "LOC", "MISC", "DATE")}
    data = f"{len(sentences)} sentences by hand, strict spans"
    return Score("ner", model, data, figures, round(each, 4))


def main() -> None:
    """Prints the figures, and what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--wrong", action="store_true", help="list what is missed or invented")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    score = measured(options.model)
    log.info("%s: %s (%s)", score.model, score.shown, score.data)
    find = finder(engine(options.model))
    for sentence in checked() if options.wrong else ():
        got = {trimmed(sentence.text, span) for span in find(sentence.text)}
        for sign, spans in (("-", sentence.spans - got), ("+", got - sentence.spans)):
            for start, end, label in sorted(spans):
                log.info("%s %s %s | %s", sign, label, sentence.text[start:end], sentence.text)


if __name__ == "__main__":
    main()
