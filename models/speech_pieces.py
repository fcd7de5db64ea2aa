"""Cuts a text into what is said at once, and lays the pieces of sound behind one another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.chapters import Chapter
from models.sentences import chunks, sentences
from models.speech import PCM_SCALE, Spoken, SpokenChapter
from models.speech_voice import Sound, TimedWord

#: Silence before a new chapter, in seconds.
CHAPTER_PAUSE_S = 0.8
#: A Markdown heading, whose marks nobody says.
_HEADING = re.compile(r"(?:#{1,6}[ \t]+)?(\S.*?)(?:[ \t]+#+)?")


@dataclass(frozen=True)
class Cut:
    """What is said at once: offsets into the text, and the chapter that it stands in."""

    start: int
    end: int
    chapter: Chapter | None


def cuts(text: str, parts: Sequence[Chapter], longest: int) -> Iterator[Cut]:
    """Headings and sentences, cut further where one has more than ``longest`` characters."""
    for chapter in parts or (None,):
        for start, end in _sentences(text, chapter):
            for a, b in chunks(text[start:end], lambda piece: len(piece) <= longest):
                yield Cut(start + a, start + b, chapter)


class Said:
    """What was said so far.

    Args:
        sample_rate: of the sound, in Hz.
        keep: whether all pieces are held, or only the newest.
    """

    def __init__(self, sample_rate: int, keep: bool) -> None:
        self._sample_rate, self._keep, self._first = sample_rate, keep, 0.0
        self._chapter: Chapter | None = None
        self.pieces: tuple[NDArray[np.int16], ...] = ()
        self.spoken: tuple[Spoken, ...] = ()
        self.chapters: tuple[SpokenChapter, ...] = ()

    def add(self, sound: Sound, cut: Cut) -> None:
        """Puts a piece behind the others, after a pause where it begins a chapter."""
        at = self.spoken[-1].end if self.spoken else 0.0
        begins = cut.chapter is not self._chapter
        if begins and self.spoken:
            sound = _delayed(sound, round(CHAPTER_PAUSE_S * self._sample_rate), self._sample_rate)
        piece = _spoken(sound, cut, at, self._sample_rate)
        if cut.chapter and begins:
            begun = SpokenChapter(cut.chapter.title, cut.start, len(self.spoken), at, piece.end)
            self.chapters = (*self.chapters, begun)
        elif cut.chapter:
            self.chapters = (*self.chapters[:-1], replace(self.chapters[-1], end=piece.end))
        self._chapter = cut.chapter
        self.spoken = (*self.spoken, piece)
        self.pieces = (*(self.pieces if self._keep else ()), _as_pcm(sound.samples))

    def first_audio(self, now: float) -> float:
        """Seconds to the first sound: those until this was asked first."""
        self._first = self._first or now
        return self._first


def _sentences(text: str, chapter: Chapter | None) -> Iterator[tuple[int, int]]:
    """The sentences of a chapter, its heading first; of the whole text where there are none."""
    whole = ((0, len(text)),)
    for low, high in _halves(chapter) if chapter else whole:
        for start, end in sentences(text[low:high]):
            heading = _HEADING.fullmatch(text, low + start, low + end)
            yield heading.span(1) if heading else (low + start, low + end)  # none: of several lines


def _halves(chapter: Chapter) -> Sequence[tuple[int, int]]:
    return (chapter.start, chapter.body), (chapter.body, chapter.end)


def _delayed(sound: Sound, samples: int, sample_rate: int) -> Sound:
    silence = np.zeros(samples, np.float32)
    by_s = samples / sample_rate
    words = tuple(replace(w, start=w.start + by_s, end=w.end + by_s) for w in sound.words)
    return replace(sound, samples=np.concatenate([silence, sound.samples]), words=words)


def _spoken(sound: Sound, cut: Cut, at: float, sample_rate: int) -> Spoken:
    """A piece with the places of its words in the whole text and the whole sound."""
    until = at + len(sound.samples) / sample_rate
    words = tuple(
        TimedWord(
            cut.start + word.start_char,
            cut.start + word.end_char,
            min(at + word.start, until),
            min(at + word.end, until),
        )
        for word in sound.words
    )
    return Spoken(cut.start, cut.end, at, until, words, sound.read_as, sound.phonemes)


def _as_pcm(sound: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.round(np.clip(sound, -1.0, 1.0) * PCM_SCALE).astype(np.int16)
