"""Which labels of a text count: the best one, or those from a threshold on where several may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from models.errors import InputError
from models.spec import Work

#: From which score on a label counts where each is scored by itself and nobody chose another.
THRESHOLD = 0.5


class Scored(Protocol):
    """A label with its score, 0 to 1."""

    @property
    def label(self) -> str: ...
    @property
    def score(self) -> float: ...


def counted(scores: Sequence[Scored], threshold: float, *, several: bool) -> tuple[str, ...]:
    """The labels that count.

    Args:
        scores: best first, at least one.
        threshold: from which score on one counts, 0 to 1, where several may.
        several: whether each was scored by itself, so that several may count, or none.
    """
    if not several:
        return (scores[0].label,)
    return tuple(one.label for one in scores if one.score >= threshold)


class Labelled:
    """What a result has that scores the labels of a text, window by window."""

    scores: tuple[Scored, ...]
    multi_label: bool
    threshold: float
    tokens: int
    windows: int
    windows_total: int

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that count: the best one, or those from the threshold on where several may."""
        return counted(self.scores, self.threshold, several=self.multi_label)

    @property
    def work(self) -> Work:
        """Tokens of the text read so far."""
        return Work(self.tokens * self.windows / self.windows_total, "tokens")


def check_threshold(threshold: float) -> None:
    """Raises ``InputError`` for a threshold that is no share."""
    if not 0 <= threshold <= 1:
        raise InputError(f"The threshold is {threshold:g}.", hint="It is from 0 to 1.")
