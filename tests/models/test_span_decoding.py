"""The span decoder on cases worked out by hand from the published procedure."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.span_decoding import BEST, MAX_ANSWER_TOKENS, Decoder, owned_tokens
from models.windows import windows


def logits(*values):
    return np.array(values, dtype=np.float32)


def decoded(starts, ends, null=-100.0):
    decoder = Decoder()
    decoder.add(0, range(len(starts)), logits(*starts), logits(*ends), null)
    return decoder


def alone(count):
    """Words of one token each."""
    return [(i, i) for i in range(count)]


def bounds(spans):
    return [(span.first, span.last) for span in spans]


def test_the_best_span_has_the_highest_sum_of_start_and_end():
    best = next(decoded([0, 5, 1, 0], [0, 0, 4, 1]).apart(alone(4)))
    assert (best.first, best.last, best.score) == (1, 2, 9.0)


def test_an_end_before_its_start_is_never_taken():
    spans = [*decoded([0, 0, 9], [9, 0, 0]).apart(alone(3))]
    assert all(span.first <= span.last for span in spans)
    assert spans[0].score == 9.0


def test_a_span_over_the_longest_answer_is_never_taken():
    starts, ends = [0.0] * 50, [0.0] * 50
    starts[0] = ends[MAX_ANSWER_TOKENS] = 10
    assert next(decoded(starts, ends).apart(alone(50))).score == 10
    ends[MAX_ANSWER_TOKENS - 1] = 10
    best = next(decoded(starts, ends).apart(alone(50)))
    assert (best.first, best.last) == (0, MAX_ANSWER_TOKENS - 1)


def test_shares_are_a_softmax_over_spans_and_no_answer():
    decoder = decoded([2.0], [1.0], null=3.0)
    assert (decoder.best, decoder.share(decoder.best)) == (3.0, pytest.approx(0.5))
    assert decoder.share(decoder.null) == pytest.approx(0.5)
    decoder = decoded([2.0, 0.0], [1.0, 0.0], null=0.0)
    weights = [math.exp(3), math.exp(2), math.exp(0), 1.0]  # (0,0) (0,1) (1,1) null
    assert decoder.share(3.0) == pytest.approx(weights[0] / sum(weights), rel=1e-5)
    assert decoder.share(decoder.null) == pytest.approx(1 / sum(weights), rel=1e-5)


def test_no_answer_scores_its_least_over_the_windows():
    decoder = Decoder()
    decoder.add(0, range(1), logits(1), logits(1), 8.0)
    decoder.add(1, range(1, 2), logits(1), logits(1), -3.0)
    assert decoder.null == -3.0


def test_a_span_counts_where_its_start_has_most_context():
    cuts = [(0, 8), (4, 12)]
    assert owned_tokens(cuts) == [range(6), range(6, 12)]
    decoder = Decoder()
    decoder.add(4, range(6, 12), logits(99, 0, 1, 0), logits(99, 0, 1, 0), 0.0)
    assert bounds(decoder.apart(alone(12)))[0][0] == 6


@given(st.integers(1, 4000), st.integers(8, 500))
def test_every_token_is_owned_by_one_window_that_holds_it(length, size):
    cuts = windows(length, size, size // 4)
    owned = owned_tokens(cuts)
    assert [t for tokens in owned for t in tokens] == list(range(length))
    assert all(a <= t < b for (a, b), tokens in zip(cuts, owned, strict=True) for t in tokens)


def test_answers_are_found_although_the_best_spans_are_one_answer_with_a_word_more_or_less():
    starts, ends = [0.0] * 60, [0.0] * 60
    starts[20:25], ends[24:29] = [9.0, 8.5, 8.0, 7.5, 7.0], [9.0, 8.5, 8.0, 7.5, 7.0]
    starts[50] = ends[51] = 5.0
    decoder = decoded(starts, ends)
    assert BEST < 5 * 5
    assert bounds(decoder.apart(alone(60)))[:2] == [(20, 24), (50, 51)]
    assert 0 < decoder.share(10.0) < 1e-3


def test_answers_share_no_word():
    decoder = decoded([3, 0, 0, 2], [3, 2, 0, 2])
    assert bounds(decoder.apart(alone(4))) == [(0, 0), (3, 3), (1, 1), (2, 2)]
    assert bounds(decoder.apart([(0, 1), (0, 1), (2, 2), (3, 3)])) == [(0, 0), (3, 3), (2, 2)]


def one_by_one(starts, ends, cuts):
    """Answers by their definition: of all spans in order, those that touch none before."""
    owned = owned_tokens(cuts)
    spans = [
        (-np.float32(starts[first] + ends[last]), first, last)
        for own, (_, stop) in zip(owned, cuts, strict=True)
        for first in own
        for last in range(first, min(first + MAX_ANSWER_TOKENS, stop))
    ]
    chosen = []
    for _, first, last in sorted(spans):
        if all(last < a or first > b for a, b in chosen):
            chosen.append((first, last))
    return chosen


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=70),
    st.integers(12, 40),
)
def test_answers_of_several_windows_are_the_best_of_all_spans(scores, size):
    starts, ends = logits(*(a for a, _ in scores)), logits(*(b for _, b in scores))
    cuts, decoder = windows(len(scores), size, size // 4), Decoder()
    for (a, b), own in zip(cuts, owned_tokens(cuts), strict=True):
        decoder.add(a, own, starts[a:b], ends[a:b], 0.0)
    assert bounds(decoder.apart(alone(len(scores)))) == one_by_one(starts, ends, cuts)
