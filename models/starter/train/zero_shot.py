"""Fits the scale on which the zero-shot starter's cosines are read.

    python -m models.starter.train.zero_shot     # prints the three numbers; seconds

The texts and labels of ``tests/quality/zero_shot_checked.jsonl`` decide, by the likelihood of what
people said of them; ``zero_shot_held_out.jsonl``, with other labels, is never read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.starter.quality import zero_shot
from models.starter.quality.engines import engine

#: (cosine with each label of its set, whether that label is true) of a text.
Row = tuple[NDArray[np.float64], NDArray[np.bool_]]


def rows(model: Any, cases: Iterable[zero_shot.Case]) -> list[Row]:
    """The cosines that the engine reads, with what people said."""
    found = []
    for case in cases:
        template = zero_shot.TEMPLATES[case.kind]
        (*_, result) = model.classify(case.text, case.choices, template=template)
        cosines = np.array([fit.readings[0].value for fit in result.scores])
        true = np.array([fit.label in case.true for fit in result.scores])
        found.append((cosines, true))
    return found


def temperature(given: Iterable[Row]) -> float:
    """The one under which the softmax of the cosines makes the one true label likeliest."""
    single = [(cosines, true) for cosines, true in given if true.sum() == 1]

    def loss(value: float) -> float:
        return float(np.mean([_surprise(cosines / value, true) for cosines, true in single]))

    return _least(loss, np.arange(0.01, 0.2, 0.0005))


def logistic(given: Iterable[Row]) -> tuple[float, float]:
    """Middle and spread of the curve for labels that are scored each by itself.

    The middle is where F1 over all labels is best, so that one half is the threshold to start with.
    The spread makes true labels and others likeliest, each true label weighing as much as all others
    of its text together: how many labels a visitor writes is not known.
    """
    every = list(given)
    cosines = np.concatenate([row for row, _ in every])
    true = np.concatenate([row for _, row in every])
    weights = np.concatenate([np.where(t, 1.0, t.sum() / (~t).sum()) for _, t in every])

    def wrong(middle: float) -> float:
        chosen = cosines >= middle
        return -2 * int((chosen & true).sum()) / int(chosen.sum() + true.sum())

    middle = _least(wrong, np.arange(0.05, 0.4, 0.005))

    def loss(spread: float) -> float:
        steps = (cosines - middle) / spread
        return float(np.average(np.logaddexp(0, np.where(true, -steps, steps)), weights=weights))

    return middle, _least(loss, np.arange(0.01, 0.2, 0.0025))


def _surprise(logits: NDArray[np.float64], true: NDArray[np.bool_]) -> float:
    return float(np.logaddexp.reduce(logits) - logits[true][0])


def _least(loss: Callable[[float], float], choices: NDArray[np.float64]) -> float:
    return float(min(choices, key=loss))


def main() -> None:
    """Prints what stands in ``models.starter.zero_shot.SCALE``."""
    given = rows(engine(zero_shot.MODEL), zero_shot.cases(zero_shot.CHECKED))
    middle, spread = logistic(given)
    print(f"temperature {temperature(given):.4f}, middle {middle:.4f}, spread {spread:.4f}")


if __name__ == "__main__":
    main()
