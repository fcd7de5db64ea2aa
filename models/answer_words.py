"""Which words of a question, or of a passage, an answer hangs on.

As for a class (``models.attribution``), each word is left out in turn. What changes is the share of the
answer: of the best span within its characters, so of the answer or a part of it, among the best spans and
"no answer" (``models.span_decoding``). Where "no answer" has won, it is its own share. Words of the answer
itself stay: without them there is nothing to find. Knows no tokenizer, no torch and no page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.attribution import Attribution, leave_out
from models.errors import InputError
from models.fewest_words import reduced
from models.span_decoding import MAX_ANSWER_TOKENS, Decoder
from models.stop import StopToken

#: Whose words are weighed; and the fewest words of the question that keep the answer.
PARTS = ("question", "passage", "fewest")
#: What is weighed where the passage has no answer.
NO_ANSWER = "no answer"


@dataclass(frozen=True)
class Claim:
    """An answer to a question in a passage that is read at once.

    Attributes:
        question: as it is asked.
        passage: what is read.
        place: the answer's characters, start and end excluded; None for "no answer".
    """

    question: str
    passage: str
    place: tuple[int, int] | None

    @property
    def answer(self) -> str:
        """Its words."""
        return NO_ANSWER if self.place is None else self.passage[slice(*self.place)]

    def with_question(self, question: str) -> Claim:
        """The same answer to another question."""
        return replace(self, question=question)

    def with_passage(self, passage: str) -> Claim:
        """The same answer in the passage with something taken out before or after it."""
        if self.place is None:
            return replace(self, passage=passage)
        start, end = self.place
        moved = 0 if passage.startswith(self.passage[:end]) else len(self.passage) - len(passage)
        return Claim(self.question, passage, (start - moved, end - moved))


@dataclass(frozen=True, eq=False)
class Reading:
    """What a span reader says of a passage.

    Attributes:
        offsets: characters of each token of the passage.
        starts, ends: (tokens,) float32 logits.
        null: score of "no answer".
    """

    offsets: Sequence[tuple[int, int]]
    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    null: float

    def best(self, passage: str) -> tuple[int, int] | None:
        """The characters of the best span, without white space before it; None where none wins."""
        decoder = self._decoded()
        if decoder.best < decoder.null:
            return None
        span = next(decoder.apart([(at, at) for at in range(len(self.offsets))]))
        start, end = self.offsets[span.first][0], self.offsets[span.last][1]
        return start + len(passage[start:end]) - len(passage[start:end].lstrip()), end

    def share(self, place: tuple[int, int] | None) -> float:
        """The share of the best span within these characters, or of "no answer"."""
        decoder = self._decoded()
        if place is None:
            return decoder.share(decoder.null)
        inside = [i for i, (a, b) in enumerate(self.offsets) if b > place[0] and a < place[1]]
        if not inside:
            return 0.0
        part = slice(inside[0], inside[-1] + 1)
        scores = self.starts[part, None] + self.ends[None, part]  # (tokens, tokens)
        legal = np.tril(np.triu(np.ones_like(scores, bool)), MAX_ANSWER_TOKENS - 1)
        return decoder.share(float(scores[legal].max()))

    def _decoded(self) -> Decoder:
        decoder = Decoder()
        decoder.add(0, range(len(self.offsets)), self.starts, self.ends, self.null)
        return decoder


def check_part(part: str) -> None:
    """Raises ``InputError`` when ``part`` is none of ``PARTS``."""
    if part not in PARTS:
        raise InputError(f"No part {part[:40]!r}.", hint=f"Choices: {', '.join(PARTS)}.")


def weigh(
    claim: Claim,
    part: str,
    read: Callable[[Sequence[Claim]], list[Reading]],
    stop: StopToken,
) -> Iterator[Attribution]:
    """Weighs the words of a part for an answer, or finds the fewest of the question.

    Args:
        claim: the answer.
        part: one of ``PARTS``.
        read: what the network says of each claim's passage.
        stop: polled between batches.

    Yields:
        The weights so far; words of the answer itself keep None.
    """
    whole = read([claim])[0].share(claim.place)
    if part == "fewest":

        def holding(texts: list[str]) -> list[tuple[float, bool]]:
            found = read([claim.with_question(text) for text in texts])
            return [(r.share(claim.place), r.best(claim.passage) == claim.place) for r in found]

        yield from reduced(claim.question, claim.answer, whole, holding, stop)
        return
    asked = part == "question"
    text, changed = (
        (claim.question, claim.with_question) if asked else (claim.passage, claim.with_passage)
    )

    def shares(texts: list[str]) -> list[float]:
        claims = [changed(one) for one in texts]
        return [r.share(c.place) for c, r in zip(claims, read(claims), strict=True)]

    yield from leave_out(
        text, claim.answer, whole, shares, stop, kept=None if asked else claim.place
    )
