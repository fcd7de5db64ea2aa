"""The span decoder on cases worked out by hand from the published procedure."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.span_decoding import MAX_ANSWER_TOKENS, Decoder, apart, owned_tokens
from models.windows import windows


def logits(*values):
    return np.array(values, dtype=np.float32)


def decoded(starts, ends, null=-100.0):
    decoder = Decoder()
    decoder.add(0, range(len(starts)), logits(*starts), logits(*ends), null)
    return decoder.shares()


def test_the_best_span_has_the_highest_sum_of_start_and_end():
    ranked, _ = decoded([0, 5, 1, 0], [0, 0, 4, 1])
    assert (ranked[0][0].first, ranked[0][0].last, ranked[0][0].score) == (1, 2, 9.0)


def test_an_end_before_its_start_is_never_taken():
    ranked, _ = decoded([0, 0, 9], [9, 0, 0])
    assert all(span.first <= span.last for span, _ in ranked)
    assert ranked[0][0].score == 9.0


def test_a_span_over_the_longest_answer_is_never_taken():
    starts, ends = [0.0] * 50, [0.0] * 50
    starts[0] = ends[MAX_ANSWER_TOKENS] = 10
    ranked, _ = decoded(starts, ends)
    assert (0, MAX_ANSWER_TOKENS) not in {(s.first, s.last) for s, _ in ranked}
    ends[MAX_ANSWER_TOKENS - 1] = 10
    ranked, _ = decoded(starts, ends)
    assert (ranked[0][0].first, ranked[0][0].last) == (0, MAX_ANSWER_TOKENS - 1)


def test_shares_are_a_softmax_over_spans_and_no_answer():
    ranked, nothing = decoded([2.0], [1.0], null=3.0)
    assert ranked[0][1] == pytest.approx(0.5)
    assert nothing == pytest.approx(0.5)
    ranked, nothing = decoded([2.0, 0.0], [1.0, 0.0], null=0.0)
    weights = [math.exp(3), math.exp(2), math.exp(0), 1.0]  # (0,0) (0,1) (1,1) null
    assert ranked[0][1] == pytest.approx(weights[0] / sum(weights), rel=1e-5)
    assert nothing == pytest.approx(1 / sum(weights), rel=1e-5)


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
    assert decoder.shares()[0][0][0].first == 6


@given(st.integers(1, 4000), st.integers(8, 500))
def test_every_token_is_owned_by_one_window_that_holds_it(length, size):
    cuts = windows(length, size, size // 4)
    owned = owned_tokens(cuts)
    assert [t for tokens in owned for t in tokens] == list(range(length))
    assert all(a <= t < b for (a, b), tokens in zip(cuts, owned, strict=True) for t in tokens)


def test_answers_shown_do_not_overlap():
    ranked, _ = decoded([3, 0, 0, 2], [3, 2, 0, 2])
    shown = [(s.first, s.last) for s, _ in apart(ranked, 3)]
    assert shown[0] == (0, 0)
    assert (0, 1) not in shown
    assert (3, 3) in shown
