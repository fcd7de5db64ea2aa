"""F1 and right silence of the question-answering starter, on questions written by hand.

The margin of "no answer" was chosen on the first set; the held-out set chose nothing, so its figure
is the honest one. Scoring follows SQuAD (``models.starter.train.qa_eval``).
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from models.starter.quality.engines import engine
from models.starter.quality.score import Score
from models.starter.train import qa_eval

MODEL = "starter/minilm-qa"
#: Questions asked of a long text, and passages around the right one there.
HIDDEN, OTHERS = 60, 12


def measure() -> Iterator[Score]:
    """The set that chose the margin, the held-out set, both together, and some in long texts."""
    read = reader(engine(MODEL))
    first, held_out = qa_eval.checked(), qa_eval.held_out()
    every = [*first, *held_out]
    named = (
        ("on which the margin was chosen", first),
        ("held out", held_out),
        ("together", every),
        (f"each hidden among {OTHERS} other passages", hidden(every)),
    )
    for name, cases in named:
        begun = time.process_time()
        found = qa_eval.scores(read, cases)
        figures = {
            "F1": found["f1"],
            "exact": found["exact"],
            "no answer right": found["no_answer"],
        }
        passages = len({case.passage for case in cases})
        data = f"{len(cases)} questions on {passages} passages by hand, {name}"
        each = (time.process_time() - begun) / len(cases)
        yield Score("question_answering", MODEL, data, figures, round(each, 4))


def hidden(cases: Sequence[qa_eval.Checked]) -> list[qa_eval.Checked]:
    """Some of the questions, each asked of a long text: its passage at a place among others."""
    dice = random.Random(2)  # noqa: S311 - a repeatable draw
    passages = list(dict.fromkeys(case.passage for case in cases))
    found = list[qa_eval.Checked]()
    for case in dice.sample(list(cases), HIDDEN):
        others = dice.sample([text for text in passages if text != case.passage], OTHERS)
        others.insert(dice.randint(0, OTHERS), case.passage)
        found.append(replace(case, passage="\n\n".join(others)))
    return found


def reader(model: Any) -> qa_eval.Reader:
    """The engine as the scorer asks it: the best answer, "" for none."""

    def read(passage: str, question: str) -> str:
        (*_, answers) = model.answer(question, passage)
        return answers.answers[0].text if answers.has_answer else ""

    return read
