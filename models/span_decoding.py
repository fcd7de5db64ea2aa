"""Finds the best answer spans in the start and end scores of an extractive reader.

The procedure published with SQuAD and BERT: the score of a span is its start logit plus its end
logit; a span counts in the window where its first token has most context on its tighter side; the
score of "no answer" is the least over windows of the logits of the first token ([CLS]); shares are a
softmax over the best spans and "no answer" together. Knows no tokenizer, no torch and no page.

Sources: https://arxiv.org/abs/1810.04805 (section 4.3), https://arxiv.org/abs/1806.03822
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

#: Longest answer, in tokens: the figure of the published evaluation.
MAX_ANSWER_TOKENS = 30
#: Spans that share the probability with "no answer".
BEST = 20


@dataclass(frozen=True, order=True)
class Span:
    """Tokens ``first`` to ``last``, both included, of the passage, and the sum of their logits."""

    score: float
    first: int
    last: int


@dataclass
class Decoder:
    """Gathers the spans of a passage, window by window.

    Attributes:
        null: score of "no answer" so far: the least over the windows; infinite before the first.
    """

    null: float = float("inf")
    _spans: list[Span] = field(default_factory=list)

    def add(
        self,
        offset: int,
        owned: range,
        starts: NDArray[np.float32],
        ends: NDArray[np.float32],
        null: float,
    ) -> None:
        """Takes one window.

        Args:
            offset: index in the passage of the window's first token.
            owned: passage tokens at which a span of this window may start.
            starts, ends: (tokens,) float32 logits of the window's passage tokens.
            null: start plus end logit of the window's first special token.
        """
        self.null = min(self.null, null)
        scores = starts[:, None] + ends[None, :]  # (tokens, tokens)
        places = np.arange(len(starts))
        length = places[None, :] - places[:, None]
        legal = (length >= 0) & (length < MAX_ANSWER_TOKENS)
        legal &= ((places + offset >= owned.start) & (places + offset < owned.stop))[:, None]
        scores = np.where(legal, scores, -np.inf)
        count = min(BEST, scores.size)
        for flat in np.argpartition(scores, -count, axis=None)[-count:]:
            first, last = divmod(int(flat), len(starts))
            if legal[first, last]:
                self._spans.append(Span(float(scores[first, last]), first + offset, last + offset))
        self._spans = heapq.nlargest(BEST, self._spans)

    @property
    def best(self) -> float:
        """Score of the best span so far; minus infinity before there is one."""
        return self._spans[0].score if self._spans else -float("inf")

    def shares(self) -> tuple[list[tuple[Span, float]], float]:
        """The best spans with their shares, best first, and the share of "no answer"."""
        spans = sorted(self._spans, key=lambda span: (-span.score, span.first, span.last))
        scores = np.array([self.null, *(span.score for span in spans)], dtype=np.float64)
        weights = np.exp(scores - scores.max())
        shares = [float(share) for share in weights / weights.sum()]
        return list(zip(spans, shares[1:], strict=True)), shares[0]


def owned_tokens(cuts: list[tuple[int, int]]) -> list[range]:
    """For each window the tokens that have most context in it: overlaps are split in the middle.

    Args:
        cuts: half-open ranges in order, each overlapping only with its neighbours.
    """
    edges = [0]
    for (_, end), (start, _) in pairwise(cuts):
        edges.append((end - 1 + start) // 2 + 1)
    edges.append(cuts[-1][1])
    return [range(left, right) for left, right in pairwise(edges)]


def apart(spans: list[tuple[Span, float]], count: int) -> list[tuple[Span, float]]:
    """The best ``count`` spans that do not overlap each other, in the order given."""
    chosen: list[tuple[Span, float]] = []
    for span, share in spans:
        if all(span.last < other.first or span.first > other.last for other, _ in chosen):
            chosen.append((span, share))
        if len(chosen) == count:
            break
    return chosen
