"""The files of a speech while it is made: the whole, which grows, and its sentences for playing at
once, and its chapters.

Everything is written in the thread that speaks, so that no page waits for a disk or an encoder, and
a speech of two hours is on the disk the moment it ends.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.audio import sound_file
from models.speech import Speech

if TYPE_CHECKING:
    from soundfile import SoundFile

#: A speech that is done sooner is not worth playing piece by piece, in seconds.
PATIENCE_S = 1.0
#: Characters of a chapter's title in its file's name.
_LONGEST_NAME = 60


class SpeechRecording:
    """Writes one speech.

    Args:
        folder: of its own; made when there is something to write.
        kind: format of the whole, a key of ``models.audio.FORMATS``; the pieces are WAV.
        patience_s: a speech that is done sooner has no pieces.

    Attributes:
        whole: path of the speech; a good file once ``follow`` has ended, however it ended.
        files: paths of everything written so far.
        pieces: how many pieces can be played by now; 0 when none were needed.
        chapters: paths of a file per chapter, the last one unfinished until ``done``; empty for a text
            without chapters.
        archive: path of a ZIP with those files, once it is ``done``; None for a text without chapters.
        done: whether the whole is a good file by now.
    """

    def __init__(self, folder: Path, kind: str, *, patience_s: float = PATIENCE_S) -> None:
        self._folder, self._kind, self._patience_s = folder, kind, patience_s
        self._waiting: list[NDArray[np.int16]] = []
        self._chapter: SoundFile | None = None
        self.done = False
        self.whole = folder / f"speech.{kind}"
        self.files = [self.whole]
        self.chapters: list[Path] = []
        self.archive: Path | None = None
        self.pieces = 0

    def piece(self, number: int) -> Path:
        """Path of a piece, counted from 0."""
        return self._folder / f"{number}.wav"

    def follow(self, snapshots: Iterator[Speech]) -> Iterator[Speech]:
        """The same snapshots, each with its sound on the disk before it is passed on."""
        first = next(snapshots, None)
        if first is None:
            return
        self._folder.mkdir(parents=True)
        whole = sound_file(self.whole, first.sample_rate, self._kind)
        try:
            with whole:
                for speech in chain([first], snapshots):
                    whole.write(speech.pieces[-1])
                    self._add_to_chapter(speech)
                    self._add_piece(speech)
                    yield speech
        finally:
            self._close_chapters()
            self.done = True

    def _close_chapters(self) -> None:
        """Ends the last chapter and packs all of them, uncompressed: sound hardly shrinks."""
        if self._chapter:
            self._chapter.close()
        if self.chapters:
            self.archive = self._folder / "chapters.zip"
            with zipfile.ZipFile(self.archive, "w", zipfile.ZIP_STORED) as archive:
                for path in self.chapters:
                    archive.write(path, path.name)
            self.files.append(self.archive)

    def _add_to_chapter(self, speech: Speech) -> None:
        if len(speech.chapters) > len(self.chapters):
            if self._chapter:
                self._chapter.close()
            name = f"{len(self.chapters) + 1:02d} {file_name(speech.chapters[-1].title)}".strip()
            path = self._folder / f"{name}.{self._kind}"
            self._chapter = sound_file(path, speech.sample_rate, self._kind)
            self.chapters.append(path)
            self.files.append(path)
        if self._chapter:
            self._chapter.write(speech.pieces[-1])

    def _add_piece(self, speech: Speech) -> None:
        """Writes the pieces that wait once the speech turns out to be a slow one."""
        self._waiting.append(speech.pieces[-1])
        unfinished = speech.characters < speech.characters_total
        if not (unfinished and speech.elapsed_s > self._patience_s):
            return
        for sound in self._waiting:
            with sound_file(self.piece(self.pieces), speech.sample_rate, "wav") as file:
                file.write(sound)
            self.files.append(self.piece(self.pieces))
            self.pieces += 1
        self._waiting.clear()


def file_name(title: str) -> str:
    """A title as the part of a file name that every system takes: letters, digits, spaces, dashes."""
    kept = "".join(c if c.isalnum() or c in " -" else " " for c in title)
    return " ".join(kept.split())[:_LONGEST_NAME].strip()
