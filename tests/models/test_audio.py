"""Audio files in and out: formats, rates and channels, and everything that can be wrong with a file."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from models.audio import FORMATS, check_samples, read_audio, sound_file
from models.errors import InputError

RATE = 16_000


def tone(seconds=1.0, rate=RATE, hertz=440.0):
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype("f4")


def pitch(samples, rate=RATE):
    """The loudest frequency in Hz."""
    return np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples)


def written(path, samples, rate=RATE, **options):
    soundfile.write(path, samples, rate, **options)
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", {}),
        ("float.wav", {"subtype": "FLOAT"}),
        ("u8.wav", {"subtype": "PCM_U8"}),
        ("a.flac", {}),
        ("a.ogg", {}),
        ("a.mp3", {}),
        ("a.aiff", {}),
    ],
)
def test_common_formats_keep_length_pitch_and_loudness(tmp_path, name, options):
    samples = read_audio(written(tmp_path / name, tone(), **options), RATE)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(RATE, rel=0.08)  # MP3 pads its first and last frame
    assert pitch(samples) == pytest.approx(440, abs=3)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.05)


def encoded(path, codec, container, rate):
    """A file of one second of tone made by FFmpeg, for what libsndfile can't write."""
    import av

    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(tone(rate=rate)[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        fifo.write(frame)
        size = stream.codec_context.frame_size or 960
        while (part := fifo.read(size, partial=True)) is not None:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return path


def test_an_m4a_as_phones_record_it_is_read(tmp_path):
    samples = read_audio(encoded(tmp_path / "a.m4a", "aac", "mp4", 44_100), RATE)
    assert len(samples) / RATE == pytest.approx(1, abs=0.1)
    assert pitch(samples) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_any_rate_becomes_the_wanted_one(tmp_path, rate):
    samples = read_audio(written(tmp_path / "a.wav", tone(rate=rate), rate), RATE)
    assert len(samples) == pytest.approx(RATE, abs=40)
    assert pitch(samples) == pytest.approx(440, abs=3)


def test_both_channels_of_a_stereo_file_are_heard(tmp_path):
    both = np.stack([tone(hertz=300), tone(hertz=1500)], axis=1)
    spectrum = np.abs(np.fft.rfft(read_audio(written(tmp_path / "a.wav", both), RATE)))
    assert spectrum[300] > 100
    assert spectrum[1500] > 100


@pytest.mark.parametrize("name", ["notes.wav", "notes.mp3", "notes.m4a", "notes"])
def test_a_text_under_an_audio_name_is_refused_as_no_audio(tmp_path, name):
    path = tmp_path / name
    path.write_text("this is no audio at all\n" * 50)
    with pytest.raises(InputError, match=f"{name} is no audio file"):
        read_audio(path, RATE)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(InputError, match="0 bytes"):
        read_audio(tmp_path / "a.wav", RATE)


def test_a_file_without_samples_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no sound|no audio"):
        read_audio(written(tmp_path / "a.wav", np.zeros(0, "f4")), RATE)


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_a_file_that_was_cut_off_is_refused_and_not_half_read(tmp_path, name):
    path = written(tmp_path / name, np.random.default_rng(0).normal(0, 0.1, RATE * 3))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"cut off|damaged"):
        read_audio(path, RATE)


def test_a_wav_of_a_recorder_that_did_not_know_its_length_is_read(tmp_path):
    path = written(tmp_path / "a.wav", tone())
    raw = bytearray(path.read_bytes())
    raw[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(raw)
    assert len(read_audio(path, RATE)) == RATE


def test_a_file_longer_than_the_limit_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"longer than 0\.1 minutes"):
        read_audio(written(tmp_path / "a.wav", tone(7)), RATE, max_s=6)


def test_samples_that_are_not_numbers_are_refused():
    with pytest.raises(InputError, match="2 samples"):
        check_samples(np.array([0, np.nan, np.inf, 1], "f4"))


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_written_piece_by_piece_reads_back(tmp_path, kind):
    path, whole = tmp_path / f"a.{kind}", tone(1.5, 24_000)
    with sound_file(path, 24_000, kind) as file:
        for piece in np.array_split(whole, 7):
            file.write(np.round(piece * 32767).astype(np.int16))
    samples = read_audio(path, 24_000)
    assert len(samples) / 24_000 == pytest.approx(1.5, abs=0.1)
    assert pitch(samples, 24_000) == pytest.approx(440, abs=3)


def test_a_format_that_can_not_be_written_is_refused(tmp_path):
    with pytest.raises(InputError, match="wav, flac, mp3"):
        sound_file(tmp_path / "a.xyz", RATE, "xyz")
