"""How a score sounds, and that its file says the same: pitch, time, loudness, no clicks."""

from __future__ import annotations

import tracemalloc
from io import BytesIO

import numpy as np
import pytest

from models.music_midi import midi_file, signature
from models.music_score import Note, Score
from models.music_sound import INSTRUMENTS, SAMPLE_RATE, Performance, limited, render, sound

PITCHED = sorted(set(INSTRUMENTS) - {"drone"})


def score(*notes: Note, instrument: str = "fiddle", tempo: float = 120.0) -> Score:
    return Score(notes, tempo, (4, 4), "D major", (instrument,))


def strongest_hz(samples: np.ndarray, low: float, high: float) -> float:
    """Frequency with the most energy between two."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 17))
    hz = np.fft.rfftfreq(1 << 17, 1 / SAMPLE_RATE)
    inside = (hz > low) & (hz < high)
    return float(hz[inside][spectrum[inside].argmax()])


@pytest.mark.parametrize("name", PITCHED)
def test_every_instrument_is_in_tune_and_begins_and_ends_in_silence(name: str) -> None:
    made = sound(name, 69, SAMPLE_RATE // 2, 100)
    assert strongest_hz(made[: SAMPLE_RATE // 2], 400, 480) == pytest.approx(440, abs=1.5)
    assert abs(made[0]) < 0.01
    assert abs(made[-1]) < 1e-4
    assert np.abs(np.diff(made)).max() < 0.15, "no click"


def test_plucked_notes_die_away_and_bowed_ones_last() -> None:
    def late(name: str) -> float:
        made = sound(name, 69, SAMPLE_RATE, 100)
        half = SAMPLE_RATE // 2
        return float(np.abs(made[half : 2 * half - 2000]).max() / np.abs(made[:half]).max())

    assert late("banjo") < 0.2
    assert late("fiddle") > 0.8


def test_notes_begin_when_the_score_says() -> None:
    piece = score(Note(0, 0.5, 62), Note(2, 0.5, 66), Note(3, 0.5, 69), instrument="piano")
    loud = np.abs(render(piece)) > 0.02
    at = np.flatnonzero(loud[1:] & ~loud[:-1]) / SAMPLE_RATE
    for start in (0.0, 1.0, 1.5):
        assert np.abs(at - start).min() < 0.02


def test_the_loudest_chord_stays_below_one() -> None:
    piece = score(
        *(Note(0, 4, pitch, 127) for pitch in (50, 57, 62, 66, 69, 74)), instrument="organ"
    )
    made = render(piece)
    assert made.dtype == np.float32
    assert 0.5 < np.abs(made).max() < 1.0


def test_what_is_not_loud_is_left_as_it_is() -> None:
    quiet = np.linspace(-0.8, 0.8, 11, dtype=np.float32)
    assert np.array_equal(limited(quiet), quiet)
    assert np.abs(limited(np.array([3.0, -3.0], np.float32))).max() <= 1


def test_what_was_heard_does_not_change_and_the_whole_begins_with_it() -> None:
    piece = score(Note(0, 1, 62), Note(1, 1, 64))
    performance = Performance(1.2)
    performance.play(piece.notes[:1], piece)
    first = performance.heard(0.5).copy()
    performance.play(piece.notes[1:], piece)
    whole = performance.whole()
    assert np.array_equal(whole[: len(first)], first)
    assert len(whole) == round(1.2 * SAMPLE_RATE)
    assert abs(whole[-1]) < 1e-6


def test_a_midi_file_says_the_same_notes_tempo_metre_and_key() -> None:
    import mido

    piece = Score(
        (Note(0, 1.5, 62, 90), Note(1.5, 0.5, 66, 80), Note(0, 2, 50, 40, voice=1)), 180.0, (6, 8),
        "E dorian", ("fiddle", "drone"),
    )  # fmt: skip
    file = mido.MidiFile(file=BytesIO(midi_file(piece)))
    head = {message.type: message for message in file.tracks[0]}
    assert mido.tempo2bpm(head["set_tempo"].tempo) == pytest.approx(180, abs=0.01)
    assert (head["time_signature"].numerator, head["time_signature"].denominator) == (6, 8)
    assert head["key_signature"].key == "D"
    assert [(one.note, one.velocity) for one in file.tracks[1] if one.type == "note_on"] == [
        (62, 90),
        (66, 80),
    ]
    assert [one.program for one in file.tracks[2] if one.type == "program_change"] == [109]
    assert file.length == pytest.approx(piece.duration_s, abs=0.01)


@pytest.mark.parametrize("tonic", ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"])
@pytest.mark.parametrize("mode", ["major", "minor", "dorian", "mixolydian"])
def test_every_key_has_a_signature_that_midi_knows(tonic: str, mode: str) -> None:
    import mido

    mido.MetaMessage("key_signature", key=signature(f"{tonic} {mode}"))
    if mode == "minor":
        assert signature(f"{tonic} {mode}").endswith("m")


def test_bars_are_counted_after_the_pickup() -> None:
    piece = Score(
        (Note(0, 0.5, 62), Note(0.5, 4, 62), Note(4.5, 1, 62)),
        120,
        (4, 4),
        "D major",
        ("flute",),
        pickup=0.5,
    )
    assert (piece.bars, piece.bar_beats, piece.length, piece.notes[0].name) == (2, 4, 5.5, "D4")


def test_a_piece_that_was_heard_leaves_no_sounds_behind() -> None:
    piece = score(*(Note(n, 1, 60 + n % 20) for n in range(40)))
    render(piece)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        made = render(score(*(Note(n, 0.9, 60 + n % 20) for n in range(40))))
        assert tracemalloc.get_traced_memory()[0] - before < made.nbytes + 100_000
    finally:
        tracemalloc.stop()
