"""What FFmpeg, through PyAV, hears in a file of a stranger: blocks of mono at one rate.

Everything that can be wrong with the file ends in one ``InputError`` that says what. A file may name
other files or addresses (playlists do): only formats that hold their own sound are opened.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from models.errors import InputError

Samples = NDArray[np.float32]

#: FFmpeg's names of the formats that are read; none of them opens a second file.
_FORMATS = (
    "aac ac3 aiff amr ape asf au avi caf dsf dts eac3 flac flv g722 gsm loas matroska,webm "
    "mov,mp4,m4a,3gp,3g2,mj2 mp3 mpc mpc8 mpeg mpegts mxf nut ogg oma rm sox tak tta voc w64 wav wv"
)
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _FORMATS.replace(" ", ",")}
#: Sample rates outside this range are a damaged header, in Hz.
_MIN_RATE, _MAX_RATE = 1_000, 768_000
#: Formats whose headers state the exact length, by FFmpeg's name.
_EXACT = ("flac", "mov,mp4,m4a,3gp,3g2,mj2")
#: Share of a stated length, and seconds beside it, that may be missing before a file counts as cut off.
_MISSING_SHARE, _MISSING_S = 0.02, 0.2
#: Share of packets that may be unreadable (junk after an MP3's last frame is common).
_BAD_SHARE = 0.1
#: Bytes in which an MP3's first frame begins and ends.
_FIRST_FRAME = 2048
#: First bytes of files that FFmpeg may fail on although they are sound, at the beginning or behind a size.
_KINDS = {
    b"RIFF": "WAV", b"fLaC": "FLAC", b"OggS": "OGG", b"ID3": "MP3", b"ftyp": "MP4", b"\x1aE\xdf\xa3": "WebM",
}  # fmt: skip
#: Samples that are resampled in one go; an array of this size goes back to the system when it is freed.
_BLOCK = 1 << 18
#: Sizes in a WAV header that mean "not known", as recorders write them that can't seek back.
_UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0xFFFFFFFF)


def decoded(path: Path, sample_rate: int) -> Iterator[Samples]:
    """Blocks of mono, (samples,) float32 at ``sample_rate`` Hz, of the first audio stream.

    Raises:
        InputError: no audio in the file, or it is damaged or cut off.
    """
    import av

    unreadable = _unreadable(path)
    try:
        container = av.open(str(path), metadata_errors="ignore", options=_OPTIONS)
    except (av.FFmpegError, ValueError, OverflowError, OSError) as error:
        raise unreadable from error
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
            yield from _resampled(container, stream, sample_rate, path)
        except (av.FFmpegError, ValueError, OverflowError) as error:
            raise unreadable from error


def _unreadable(path: Path) -> InputError:
    """Why FFmpeg can't read a file, as far as its first bytes tell."""
    with path.open("rb") as stream:
        head = stream.read(16)
    for mark, kind in _KINDS.items():
        if mark in (head[: len(mark)], head[4 : 4 + len(mark)]):
            return InputError(
                f"{path.name} begins as {kind} and can't be read: it is cut off or damaged.",
                hint="Copy, upload or export it again.",
            )
    return InputError(
        f"{path.name} is no audio file that can be read.",
        hint="Send WAV, FLAC, MP3, OGG, M4A or WebM, or a video with sound.",
    )


def _resampled(container: Any, stream: Any, sample_rate: int, path: Path) -> Iterator[Samples]:
    """Blocks of about ``_BLOCK`` samples; the file's end is checked after the last."""
    packets, bad, found = 0, 0, 0
    resampler: Resampler | None = None
    for packet in container.demux(stream):
        packets += 1
        frames, readable = _frames(packet)
        bad += not readable
        for frame in frames:
            if resampler is None or resampler.from_rate != frame.sample_rate:
                yield from resampler.rest() if resampler else ()
                resampler = Resampler(frame.sample_rate, sample_rate)
            found += frame.samples
            yield from resampler.taken(_mono(frame))
    if resampler:
        yield from resampler.rest()
        found_s = found / resampler.from_rate
        _check_whole(container, stream, path, found_s, bad / max(packets, 1))


def _frames(packet: Any) -> tuple[list[Any], bool]:
    """The frames of a packet, and whether it could be decoded."""
    import av

    try:
        return packet.decode(), True
    except av.FFmpegError:
        return [], False


