"""The microphone's chunks on the server: checked, put in order, shown."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import soundfile

from models.errors import InputError
from models.transcript import Word
from tabs.parts.live_transcript import Page, Recording, live_html, samples_of


def encoded(*values):
    return base64.b64encode(np.array(values, "<i2").tobytes()).decode()


def test_a_chunk_is_sixteen_bit_samples():
    assert samples_of(encoded(0, -32768, 32767), 48_000).tolist() == [0, -32768, 32767]


@pytest.mark.parametrize(
    ("sound", "rate", "message"),
    [
        ("!", 48_000, "damaged sound"),
        (base64.b64encode(b"abc").decode(), 48_000, "damaged sound"),
        (None, 48_000, "no sound"),
        ("A" * 3_000_000, 48_000, "no sound"),
        (encoded(1), 3, "rate is 3 Hz"),
        (encoded(1), "x", "rate is 'x' Hz"),
    ],
)
def test_what_is_no_chunk_is_refused(sound, rate, message):
    with pytest.raises(InputError, match=message):
        samples_of(sound, rate)


def test_chunks_that_overtake_each_other_are_put_in_order(tmp_path):
    recording = Recording(tmp_path / "live.flac")
    for number in (1, 2, 0):
        recording.take(number, np.full(16_000, 1000 * number, np.int16), 16_000)
    assert recording.count == 3
    sound = recording.live.sound()
    assert np.round(sound[[8_000, 24_000, 40_000]] * 32.768).tolist() == [0, 1, 2]


def test_a_new_recording_takes_the_place_of_the_last(tmp_path):
    page = Page()
    first = page.of("a", tmp_path / "1")
    assert page.of("a", tmp_path / "2") is first
    assert page.of("b", tmp_path / "3") is not first


def test_the_sound_is_kept_as_it_was_heard(tmp_path):
    recording = Recording(tmp_path / "new" / "live.flac")
    assert recording.closed() is None
    for number in range(3):
        recording.take(number, np.full(24_000, 8192, np.int16), 48_000)
    heard = recording.live.sound()
    kept, rate = soundfile.read(recording.closed(), dtype="float32")
    assert rate == 16_000
    assert np.allclose(kept, heard, atol=1e-4)
    recording.take(3, np.full(24_000, 8192, np.int16), 48_000)  # too late for the file
    assert soundfile.info(recording.path).frames == len(kept)


def test_firm_words_and_those_that_may_change_are_told_apart_and_escaped(tmp_path):
    recording = Recording(tmp_path / "live.flac")
    assert "nobody has spoken" in live_html(recording.live)
    recording.live.firm, recording.live.tail = [Word("<b>", 0, 1, 1)], [Word("so & so", 1, 2, 1)]
    shown = live_html(recording.live)
    assert '&lt;b&gt; <span class="md-tail">so &amp; so</span>' in shown


def test_only_what_changed_is_drawn_again(tmp_path):
    recording = Recording(tmp_path / "live.flac")
    assert isinstance(recording.views()[0], str)
    assert not any(isinstance(view, str) for view in recording.views())
