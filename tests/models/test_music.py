"""Music around a readable fake composer: settings, limits, warnings; and the files it is written to."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest

from models.errors import InputError
from models.music import MAX_CHARACTERS, Abilities, MusicEngine, Sketch
from models.music_recording import MusicRecording
from models.ranges import MAX_SEED
from models.stop import StopToken
from tests.models.engines import last, until_stopped


class Hummer:
    """Makes a second of sound a step, at 100 Hz: the seed's last digit as a level."""

    reentrant, memory_bytes = True, 1

    def __init__(self, **can):
        self.can = Abilities(
            **{"sample_rate": 100, "channels": 1, "seconds": 3, "max_seconds": 8, **can}
        )
        self.asked = None

    def working_bytes(self, wish):
        return int(wish.seconds * 1000)

    def compose(self, wish, stop):
        self.asked = wish
        steps = round(wish.seconds)
        for step in range(1, steps + 1):
            stop.check()
            yield Sketch(self.sound(step, wish.seed), step, steps, understood=("slow",))

    def sound(self, step, seed):
        mono = np.full(step * 100, seed % 10 / 10, np.float32)
        return mono if self.can.channels == 1 else np.stack([mono, -mono], axis=1)


@pytest.fixture
def hummer():
    return Hummer(temperature=0.9, guidance=3.0)


@pytest.fixture
def engine(hummer):
    return MusicEngine(hummer)


def test_music_grows_and_the_last_of_it_has_the_length_asked_for(engine):
    pieces = list(engine.compose("hum", seconds=4))
    assert [piece.duration_s for piece in pieces] == [1, 2, 3, 4]
    assert (pieces[-1].seconds_asked, pieces[-1].understood) == (4, ("slow",))
    assert pieces[0].first_audio_s == pieces[-1].first_audio_s > 0
    assert (pieces[-1].work.amount, pieces[-1].work.unit) == (4, "seconds of music")


def test_what_nobody_chose_is_the_models_own_and_is_told(engine, hummer):
    piece = last(engine.compose("hum"))
    assert (piece.seconds_asked, piece.temperature, piece.guidance) == (3, 0.9, 3.0)
    assert (hummer.asked.temperature, hummer.asked.guidance) == (0.9, 3.0)
    assert 0 <= piece.seed <= MAX_SEED


def test_settings_that_a_model_does_not_have_are_told_and_change_nothing():
    hummer = Hummer(temperature=None)
    piece = last(MusicEngine(hummer).compose("hum", temperature=2, guidance=4, steps=9))
    assert [warning.split(":")[0] for warning in piece.warnings] == [
        "This model has no temperature", "This model has no guidance",
        "This model has no steps to choose",
    ]  # fmt: skip
    assert (hummer.asked.temperature, hummer.asked.guidance, hummer.asked.steps) == (1, 1, 0)
    assert (piece.temperature, piece.guidance) == (None, None)


@pytest.mark.parametrize(
    ("prompt", "settings", "said"),
    [
        (" \n", {}, "no prompt"),
        ("x" * (MAX_CHARACTERS + 1), {}, "2,001 characters; the limit is 2,000"),
        ("hum", {"seconds": 9}, "9 seconds are not between 1 and 8"),
        ("hum", {"seconds": 0}, "0 seconds are not between 1 and 8"),
        ("hum", {"seconds": float("nan")}, "nan seconds"),
        ("hum", {"seed": -1}, "Seed: -1 is not between 0 and 4,294,967,295"),
        ("hum", {"temperature": 0}, "Temperature: 0 is not between 0.01 and 5"),
        ("hum", {"guidance": 0.5}, "Guidance: 0.5 is not between 1 and 20"),
        ("hum", {"steps": 0}, "Steps: 0 is not between 1 and 200"),
    ],
)
def test_bad_input_is_refused_with_the_limit(engine, prompt, settings, said):
    with pytest.raises(InputError) as refused:
        list(engine.compose(prompt, **settings))
    assert said in refused.value.message
    assert refused.value.hint


def test_stop_ends_a_piece_and_what_is_done_was_given(engine):
    stop = StopToken()
    pieces = until_stopped(engine.compose("hum", seconds=8, stop=stop), stop, 2)
    assert pieces[-1].duration_s == 2


def test_working_memory_is_charged_while_a_piece_is_made(engine):
    charged = []

    class Room:
        @contextmanager
        def activation(self, size_bytes):
            charged.append(size_bytes)
            yield
            charged.append(-size_bytes)

    engine.host = Room()
    list(engine.compose("hum", seconds=2))
    assert charged == [2000, -2000]


@pytest.mark.parametrize("channels", [1, 2])
def test_a_piece_is_written_whole_and_a_slow_one_also_in_parts(tmp_path, channels):
    engine = MusicEngine(Hummer(channels=channels))
    recording = MusicRecording(tmp_path / "one", "wav", patience_s=0)
    counts = [recording.parts for _ in recording.follow(engine.compose("hum", seconds=5, seed=4))]
    assert counts == [0, 1, 1, 2, 3]  # of two seconds each, and the rest
    assert recording.done
    import soundfile

    whole, rate = soundfile.read(recording.whole, dtype="float32")
    assert (rate, len(whole)) == (100, 500)
    assert whole.shape[1:] == (() if channels == 1 else (2,))
    parts = [soundfile.read(recording.part(n), dtype="float32")[0] for n in range(3)]
    assert np.array_equal(np.concatenate(parts), whole)
    assert recording.files == [recording.whole, *(recording.part(n) for n in range(3))]


def test_a_quick_piece_has_no_parts_and_a_stopped_one_is_a_good_file(tmp_path, engine):
    recording = MusicRecording(tmp_path / "one", "flac")
    pieces = recording.follow(engine.compose("hum", seconds=8, seed=3))
    next(pieces)
    next(pieces)
    pieces.close()
    assert (recording.parts, recording.done) == (0, True)
    import soundfile

    assert soundfile.info(recording.whole).frames == 200


def test_a_format_that_can_not_be_written_is_refused_before_a_note_is_made(tmp_path):
    with pytest.raises(InputError, match="no audio format 'ogg'"):
        MusicRecording(tmp_path, "ogg")
