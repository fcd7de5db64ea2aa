"""The fewest words of a text that keep its label: input reduction (https://arxiv.org/abs/1804.07781).

The word that is needed least goes, again and again, for as long as the label stays the best one. What is
left is often no reason that a person would give, and the model may be as sure of it as of the whole text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from models.attribution import Attribution, weighed, without, words_of
from models.errors import InputError
from models.stop import StopToken

#: Words of a text whose fewest are searched for: each round costs a pass for each word that is left.
MAX_REDUCED = 60
#: Texts -> the label's probability in each, and whether it is still the best one.
Holding = Callable[[list[str]], list[tuple[float, bool]]]


def reduced(
    text: str, label: str, score: float, holding: Holding, stop: StopToken
) -> Iterator[Attribution]:
    """Leaves out words, the least needed one first, for as long as the label stays the best one.

    Args:
        text: the whole text, of at most ``MAX_REDUCED`` words.
        label: the best label.
        score: its probability for the whole text.
        holding: an empty text is never asked.
        stop: polled between rounds.

    Yields:
        What is gone so far. Words have no weights; ``done`` counts rounds, of which there are at most as
        many as words.

    Raises:
        InputError: when the text has too many words.
    """
    bounds = words_of(text)
    if len(bounds) > MAX_REDUCED:
        raise InputError(
            f"The text has {len(bounds):,} words; the fewest are searched for among up to {MAX_REDUCED}.",
            hint="Choose a part of it, or leave out each word instead.",
        )
    words = weighed(text, bounds, [None] * len(bounds))
    found = Attribution(label, score, "fewest", words, 0, len(bounds), rest_score=score)
    yield found
    while (nearest := _least_needed(text, bounds, found.gone, holding)) is not None:
        stop.check()
        rest_score, word = nearest
        found = replace(found, gone=(*found.gone, word), rest_score=rest_score, done=found.done + 1)
        yield found
    yield replace(found, done=found.total)


def _least_needed(
    text: str, bounds: Sequence[tuple[int, int]], gone: Sequence[int], holding: Holding
) -> tuple[float, int] | None:
    """The word without which the label is likeliest, and its probability then; None when it needs all."""
    rest = {
        i: without(text, [bounds[n] for n in (*gone, i)])
        for i in range(len(bounds))
        if i not in gone
    }
    asked = [i for i in rest if rest[i].strip()]
    answers = holding([rest[i] for i in asked])
    return max(
        ((p, i) for i, (p, holds) in zip(asked, answers, strict=True) if holds), default=None
    )
