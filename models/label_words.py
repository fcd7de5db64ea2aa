"""Which words of a text its label hangs on, for any classifier that scores texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from models.attribution import Attribution, leave_out
from models.errors import InputError
from models.fewest_words import reduced
from models.stop import StopToken

#: Texts -> the scores of all labels in each.
Shares = Callable[[list[str]], Iterable[Sequence[float]]]


def weigh(
    text: str, labels: Sequence[str], shares: Shares, *, label: str, method: str,
    pieces: tuple[str, Sequence[tuple[int, int]]], stop: StopToken,
) -> Iterator[Attribution]:  # fmt: skip
    """Weighs the words of a text for a label, or finds the fewest that keep it.

    Args:
        text: the text.
        labels: all of them.
        shares: scores texts.
        label: one of ``labels``; the best one of the text when empty.
        method: ``occlusion`` or ``fewest``.
        pieces: from ``models.attribution.pieces_of``, for occlusion.
        stop: polled between batches.

    Raises:
        InputError: when the fewest words are asked for of another label than the best one.
    """
    (whole,) = shares([text])
    best = max(range(len(labels)), key=lambda at: whole[at])
    at = labels.index(label) if label else best
    name, score = labels[at], float(whole[at])
    if method == "fewest":
        _check_best(name, labels[best])
        yield from reduced(
            text, name, score,
            lambda texts: [(float(one[at]), max(one) <= one[at]) for one in shares(texts)], stop,
        )  # fmt: skip
        return
    yield from leave_out(
        text,
        name,
        score,
        lambda texts: [float(one[at]) for one in shares(texts)],
        stop,
        pieces=pieces,
    )


def _check_best(label: str, best: str) -> None:
    if label != best:
        raise InputError(
            f"The fewest words can be found for the best label alone, {best[:40]!r}, not for {label[:40]!r}.",
            hint="Choose that one, or leave out each word instead.",
        )
