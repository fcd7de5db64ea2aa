"""What every entity recogniser gives: entities with true offsets, and how to keep some of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from models.errors import InputError
from models.spec import Work
from models.text_limits import check_size

#: Longest text, in characters: about 200 pages.
MAX_CHARACTERS = 1_000_000
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Entity:
    """One entity.

    Attributes:
        text: the text's own characters from ``start`` to ``end``.
        label: what it is, in the model's word.
        start, end: character offsets into the text, end excluded.
        score: probability of the label, 0 to 1; None where the model gives none.
    """

    text: str
    label: str
    start: int
    end: int
    score: float | None


@dataclass(frozen=True)
class Entities:
    """The entities of a text so far.

    Attributes:
        entities: in the order of the text, of those that begin together the longest first; they may
            overlap where a model gives a token several labels.
        labels: every label that the model knows.
        scored: whether the entities have scores.
        aggregation: how sub-tokens were joined; empty where the model finds whole entities itself.
        characters: length of the text.
        characters_read: how much of it was read so far.
        windows: pieces of the text read so far.
        windows_total: pieces that the text was cut into.
    """

    entities: tuple[Entity, ...]
    labels: tuple[str, ...]
    scored: bool
    aggregation: str
    characters: int
    characters_read: int
    windows: int
    windows_total: int

    @property
    def work(self) -> Work:
        """Characters read so far."""
        return Work(self.characters_read, "characters")


def selected(
    results: Iterable[Entities], labels: Sequence[str] | None = None, minimum_score: float = 0.0
) -> Iterator[Entities]:
    """The same results with only some of the entities.

    Args:
        results: growing results of one run.
        labels: labels to keep, in any case; None for all.
        minimum_score: least score to keep, 0 to 1; above 0 only for a model that gives scores.

    Raises:
        InputError: when the model has no such label, or no scores to compare.
    """
    if not 0 <= minimum_score <= 1:
        raise InputError(
            f"A minimum score of {minimum_score} is outside 0 to 1.", hint="Use 0.5, for example."
        )
    for result in results:
        yield keep(result, _known(labels, result.labels), minimum_score)


def keep(result: Entities, labels: Sequence[str] | None, minimum_score: float = 0.0) -> Entities:
    """One result with the entities of these labels (None for all) and at least this score.

    Raises:
        InputError: when a score is asked of a model that gives none.
    """
    if minimum_score > 0 and not result.scored:
        raise InputError(
            "This model gives no scores, so a minimum score can't be applied.",
            hint="Leave it at 0, or choose a token classifier.",
        )
    wanted = None if labels is None else set(labels)
    kept = tuple(
        entity
        for entity in result.entities
        if (wanted is None or entity.label in wanted)
        and (entity.score is None or entity.score >= minimum_score)
    )
    return replace(result, entities=kept)


def _known(labels: Sequence[str] | None, choices: Sequence[str]) -> list[str] | None:
    """The model's own spelling of the labels asked for."""
    if labels is None:
        return None
    spelled = {choice.lower(): choice for choice in choices}
    wrong = [label for label in labels if label.strip().lower() not in spelled]
    if wrong:
        raise InputError(
            f"This model has no label {wrong[0][:40]!r}.", hint=f"It has {', '.join(choices)}."
        )
    return [spelled[label.strip().lower()] for label in labels]


def check_text(text: str) -> None:
    """Raises ``InputError`` when there is nothing to read, too much, or no Unicode."""
    check_size(text, MAX_CHARACTERS, "There is no text to read.", "Read it in parts.")
    if half := _LONE_SURROGATE.search(text):
        raise InputError(
            f"Character {half.start():,} is half of a surrogate pair, which is no text.",
            hint="Send the text as valid Unicode.",
        )
