"""The files of a speech in the making: always whole, however the run ends."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from models.errors import InputError, Stopped
from models.speech import Speech, Spoken, SpokenChapter
from models.speech_recording import SpeechRecording, file_name


def speeches(count, *, elapsed=0.1, total=10):
    """Growing snapshots with a second of sound each at 1 kHz."""
    piece = np.full(8000, 1000, np.int16)
    for n in range(1, count + 1):
        spoken = tuple(Spoken(i, i + 1, i, i + 1) for i in range(n))
        yield Speech((piece,) * n, 8000, spoken, (), "v", ("v",), 0, n, total, 0.1, elapsed * n)


def seconds(path):
    return soundfile.info(path).duration


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_the_whole_is_written_in_the_asked_format(tmp_path, kind):
    recording = SpeechRecording(tmp_path / "r", kind)
    assert len(list(recording.follow(speeches(3)))) == 3
    assert recording.whole.suffix == f".{kind}"
    assert seconds(recording.whole) == pytest.approx(3, abs=0.2)


def test_a_quick_speech_has_no_pieces_and_a_slow_one_has_all_of_them(tmp_path):
    quick = SpeechRecording(tmp_path / "quick", "wav")
    list(quick.follow(speeches(3, elapsed=0.1)))
    assert (quick.pieces, len(quick.files)) == (0, 1)
    slow = SpeechRecording(tmp_path / "slow", "mp3")
    list(slow.follow(speeches(4, elapsed=0.4)))
    assert slow.pieces == 4
    assert [seconds(slow.piece(n)) for n in range(4)] == [1, 1, 1, 1]
    assert all(path.exists() for path in slow.files)


def test_a_single_sentence_is_not_played_twice_however_long_it_took(tmp_path):
    recording = SpeechRecording(tmp_path / "r", "wav")
    list(recording.follow(speeches(1, elapsed=60, total=1)))
    assert recording.pieces == 0


def test_a_run_that_is_closed_leaves_a_good_file(tmp_path):
    recording = SpeechRecording(tmp_path / "r", "wav")
    run = recording.follow(speeches(5))
    next(run), next(run)
    run.close()
    assert seconds(recording.whole) == 2


def test_a_run_that_is_stopped_inside_leaves_a_good_file(tmp_path):
    def stopped():
        yield from speeches(2)
        raise Stopped

    recording = SpeechRecording(tmp_path / "r", "wav")
    with pytest.raises(Stopped):
        list(recording.follow(stopped()))
    assert seconds(recording.whole) == 2


def test_a_refused_text_writes_nothing(tmp_path):
    def refused():
        raise InputError("no")
        yield

    with pytest.raises(InputError):
        list(SpeechRecording(tmp_path / "r", "wav").follow(refused()))
    assert list(tmp_path.iterdir()) == []


def test_it_is_done_only_once_the_file_is_closed_also_when_the_run_is_cut_off(tmp_path):
    recording = SpeechRecording(tmp_path / "r", "wav", patience_s=float("inf"))
    running = recording.follow(speeches(4, elapsed=9.0))
    next(running)
    next(running)
    assert not recording.done
    running.close()
    assert recording.done
    assert (recording.pieces, seconds(recording.whole)) == (0, pytest.approx(2))


def test_every_chapter_has_a_file_of_its_own_also_when_stopped(tmp_path):
    titles = ["", "A/B: c?", "Third"]
    begun = [SpokenChapter(title, n, n, n, n + 1.0) for n, title in enumerate(titles)]

    def told():
        for n, speech in enumerate(speeches(3)):
            yield replace(speech, chapters=tuple(begun[: n + 1]), chapters_total=4)
        raise Stopped

    recording = SpeechRecording(tmp_path / "r", "wav")
    with pytest.raises(Stopped):
        list(recording.follow(told()))
    assert [path.name for path in recording.chapters] == ["01.wav", "02 A B c.wav", "03 Third.wav"]
    assert [seconds(path) for path in recording.chapters] == [1, 1, 1]
    assert set(recording.chapters) < set(recording.files)
    with zipfile.ZipFile(recording.archive) as archive:
        assert archive.namelist() == [path.name for path in recording.chapters]


@pytest.mark.parametrize("title", ["../../x", "a" * 300, "日本 1", "\0", ". .", "CON/.."])
def test_a_title_makes_no_path(title):
    name = file_name(title)
    assert len(name) <= 60
    assert not set(name) & set("/\\.:\0")
