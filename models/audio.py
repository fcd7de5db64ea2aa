"""Audio files in and out: any common format to mono float32 at one rate, and back to WAV, FLAC, MP3.

Decoding is FFmpeg's, through PyAV; encoding is libsndfile's, through soundfile. A file is data from
a stranger: everything that can be wrong with it ends in one ``InputError`` that says what.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.errors import InputError

if TYPE_CHECKING:
    from soundfile import SoundFile

Samples = NDArray[np.float32]

#: Formats that ``sound_file`` writes, with libsndfile's name and sample type for each.
FORMATS = {"wav": ("WAV", "PCM_16"), "flac": ("FLAC", "PCM_16"), "mp3": ("MP3", "MPEG_LAYER_III")}
#: Longest recording that is decoded, in seconds; at 16 kHz that is 461 MB of samples.
MAX_DURATION_S = 2 * 3600
#: Sample rates outside this range are a damaged header, in Hz.
_MIN_RATE, _MAX_RATE = 1_000, 768_000
#: Formats whose headers state the exact length, by FFmpeg's name; MP3 only estimates.
_EXACT = ("flac", "mov,mp4,m4a,3gp,3g2,mj2")
#: Share of a stated length, and seconds beside it, that may be missing before a file counts as cut off.
_MISSING_SHARE, _MISSING_S = 0.02, 0.2
#: Share of packets that may be unreadable (junk after an MP3's last frame is common).
_BAD_SHARE = 0.1
#: Sizes in a WAV header that mean "not known", as recorders write them that can't seek back.
_UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0xFFFFFFFF)


def read_audio(path: Path, sample_rate: int, *, max_s: float = MAX_DURATION_S) -> Samples:
    """The first audio stream of a file, mixed down to mono.

    Args:
        path: any format that FFmpeg reads: WAV, FLAC, MP3, OGG, M4A, WebM, also a video.
        sample_rate: wanted rate in Hz; the file is resampled when it differs.
        max_s: longest duration in seconds.

    Returns:
        (samples,) float32, about -1 to 1.

    Raises:
        InputError: no audio in it, damaged or cut off, empty, not-a-number samples, or too long.
    """
    name = path.name
    if path.stat().st_size == 0:
        raise InputError(f"{name} is empty (0 bytes).", hint="Record or choose another file.")
    _check_wav_size(path)
    pieces: list[Samples] = []
    limit = int(max_s * sample_rate)
    for piece in _decoded(path, sample_rate):
        pieces.append(piece)
        limit -= len(piece)
        if limit < 0:
            raise InputError(
                f"{name} is longer than {max_s / 60:g} minutes.", hint="Cut it and send the parts."
            )
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    return check_samples(samples, name)


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
            f"{name} has {bad:,} samples that are not numbers.", hint="Export the recording again."
        )
    return samples


def sound_file(path: Path, sample_rate: int, kind: str) -> SoundFile:
    """A file of mono sound, open for writing piece by piece; a context manager.

    Its ``write`` takes (samples,) int16, or float32 that it clips to -1 to 1.

    Args:
        path: file to write.
        sample_rate: in Hz.
        kind: a key of ``FORMATS``.

    Raises:
        InputError: when ``kind`` is no format that can be written.
    """
    from soundfile import SoundFile

    if kind not in FORMATS:
        raise InputError(
            f"There is no audio format {kind!r}.", hint=f"Choices: {', '.join(FORMATS)}."
        )
    name, subtype = FORMATS[kind]
    return SoundFile(path, "w", samplerate=sample_rate, channels=1, format=name, subtype=subtype)


def _decoded(path: Path, sample_rate: int) -> Iterator[Samples]:
    """Mono pieces at the wanted rate; see ``read_audio`` for what is refused."""
    import av

    not_audio = InputError(
        f"{path.name} is no audio file that can be read.",
        hint="Send WAV, FLAC, MP3, OGG, M4A or WebM.",
    )
    try:
        container = av.open(str(path), metadata_errors="ignore")
    except (av.FFmpegError, ValueError, OverflowError, OSError) as error:
        raise not_audio from error
    with container:
        if not container.streams.audio:
            raise InputError(
                f"{path.name} has no sound in it.", hint="Send a file with an audio track."
            )
        stream = container.streams.audio[0]
        if not _MIN_RATE <= (stream.rate or 0) <= _MAX_RATE:
            raise InputError(
                f"{path.name} states a sample rate of {stream.rate or 0:,} Hz.",
                hint="Its header is damaged; export it again.",
            )
        try:
            yield from _resampled(container, stream, sample_rate, path.name)
        except (av.FFmpegError, ValueError, OverflowError) as error:
            raise not_audio from error


def _resampled(container: Any, stream: Any, sample_rate: int, name: str) -> Iterator[Samples]:
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=sample_rate)
    packets = bad = total = 0
    for packet in container.demux(stream):
        packets += 1
        try:
            frames = packet.decode()
        except av.FFmpegError:
            bad += 1
            continue
        for frame in frames:
            frame.pts = None  # gaps in a recorder's clock are no silence
            for piece in resampler.resample(frame):
                total += piece.samples
                yield piece.to_ndarray().reshape(-1).astype(np.float32, copy=False)
    if total:
        for piece in resampler.resample(None):
            total += piece.samples
            yield piece.to_ndarray().reshape(-1).astype(np.float32, copy=False)
    _check_whole(container, stream, name, total / sample_rate, bad / max(packets, 1))


def _check_whole(container: Any, stream: Any, name: str, found_s: float, bad_share: float) -> None:
    if bad_share > _BAD_SHARE:
        raise InputError(
            f"{name} is damaged: {bad_share:.0%} of it can't be decoded.", hint="Export it again."
        )
    if container.format.name in _EXACT and stream.duration:
        stated_s = float(stream.duration * stream.time_base)
        _check_length(name, stated_s, found_s)


def _check_length(name: str, stated_s: float, found_s: float) -> None:
    if found_s < stated_s * (1 - _MISSING_SHARE) - _MISSING_S:
        raise InputError(
            f"{name} is cut off: its header promises {stated_s:.1f} s, {found_s:.1f} s are there.",
            hint="Copy or upload it again.",
        )


def _check_wav_size(path: Path) -> None:
    """Refuses a WAV whose data chunk states more bytes than the file has; FFmpeg would not."""
    with path.open("rb") as stream:
        head = stream.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return
        end, bytes_per_s = os.fstat(stream.fileno()).st_size, 0
        while len(chunk := stream.read(8)) == 8:
            size = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"fmt ":
                bytes_per_s = int.from_bytes(stream.read(size)[8:12], "little")
            elif chunk[:4] == b"data":
                if bytes_per_s and size not in _UNKNOWN_SIZES:
                    found = end - stream.tell()
                    _check_length(path.name, size / bytes_per_s, found / bytes_per_s)
                return
            else:
                stream.seek(size, os.SEEK_CUR)
            stream.seek(size % 2, os.SEEK_CUR)
