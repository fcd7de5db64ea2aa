"""The zero-shot starter on texts written by hand, with labels that its scale was not fitted on.

The fitted set and the held-out set have no label in common: what is measured there is what a visitor
meets who makes up labels. Sentiment of the tricky sentences shows what similarity can't do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.starter.quality.engines import engine
from models.starter.quality.score import DATA, Score
from models.starter.quality.sentiment import TRICKY

MODEL = "starter/minilm-zero-shot"
CHECKED, HELD_OUT = DATA / "zero_shot_checked.jsonl", DATA / "zero_shot_held_out.jsonl"
#: Kind of label -> the template that the tab's label sets have for it.
TEMPLATES = {
    "topics": "This text is about {}.",
    "intents": "The customer wants to {}.",
    "emotions": "The writer feels {}.",
}


@dataclass(frozen=True)
class Case:
    """A text with the labels that a reader gives it.

    Attributes:
        text: one or two sentences.
        kind: key into ``TEMPLATES``.
        true: the labels that fit, one or two.
        choices: every label of this kind in its set.
    """

    text: str
    kind: str
    true: frozenset[str]
    choices: tuple[str, ...]


def cases(path: Path) -> list[Case]:
    """A set of texts."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    choices: dict[str, dict[str, None]] = {}
    for row in rows:
        choices.setdefault(row["set"], {}).update(dict.fromkeys(row["labels"]))
    return [
        Case(row["text"], row["set"], frozenset(row["labels"]), tuple(choices[row["set"]]))
        for row in rows
    ]


def right(model: Any, given: Iterable[Case]) -> dict[str, float]:
    """How often the best label is a true one, per cent: in all, and by kind."""
    hits: dict[str, list[bool]] = {}
    for case in given:
        (*_, found) = model.classify(case.text, case.choices, template=TEMPLATES[case.kind])
        hits.setdefault(case.kind, []).append(found.scores[0].label in case.true)
    every = [hit for row in hits.values() for hit in row]
    return {"right": _percent(every), **{kind: _percent(row) for kind, row in hits.items()}}


def several(model: Any, given: Iterable[Case], threshold: float = 0.5) -> dict[str, float]:
    """F1 of the labels from the threshold on, each scored by itself, with precision and recall."""
    there = found = both = 0
    for case in given:
        (*_, result) = model.classify(
            case.text, case.choices, template=TEMPLATES[case.kind], multi_label=True
        )
        chosen = {fit.label for fit in result.scores if fit.score >= threshold}
        there, found, both = (
            there + len(case.true),
            found + len(chosen),
            both + len(chosen & case.true),
        )
    precision, recall = both / max(found, 1), both / there
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    named = {"F1": f1, "precision": precision, "recall": recall}
    return {name: round(100 * value, 1) for name, value in named.items()}


def feelings(model: Any) -> tuple[int, float]:
    """Tricky sentences that are positive or negative, and how many are told right, per cent."""
    rows = [json.loads(line) for line in TRICKY.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["label"] != "neutral"]
    hits = []
    for row in rows:
        (*_, found) = model.classify(
            row["text"], ["positive", "negative"], template="This text is {}."
        )
        hits.append(found.scores[0].label == row["label"])
    return len(rows), _percent(hits)


def measure() -> Iterator[Score]:
    """One label each on both sets, several labels on both, and what it can't do."""
    model = engine(MODEL)
    for name, path in (("on which the scale was fitted", CHECKED), ("held out", HELD_OUT)):
        given = cases(path)
        single = [case for case in given if len(case.true) == 1]
        labels = len({label for case in given for label in case.choices})
        begun = time.process_time()
        figures = right(model, single)
        each = round((time.process_time() - begun) / len(single), 4)
        data = f"{len(single)} sentences by hand with {labels} labels in three sets, {name}"
        yield Score("zero_shot", MODEL, data, figures, each)
        topics = [case for case in given if case.kind == "topics"]
        data = f"{len(topics)} sentences by hand on one or two topics, each label by itself, {name}"
        yield Score("zero_shot", MODEL, data, several(model, topics))
    count, share = feelings(model)
    data = f"{count} tricky sentences by hand: positive or negative"
    yield Score("zero_shot", MODEL, data, {"right": share})


def _percent(hits: Sequence[bool]) -> float:
    return round(100 * sum(hits) / len(hits), 1)
