"""The files of a speech while it is made: the whole, which grows, and its sentences for playing at once.

Everything is written in the thread that speaks, so that no page waits for a disk or an encoder, and
a speech of two hours is on the disk the moment it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from models.audio import sound_file
from models.text_to_speech import Speech

#: A speech that is done sooner is not worth playing piece by piece, in seconds.
PATIENCE_S = 1.0


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
        done: whether the whole is a good file by now.
    """

    def __init__(self, folder: Path, kind: str, *, patience_s: float = PATIENCE_S) -> None:
        self._folder, self._kind, self._patience_s = folder, kind, patience_s
        self.done = False
        self.whole = folder / f"speech.{kind}"
        self.files = [self.whole]
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
                    if self._is_slow(speech):
                        self._add_pieces(speech)
                    yield speech
        finally:
            self.done = True

    def _is_slow(self, speech: Speech) -> bool:
        unfinished = speech.characters < speech.characters_total
        return unfinished and speech.elapsed_s > self._patience_s

    def _add_pieces(self, speech: Speech) -> None:
        for number in range(self.pieces, len(speech.pieces)):
            with sound_file(self.piece(number), speech.sample_rate, "wav") as file:
                file.write(speech.pieces[number])
            self.files.append(self.piece(number))
        self.pieces = len(speech.pieces)
