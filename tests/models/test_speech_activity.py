"""Where speech is and where recordings are cut: pure decisions over the detector's probabilities."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from models.speech_activity import FRAME_S, speech_probabilities, speech_spans, windows_of_speech


def curve(*parts):
    """Probabilities from (seconds, value) parts."""
    return np.concatenate([np.full(round(s / FRAME_S), v, np.float32) for s, v in parts])


def test_silence_has_no_spans_and_no_windows():
    assert speech_spans(curve((60, 0.1))) == []
    assert windows_of_speech(curve((60, 0.1)), 30) == []


def test_a_span_holds_the_speech_with_a_margin():
    [(start, end)] = speech_spans(curve((2, 0.0), (3, 0.9), (2, 0.0)))
    assert start == pytest.approx(1.75, abs=0.05)
    assert end == pytest.approx(5.25, abs=0.05)


def test_a_click_is_no_speech_and_a_breath_ends_none():
    assert speech_spans(curve((1, 0.0), (0.05, 0.9), (1, 0.0))) == []
    assert len(speech_spans(curve((1, 0.9), (0.3, 0.0), (1, 0.9)))) == 1


def test_neighbouring_spans_share_a_window_while_they_fit():
    found = windows_of_speech(curve(*[(8, 0.9), (1, 0.0)] * 5), 30)
    assert len(found) == 2
    assert all(end - start <= 30 for start, end in found)


def test_a_long_pause_ends_a_window():
    found = windows_of_speech(curve((3, 0.9), (8, 0.0), (3, 0.9)), 30)
    assert len(found) == 2


def test_speech_that_runs_on_is_cut_where_it_is_quietest_and_nothing_is_lost():
    found = windows_of_speech(curve((22, 0.9), (0.1, 0.4), (40, 0.9)), 30)
    assert found[0][1] == pytest.approx(22.05, abs=0.1)
    assert all(a[1] == b[0] for a, b in pairwise(found))
    assert found[-1][1] == pytest.approx(62.1, abs=0.1)
    assert all(end - start <= 30.001 for start, end in found)


@pytest.mark.starter
@pytest.mark.parametrize("level", [0.0, 0.001, 0.05])
def test_the_detector_hears_nobody_in_silence_and_noise(level):
    noise = np.random.default_rng(0).normal(0, level, 16_000 * 5).astype(np.float32)
    assert speech_spans(np.concatenate(list(speech_probabilities(noise)))) == []
