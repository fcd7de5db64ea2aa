"""Audio files in and out: any common format to mono float32 at one rate, and back to WAV, FLAC, MP3.

Decoding is FFmpeg's (``models.audio_decoding``), encoding libsndfile's, through soundfile.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.audio_decoding import Samples, check_wav_size, decoded
from models.errors import InputError

if TYPE_CHECKING:
    from soundfile import SoundFile

#: Formats that ``sound_file`` writes, with libsndfile's name and sample type for each.
FORMATS = {"wav": ("WAV", "PCM_16"), "flac": ("FLAC", "PCM_16"), "mp3": ("MP3", "MPEG_LAYER_III")}
#: Longest recording that is decoded, in seconds; at 16 kHz that is 461 MB of samples.
MAX_DURATION_S = 2 * 3600
#: Samples by which the buffer of a recording grows: 16 MB.
_GROWTH = 1 << 22


def read_audio(path: Path, sample_rate: int, *, max_s: float = MAX_DURATION_S) -> Samples:
    """The first audio stream of a file, mixed down to mono.

    Args:
        path: any format that FFmpeg reads: WAV, FLAC, MP3, OGG, M4A, WebM, also a video.
        sample_rate: wanted rate in Hz; the file is resampled when it differs.
        max_s: longest duration in seconds.

    Returns:
        (samples,) float32, -1 to 1: the mean of the channels, made quieter where it would pass 1.

    Raises:
        InputError: no audio in it, damaged or cut off, empty, not-a-number samples, or too long.
    """
    name = path.name
    if path.stat().st_size == 0:
        raise InputError(f"{name} is empty (0 bytes).", hint="Record or choose another file.")
    check_wav_size(path)
    samples = np.empty(0, np.float32)
    count, most = 0, int(max_s * sample_rate)
    for block in decoded(path, sample_rate):
        if count + len(block) > len(samples):  # in place: a long recording is never there twice
            samples.resize(len(samples) + max(_GROWTH, len(block)), refcheck=False)
        samples[count : count + len(block)] = block
        count += len(block)
        if count > most:
            raise InputError(
                f"{name} is longer than {max_s / 60:g} minutes.", hint="Cut it and send the parts."
            )
    samples.resize(count, refcheck=False)
    check_samples(samples, name)
    peak = max(float(samples.max()), -float(samples.min()))
    if peak > 1:  # a float file may hold more, and decoders of MP3 overshoot
        samples /= peak
    return samples


def check_samples(samples: Samples, name: str = "The audio") -> Samples:
    """The same samples, when there are some and all of them are numbers.

    Raises:
        InputError: when there are none, or one is infinite or not a number.
    """
    if samples.size == 0:
        raise InputError(
            f"{name} holds no sound (0 samples).", hint="Record or choose another file."
        )
    bad = samples.size - int(np.isfinite(samples).sum())
    if bad:
        raise InputError(
            f"{name} holds samples that are not numbers ({bad:,} of {samples.size:,}).",
            hint="Export the recording again.",
        )
    return samples


def sound_file(path: Path, sample_rate: int, kind: str, channels: int = 1) -> SoundFile:
    """A file of sound, open for writing piece by piece; a context manager.

    Its ``write`` takes (samples,) for mono, else (samples, channels); int16, or float32 that it clips
    to -1 to 1.

    Args:
        path: file to write.
        sample_rate: in Hz.
        kind: a key of ``FORMATS``.
        channels: 1 for mono, 2 for stereo.

    Raises:
        InputError: when ``kind`` is no format that can be written.
    """
    from soundfile import SoundFile

    check_format(kind)
    name, subtype = FORMATS[kind]
    return SoundFile(
        path, "w", samplerate=sample_rate, channels=channels, format=name, subtype=subtype
    )


def check_format(kind: str) -> None:
    """Raises ``InputError`` for what is no key of ``FORMATS``."""
    if kind not in FORMATS:
        raise InputError(
            f"There is no audio format {kind!r}.", hint=f"Choices: {', '.join(FORMATS)}."
        )