def _mono(frame: Any) -> Samples:
    """The mean of a frame's channels, (samples,) float32.

    FFmpeg's own mix is made for loudspeakers: its sum of in-phase channels passes 1.
    """
    values = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    mixed = values.mean(axis=0, dtype=np.float32 if values.shape[0] == 1 else np.float64)
    if values.dtype == np.uint8:
        mixed = (mixed - 128) / 128
    elif values.dtype.kind == "i":
        mixed = mixed / -float(np.iinfo(values.dtype).min)
    return np.asarray(mixed, np.float32)


class Resampler:
    """Mono at one rate to mono at another, in blocks.

    Args:
        from_rate: in Hz.
        to_rate: the same.
        block: samples that are collected before they are resampled in one go.
    """

    def __init__(self, from_rate: int, to_rate: int, *, block: int = _BLOCK) -> None:
        import av

        self.from_rate, self._block = from_rate, block
        self._resampler = av.AudioResampler(format="flt", layout="mono", rate=to_rate)
        self._waiting: list[Samples] = []
        self._count = 0

    def taken(self, piece: Samples) -> Iterator[Samples]:
        """Keeps a piece; a block once enough are there."""
        self._waiting.append(piece)
        self._count += len(piece)
        if self._count >= self._block:
            yield from self._flushed()

    def rest(self) -> Iterator[Samples]:
        """What has not come out yet."""
        yield from self._flushed()
        yield from self._resampled(None)

    def _flushed(self) -> Iterator[Samples]:
        import av

        if self._waiting:
            block = np.concatenate(self._waiting)[None]
            self._waiting, self._count = [], 0
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout="mono")
            frame.sample_rate = self.from_rate
            yield from self._resampled(frame)

    def _resampled(self, frame: Any) -> Iterator[Samples]:
        for out in self._resampler.resample(frame):
            yield out.to_ndarray().reshape(-1)


def _check_whole(container: Any, stream: Any, path: Path, found_s: float, bad_share: float) -> None:
    if bad_share > _BAD_SHARE:
        raise InputError(
            f"{path.name} is damaged: {bad_share:.0%} of it can't be decoded.",
            hint="Export it again.",
        )
    kind = container.format.name
    if stream.duration and (kind in _EXACT or (kind == "mp3" and _states_its_length(path))):
        _check_length(path.name, float(stream.duration * stream.time_base), found_s)


def _states_its_length(path: Path) -> bool:
    """Whether an MP3's first frame says how many there are; else FFmpeg guesses from the file's size."""
    with path.open("rb") as stream:
        head = stream.read(10)
        if head[:3] == b"ID3":  # a tag; its length has seven bits a byte
            length = sum(
                byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)
            )
            stream.seek(10 + length)
        else:
            stream.seek(0)
        first = stream.read(_FIRST_FRAME)
    return any(mark in first for mark in (b"Xing", b"Info", b"VBRI"))


def _check_length(name: str, stated_s: float, found_s: float) -> None:
    if found_s < stated_s * (1 - _MISSING_SHARE) - _MISSING_S:
        raise InputError(
            f"{name} is cut off: its header promises {stated_s:.1f} s, {found_s:.1f} s are there.",
            hint="Copy or upload it again.",
        )


def check_wav_size(path: Path) -> None:
    """Raises ``InputError`` for a WAV whose header states more bytes than are there; FFmpeg would not."""
    with path.open("rb") as stream:
        head = stream.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return
        bytes_per_s = 0
        for name, size in _chunks(stream):
            if name == b"fmt ":
                bytes_per_s = int.from_bytes(stream.read(min(size, 12))[8:], "little")
            elif name == b"data":
                if bytes_per_s and size not in _UNKNOWN_SIZES:
                    found = os.fstat(stream.fileno()).st_size - stream.tell()
                    _check_length(path.name, size / bytes_per_s, found / bytes_per_s)
                return


def _chunks(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Name and stated size of each chunk of a RIFF file, with the stream at its content."""
    while len(head := stream.read(8)) == 8:
        content, size = stream.tell(), int.from_bytes(head[4:], "little")
        yield head[:4], size
        stream.seek(content + size + size % 2)
