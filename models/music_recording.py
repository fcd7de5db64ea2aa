"""The files of a piece of music while it is made: parts to be played at once, and the whole at the end.

Everything is written in the thread that composes, so that no page waits for a disk or an encoder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from models.audio import check_format, sound_file
from models.music import Music

#: A piece that is done sooner is not worth playing in parts, and a part is to last so long; in seconds.
PATIENCE_S, PART_S = 1.0, 2.0


class MusicRecording:
    """Writes one piece of music.

    Args:
        folder: of its own; made when there is something to write.
        kind: format of the whole, a key of ``models.audio.FORMATS``; the parts are WAV.
        patience_s: a piece that is done sooner has no parts.

    Attributes:
        whole: path of the piece; a good file once ``follow`` has ended, however it ended.
        files: paths of everything written so far.
        parts: how many parts can be played by now; 0 when none were needed.
        done: whether the whole is a good file by now.

    Raises:
        InputError: when ``kind`` is no format that can be written.
    """

    def __init__(self, folder: Path, kind: str, *, patience_s: float = PATIENCE_S) -> None:
        check_format(kind)
        self._folder, self._kind, self._patience_s = folder, kind, patience_s
        self._played = 0  # samples that are in parts
        self.whole = folder / f"music.{kind}"
        self.files = [self.whole]
        self.parts = 0
        self.done = False

    def part(self, number: int) -> Path:
        """Path of a part, counted from 0."""
        return self._folder / f"{number}.wav"

    def follow(self, snapshots: Iterator[Music]) -> Iterator[Music]:
        """The same snapshots, each with its sound on the disk before it is passed on."""
        latest: Music | None = None
        try:
            for latest in snapshots:
                self._add_part(latest)
                yield latest
        finally:
            if latest is not None and len(latest.samples):
                self._write(self.whole, self._kind, latest)
                self.done = True

    def _add_part(self, music: Music) -> None:
        """Writes what is new once the piece turns out to be a slow one."""
        unfinished = music.step < music.steps
        if not self.parts and not (unfinished and music.elapsed_s > self._patience_s):
            return
        new_s = (len(music.samples) - self._played) / music.sample_rate
        if not new_s or (unfinished and new_s < PART_S):
            return
        self._write(self.part(self.parts), "wav", music, self._played)
        self.files.append(self.part(self.parts))
        self._played = len(music.samples)
        self.parts += 1

    def _write(self, path: Path, kind: str, music: Music, start: int = 0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with sound_file(path, music.sample_rate, kind, music.channels) as file:
            file.write(music.samples[start:])
