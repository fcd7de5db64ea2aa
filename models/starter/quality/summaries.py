"""Ways to summarise, compared on texts with summaries written by hand, none of which set anything.

    python -m models.starter.quality.summaries              # all ways
    python -m models.starter.quality.summaries --show       # and each summary

ROUGE is the F1 of words, pairs of words and the longest common subsequence (Lin 2004,
https://aclanthology.org/W04-1013), without stemming. Faithful is a summary with no name and no
number that the source lacks (``models.summary_checks``).
"""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from models.sentences import sentences
from models.starter.quality.engines import engine
from models.starter.quality.score import DATA, Score, print_alone
from models.summary_checks import doubts, words

log = logging.getLogger(__name__)

HELD_OUT = DATA / "summaries_held_out.jsonl"
EXTRACTIVE, WRITER = "starter/minilm-extractive", "starter/smollm2-135m"
LENGTH = "medium"
Way = Callable[[str], str]
"""A text to its summary."""


@dataclass(frozen=True)
class Pair:
    """A text, and a summary of it by hand."""

    text: str
    reference: str


def pairs() -> list[Pair]:
    """The held-out pairs."""
    rows = map(json.loads, HELD_OUT.read_text("utf-8").splitlines())
    return [Pair(row["text"], row["reference"]) for row in rows]


def rouge(summary: str, reference: str) -> tuple[float, float, float]:
    """ROUGE-1, -2 and -L, each 0 to 1."""
    said, wanted = words(summary), words(reference)
    pairs_said = list(pairwise(said))
    pairs_wanted = list(pairwise(wanted))
    longest = _common(said, wanted)
    return (
        _overlap(said, wanted),
        _overlap(pairs_said, pairs_wanted),
        2 * longest / max(1, len(said) + len(wanted)),
    )


def first_sentences(text: str) -> str:
    """The yardstick: as many first sentences as fill 40 % of the text."""
    spans, kept = sentences(text), 0
    while kept < len(spans) and len(words(text[: spans[kept][1]])) <= 0.4 * len(words(text)):
        kept += 1
    return text[: spans[max(kept, 1) - 1][1]]


def scored(way: Way, cases: Sequence[Pair], *, show: bool = False) -> dict[str, float]:
    """Per cent, each the mean over the texts."""
    rows, faithful = [], []
    for case in cases:
        summary = way(case.text)
        rows.append(rouge(summary, case.reference))
        faithful.append(not doubts(summary, case.text))
        if show:
            log.info("%s\n    %s", summary, doubts(summary, case.text))
    means = [round(100 * sum(column) / len(rows), 1) for column in zip(*rows, strict=True)]
    figures = dict(zip(("ROUGE-1", "ROUGE-2", "ROUGE-L"), means, strict=True))
    return {**figures, "faithful": round(100 * sum(faithful) / len(faithful), 1)}


def measure(*, show: bool = False) -> Iterator[Score]:
    """Every way; the first is the default starter."""
    cases = pairs()
    choose = _summarise(engine(EXTRACTIVE))
    yield _score(EXTRACTIVE, "sentences chosen", choose, cases, show)
    write = _summarise(engine(WRITER))
    yield _score(WRITER, "written by prompting", write, cases, show)

    def rewrite(text: str) -> str:
        chosen = choose(text)
        return write(chosen) if len(sentences(chosen)) > 1 else chosen

    yield _score(WRITER, "sentences chosen, then rewritten", rewrite, cases, show)
    yield _score("none", "the first sentences, as a yardstick", first_sentences, cases, show)


def _score(model: str, name: str, way: Way, cases: list[Pair], show: bool) -> Score:
    begun = time.process_time()
    figures = scored(way, cases, show=show)
    each = (time.process_time() - begun) / len(cases)
    data = f"{len(cases)} texts with summaries by hand: {name}"
    return Score("summarization", model, data, figures, round(each, 4))


def _summarise(model: Any) -> Way:
    def way(text: str) -> str:
        (*_, summary) = model.summarize(text, length=LENGTH)
        return str(summary.text)

    return way


def _overlap(said: Sequence[object], wanted: Sequence[object]) -> float:
    same = sum((Counter(said) & Counter(wanted)).values())
    return 2 * same / max(1, len(said) + len(wanted))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        corner = 0
        for j, candidate in enumerate(other, start=1):
            corner, row[j] = (
                row[j],
                corner + 1 if word == candidate else max(row[j], row[j - 1]),
            )
    return row[-1]


if __name__ == "__main__":
    print_alone(measure, __doc__)
