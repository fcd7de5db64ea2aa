"""What the chat starter knows and does: short questions written by hand, answers checked by a pattern.

    python -m models.starter.quality.text_generation --show    # and each answer

Greedy, without a system prompt. A pattern says what a right answer contains (facts, sums) or how it
must look (instructions).
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from models.sampler import Sampler
from models.starter.quality.engines import engine
from models.starter.quality.score import DATA, Score, print_alone

log = logging.getLogger(__name__)

MODEL = "starter/smollm2-135m-chat"
CHECKED = DATA / "chat_checked.jsonl"
KINDS = ("facts", "sums", "instructions")
#: Longest answer, in tokens: what is right comes early.
LONGEST = 48
#: Answers written in the same steps: reading the weights once for all saves most of the time.
TOGETHER = 16


@dataclass(frozen=True)
class Question:
    """What is asked, of which kind, and the pattern of a right answer."""

    kind: str
    ask: str
    accept: str

    def right(self, answer: str) -> bool:
        """Whether an answer is right."""
        return re.search(self.accept, answer) is not None


def questions() -> list[Question]:
    """The checked set."""
    return [Question(**json.loads(line)) for line in CHECKED.read_text("utf-8").splitlines()]


def measure(*, show: bool = False) -> Iterator[Score]:
    """The starter on the set, a figure for each kind."""
    cases, model = questions(), engine(MODEL)
    begun = time.process_time()
    with ThreadPoolExecutor(TOGETHER) as pool:
        answers = list(pool.map(lambda case: _answer(model, case.ask), cases))
    each = (time.process_time() - begun) / len(cases)
    for case, answer in zip(cases, answers, strict=True):
        if show:
            log.info("%s %s\n    %r", "+" if case.right(answer) else "-", case.ask, answer)
    data = f"{len(cases)} short questions by hand, greedy"
    yield Score("text_generation", MODEL, data, scored(cases, answers), round(each, 4))


def scored(cases: Sequence[Question], answers: Sequence[str]) -> dict[str, float]:
    """Per cent of right answers, by kind."""
    found = {}
    for kind in KINDS:
        right = [
            case.right(answer)
            for case, answer in zip(cases, answers, strict=True)
            if case.kind == kind
        ]
        found[kind] = round(100 * sum(right) / len(right), 1) if right else 0.0
    return found


def _answer(model: Any, ask: str) -> str:
    asked = [{"role": "user", "content": ask}]
    sampler = Sampler(temperature=0, max_new_tokens=LONGEST)
    (*_, found) = model.write(asked, sampler, alternatives=False)
    return str(found.text)


if __name__ == "__main__":
    print_alone(measure, __doc__)
