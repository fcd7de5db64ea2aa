"""Live transcripts: what is firm, what may change, and which sound is still kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InputError
from models.speech_live import LiveTranscript
from models.transcript import Word

RATE = 16_000


def words(text, start=0.0):
    return [
        Word(w, start + i * 0.5, start + i * 0.5 + 0.4, 0.9) for i, w in enumerate(text.split())
    ]


def texts(found):
    return " ".join(word.text for word in found)


def spoken(live, seconds, rate=RATE):
    live.add(np.zeros(int(seconds * rate), np.int16), rate)


def test_words_are_firm_when_two_hearings_agree():
    live = LiveTranscript()
    spoken(live, 1)
    live.take(words("and mister"))
    assert (texts(live.firm), texts(live.tail)) == ("", "and mister")
    spoken(live, 1)
    live.take(words("And Mr. John"))
    assert (texts(live.firm), texts(live.tail)) == ("And", "Mr. John")
    live.take(words("And Mr. John Dashwood"))
    assert (texts(live.firm), texts(live.tail)) == ("And Mr. John", "Dashwood")


def test_the_end_makes_all_firm():
    live = LiveTranscript()
    live.take(words("so it is"), final=True)
    assert (texts(live.firm), live.tail) == ("so it is", [])
    assert live.transcript().text == "so it is"


def test_sound_of_firm_words_is_cut_off_in_their_longest_pause_and_times_go_on():
    live = LiveTranscript()
    said = [*words("a b c d e f g h"), *words("i j", 4.6)]
    for _ in range(2):
        spoken(live, 7)
        live.sound()
        live.take(said)
    assert len(live.sound()) == pytest.approx((14 - 4.25) * RATE, abs=2)
    live.take([*words("i j", 0.35), *words("k l", 1.4)])
    live.take([*words("i j", 0.35), *words("k l m", 1.4)])
    assert texts(live.firm) == "a b c d e f g h i j k l"
    assert live.firm[-2].start == pytest.approx(4.25 + 1.4, abs=0.01)


def test_a_word_at_the_cut_is_not_said_twice():
    live = LiveTranscript()
    live.take(words("a b"), final=True)
    live.take(words("B, c", 0.9), final=True)
    assert texts(live.firm) == "a b c"


def test_a_word_that_is_really_said_twice_stays():
    live = LiveTranscript()
    live.take(words("a b"), final=True)
    live.take(words("b c", 3), final=True)
    assert texts(live.firm) == "a b b c"


def test_silence_is_not_kept():
    live = LiveTranscript()
    for _ in range(40):
        spoken(live, 1)
        live.sound()
        live.take([])
    assert len(live.sound()) < 13 * RATE
    assert live.duration_s == pytest.approx(40, abs=0.1)


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 1), (44_100, 2), (16_000, 1)])
def test_what_browsers_send_becomes_sound_at_16_khz(rate, channels):
    live, tone = LiveTranscript(), np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    samples = (tone * 16_384).astype(np.int16)
    for piece in np.array_split(samples if channels == 1 else np.stack([samples] * 2, 1), 4):
        live.add(piece, rate)
    heard = live.sound()
    assert len(heard) == pytest.approx(RATE, abs=60)
    assert np.abs(heard).max() == pytest.approx(0.5, abs=0.01)


def test_a_slow_model_is_asked_less_often():
    live = LiveTranscript()
    spoken(live, 1)
    assert live.due(0.3)
    assert not live.due(2.5)
    spoken(live, 2)
    assert live.due(2.5)


def test_a_recording_without_end_is_refused():
    live = LiveTranscript()
    live._cut_s = 7201.0
    with pytest.raises(InputError, match="120 minutes"):
        spoken(live, 1)


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=6), max_size=8))
def test_firm_words_never_change(hearings):
    live, before = LiveTranscript(), []
    for hearing in hearings:
        live.take(words(" ".join(hearing)))
        assert live.firm[: len(before)] == before
        before = list(live.firm)
        times = [t for word in live.firm for t in (word.start, word.end)]
        assert times == sorted(times)
