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
    with pytest.raises(InputError, match="2 of 4"):
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


def test_a_single_sample_is_read_and_half_a_one_is_no_sound(tmp_path):
    assert len(read_audio(written(tmp_path / "a.wav", np.ones(1, "f4")), RATE)) == 1
    with pytest.raises(InputError, match="no sound"):
        read_audio(written(tmp_path / "b.wav", np.ones(1, "f4"), 48_000), RATE)


def test_a_file_with_samples_that_are_not_numbers_is_refused(tmp_path):
    samples = tone()
    samples[[5, 6, 7]] = np.nan
    path = written(tmp_path / "a.wav", samples, subtype="FLOAT")
    with pytest.raises(InputError, match=r"a\.wav holds samples that are not numbers \(3 of"):
        read_audio(path, RATE)


def test_samples_louder_than_full_scale_are_made_quieter_and_not_cut(tmp_path):
    path = written(tmp_path / "a.wav", tone() * 60_000, subtype="FLOAT")
    samples = read_audio(path, RATE)
    assert np.abs(samples).max() == 1
    assert samples == pytest.approx(tone() * 2, abs=0.001)


def test_a_studio_recording_at_192_khz_is_read(tmp_path):
    samples = read_audio(written(tmp_path / "a.wav", tone(rate=192_000), 192_000), RATE)
    assert len(samples) == pytest.approx(RATE, abs=40)
    assert pitch(samples) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("channels", [3, 6, 8, 16])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_many_channels_become_their_mean(tmp_path, channels, subtype):
    waves = np.stack([tone(0.2, hertz=300 * (i + 1)) for i in range(channels)], axis=1)
    samples = read_audio(written(tmp_path / "a.wav", waves, subtype=subtype), RATE)
    assert samples == pytest.approx(waves.mean(1), abs=0.01)


def test_channels_in_phase_stay_as_loud_as_each(tmp_path):
    both = np.stack([tone(), tone()], axis=1)
    samples = read_audio(written(tmp_path / "a.wav", both), RATE)
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.001)


def test_the_sound_track_of_a_video_is_read(tmp_path):
    samples = read_audio(video(tmp_path / "a.mp4", sound=tone(2, 44_100)), RATE)
    assert len(samples) / RATE == pytest.approx(2, abs=0.1)
    assert pitch(samples) == pytest.approx(440, abs=3)


def test_a_silent_film_has_no_sound(tmp_path):
    with pytest.raises(InputError, match=r"a\.mp4 has no sound in it"):
        read_audio(video(tmp_path / "a.mp4"), RATE)


def video(path, sound=None):
    """Two seconds of grey, with a sound track at 44.1 kHz or none."""
    import av

    with av.open(str(path), "w") as out:
        pictures = out.add_stream("mpeg4", rate=5)
        pictures.width = pictures.height = 64
        pictures.pix_fmt = "yuv420p"
        track = out.add_stream("aac", rate=44_100, layout="mono") if sound is not None else None
        for shade in range(10):
            picture = np.full((64, 64, 3), shade * 20, np.uint8)
            out.mux(pictures.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(pictures.encode(None))
        if track:
            frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
            frame.sample_rate = 44_100
            fifo = av.AudioFifo()
            fifo.write(frame)
            while (part := fifo.read(1024, partial=True)) is not None:
                out.mux(track.encode(part))
            out.mux(track.encode(None))
    return path


def halved(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def test_an_mp3_that_was_cut_off_is_refused_and_not_half_read(tmp_path):
    with pytest.raises(InputError, match=r"cut off: its header promises 5\.0 s, 2\.3 s are there"):
        read_audio(halved(written(tmp_path / "a.mp3", tone(5))), RATE)


def test_an_mp3_without_a_stated_length_is_read_as_far_as_it_goes(tmp_path):
    path = written(tmp_path / "a.mp3", tone(5))
    path.write_bytes(path.read_bytes().replace(b"Xing", b"\0" * 4).replace(b"Info", b"\0" * 4))
    assert len(read_audio(halved(path), RATE)) / RATE == pytest.approx(2.5, abs=0.3)


def test_a_tag_before_an_mp3_does_not_hide_that_it_was_cut_off(tmp_path):
    path = halved(written(tmp_path / "a.mp3", tone(5)))
    path.write_bytes(b"ID3\x04\0\0\0\0\x20\0" + bytes(4096) + path.read_bytes())
    with pytest.raises(InputError, match="cut off"):
        read_audio(path, RATE)


def test_a_video_that_was_cut_off_is_told_from_what_is_no_video(tmp_path):
    with pytest.raises(InputError, match="begins as MP4 and can't be read"):
        read_audio(halved(video(tmp_path / "a.mp4", sound=tone(2, 44_100))), RATE)


def test_a_note_of_odd_length_before_the_sound_does_not_hide_that_a_wav_was_cut_off(tmp_path):
    raw = written(tmp_path / "a.wav", tone(2)).read_bytes()
    path = tmp_path / "noted.wav"
    path.write_bytes(raw[:36] + b"note\x03\0\0\0abc\0" + raw[36 : len(raw) // 2])
    with pytest.raises(InputError, match=r"promises 2\.0 s, 1\.0 s are there"):
        read_audio(path, RATE)


def test_a_wav_whose_header_states_two_gigabytes_is_refused(tmp_path):
    path = written(tmp_path / "a.wav", tone())
    raw = bytearray(path.read_bytes())
    raw[40:44] = (2_000_000_000).to_bytes(4, "little")
    path.write_bytes(raw)
    with pytest.raises(InputError, match=r"promises 62500\.0 s, 1\.0 s are there"):
        read_audio(path, RATE)


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {}\n",
    ],
)
def test_a_playlist_does_not_open_other_files(tmp_path, text):
    other = written(tmp_path / "other.wav", tone())
    path = tmp_path / "list.m3u8"
    path.write_text(text.format(other.name))
    with pytest.raises(InputError, match="no audio file"):
        read_audio(path, RATE)
