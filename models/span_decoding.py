"""Finds the best answer spans in the start and end scores of an extractive reader.

The procedure published with SQuAD and BERT: the score of a span is its start logit plus its end
logit; a span counts in the window where its first token has most context on its tighter side; the
score of "no answer" is the least over windows of the logits of the first token ([CLS]); shares are a
softmax over the best spans and "no answer" together.

Most of the best spans are one answer with a word more or less, so answers that lie apart are searched
for among all spans: the best, then the best of those that do not touch it, and so on. Knows no
tokenizer, no torch and no page.

Sources: https://arxiv.org/abs/1810.04805 (section 4.3), https://arxiv.org/abs/1806.03822
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
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


@dataclass(frozen=True, eq=False)
class _Window:
    """What one window says of the spans that begin in it.

    Attributes:
        offset: index in the passage of the first of ``starts`` and of ``ends``.
        starts: (n,) float32 logits of the tokens at which spans may begin.
        ends: (m,) float32 logits of the tokens at which those may end.
        best: the best of its spans.
    """

    offset: int
    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    best: Span

    def best_apart(self, taken: Sequence[tuple[int, int]]) -> Span | None:
        """The best span that touches none of these, first and last token each; None when none is left."""
        scores = _scores(self.starts, self.ends)
        firsts = self.offset + np.arange(len(self.starts))[:, None]  # (n, 1)
        lasts = firsts + np.arange(MAX_ANSWER_TOKENS)  # (n, lengths)
        for first, last in taken:
            scores[(firsts <= last) & (lasts >= first)] = -np.inf
        return _best(scores, self.offset)


@dataclass
class Decoder:
    """Gathers the spans of a passage, window by window.

    Attributes:
        null: score of "no answer" so far: the least over the windows; infinite before the first.
    """

    null: float = float("inf")
    _spans: list[Span] = field(default_factory=list)
    _windows: list[_Window] = field(default_factory=list)

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
        first, last = max(0, owned.start - offset), min(len(starts), owned.stop - offset)
        if first >= last:
            return
        starts, ends = starts[first:last], ends[first : last + MAX_ANSWER_TOKENS - 1]
        scores, offset = _scores(starts, ends), offset + first
        best = _best(scores, offset)
        if best is None:
            return
        self._windows.append(_Window(offset, starts.copy(), ends.copy(), best))
        count = min(BEST, scores.size)
        for flat in np.argpartition(scores, -count, axis=None)[-count:]:
            found = _span(scores, int(flat), offset)
            if found is not None:
                self._spans.append(found)
        self._spans = heapq.nlargest(BEST, self._spans)

    @property
    def best(self) -> float:
        """Score of the best span so far; minus infinity before there is one."""
        return self._spans[0].score if self._spans else -float("inf")

    def share(self, score: float) -> float:
        """The share of a span, or of "no answer", by its score; the ``BEST`` spans and "no answer" have 1."""
        scores = np.array([self.null, *(span.score for span in self._spans)], dtype=np.float64)
        top = max(score, scores.max())
        return float(np.exp(score - top) / np.exp(scores - top).sum())

    def apart(self, words: Sequence[tuple[int, int]]) -> Iterator[Span]:
        """Spans that share no word, best first, for as long as there are any.

        Args:
            words: for each token of the passage the first and the last token of its word.
        """
        left = {window: window.best for window in self._windows}
        taken = list[tuple[int, int]]()
        while left:
            found = max(left.values(), key=lambda span: (span.score, -span.first, -span.last))
            yield found
            first, last = words[found.first][0], words[found.last][1]
            taken.append((first, last))
            for window in [w for w, s in left.items() if s.first <= last and s.last >= first]:
                other = window.best_apart(taken)
                if other is None:
                    del left[window]
                else:
                    left[window] = other


def _scores(starts: NDArray[np.float32], ends: NDArray[np.float32]) -> NDArray[np.float32]:
    """The score of each legal span, (starts, lengths) float32; minus infinity beyond the last end."""
    room = len(starts) + MAX_ANSWER_TOKENS - 1
    filled = np.full(room, -np.inf, np.float32)
    filled[: len(ends)] = ends[:room]
    lengths = np.lib.stride_tricks.sliding_window_view(filled, MAX_ANSWER_TOKENS)
    scores: NDArray[np.float32] = starts[:, None] + lengths
    return scores


def _span(scores: NDArray[np.float32], flat: int, offset: int) -> Span | None:
    """The span at a flat index of ``_scores``; None where there is none."""
    first, more = divmod(flat, MAX_ANSWER_TOKENS)
    score = float(scores[first, more])
    return Span(score, first + offset, first + more + offset) if score > -np.inf else None


def _best(scores: NDArray[np.float32], offset: int) -> Span | None:
    """The best span; of equal ones the first. None when there is none."""
    return _span(scores, int(scores.argmax()), offset)


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
