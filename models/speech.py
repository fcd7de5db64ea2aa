"""What text to speech gives: sound, and where every sentence, word and chapter lies in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.spec import Work
from models.speech_voice import TimedWord

#: What 1.0 is in 16-bit PCM.
PCM_SCALE = 32767


@dataclass(frozen=True)
class Spoken:
    """Where a piece of the text lies in the sound.

    Attributes:
        start_char: offset into the text.
        end_char: the same, exclusive.
        start: seconds from the beginning.
        end: the same.
        words: when each word of it is heard, offsets and seconds as above; empty where the model
            does not tell.
        read_as: how the voice reads it, with numbers and abbreviations as words; empty where it
            reads the text as it is.
        phonemes: its sounds in the phonetic alphabet; empty for a model that reads letters.
    """

    start_char: int
    end_char: int
    start: float
    end: float
    words: tuple[TimedWord, ...] = ()
    read_as: str = ""
    phonemes: str = ""


@dataclass(frozen=True)
class SpokenChapter:
    """Where a chapter lies in the sound.

    Attributes:
        title: its heading; empty for what stands before the first one.
        start_char: offset into the text.
        first: number of its first piece.
        start: seconds from the beginning.
        end: the same, so far.
    """

    title: str
    start_char: int
    first: int
    start: float
    end: float


@dataclass(frozen=True)
class Speech:
    """Sound so far, or all of it.

    Attributes:
        pieces: (samples,) int16 PCM, in order, half the size of float32; shared between snapshots. Only
            the newest where the speech is not kept.
        sample_rate: in Hz.
        spoken: one entry per piece that was made.
        unread: words and symbols that this voice has no sound for, at most 20 of them.
        voice: the voice that speaks.
        voices: all that the model has.
        seed: with the same text, voice, speed and model, makes the same sound again.
        characters: of the text that are done.
        characters_total: of the whole text.
        first_audio_s: seconds from the call to the first sound.
        elapsed_s: seconds from the call to now.
        chapters: those that have begun; empty for a text without any.
        chapters_total: of the text.
    """

    pieces: tuple[NDArray[np.int16], ...] = field(repr=False)
    sample_rate: int
    spoken: tuple[Spoken, ...]
    unread: tuple[str, ...]
    voice: str
    voices: tuple[str, ...]
    seed: int
    characters: int
    characters_total: int
    first_audio_s: float
    elapsed_s: float
    chapters: tuple[SpokenChapter, ...] = ()
    chapters_total: int = 0

    @property
    def duration_s(self) -> float:
        """Length of the sound so far."""
        return self.spoken[-1].end if self.spoken else 0.0

    @property
    def samples(self) -> NDArray[np.float32]:
        """All pieces that are held as one array of (samples,) float32, -1 to 1."""
        joined = np.concatenate(self.pieces) if self.pieces else np.zeros(0, np.int16)
        return (joined / np.float32(PCM_SCALE)).astype(np.float32)

    @property
    def real_time_factor(self) -> float:
        """Seconds of work per second of sound: below 1 it plays without a gap."""
        return self.elapsed_s / self.duration_s if self.duration_s else 0.0

    @property
    def work(self) -> Work:
        """Seconds of sound made."""
        return Work(self.duration_s, "seconds of speech")
