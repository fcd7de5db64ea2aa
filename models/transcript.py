"""What speech to text gives: words in segments with their times, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from models.errors import InputError
from models.spec import Work


@dataclass(frozen=True)
class Word:
    """One spoken word.

    Attributes:
        text: as it is to be shown, with its punctuation and without the space before it.
        start: seconds from the beginning of the recording.
        end: the same, >= ``start``.
        probability: 0 to 1, the model's own confidence.
    """

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True)
class Segment:
    """A phrase of the size of a subtitle.

    Attributes:
        start: seconds from the beginning of the recording.
        end: the same, >= ``start``.
        text: without white space around it.
        words: empty unless word times were asked for.
    """

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """A recording as text, so far or in full.

    Attributes:
        segments: in the order of time, never overlapping.
        draft: text of the windows being read, not yet timed; empty in the final one.
        language: ISO 639-1 code; empty when the model does not say.
        language_probability: 0 to 1 when the model detected it, None when it was given or fixed.
        duration_s: length of the recording.
        searched_s: seconds of it that were searched for speech.
        speech_s: seconds of it that hold speech; 0 until all of it was searched.
        read_s: seconds of it that are done, silence shared out evenly over the speech.
        elapsed_s: seconds since the verb was called.
    """

    segments: tuple[Segment, ...]
    draft: str
    language: str
    language_probability: float | None
    duration_s: float
    searched_s: float
    speech_s: float
    read_s: float
    elapsed_s: float

    @property
    def said(self) -> tuple[Segment, ...]:
        """The segments that have text: a person may have emptied some."""
        return tuple(segment for segment in self.segments if segment.text)

    @property
    def text(self) -> str:
        """All segments as running text."""
        return " ".join(segment.text for segment in self.said)

    @property
    def times_real_time(self) -> float:
        """Seconds of recording per second of work; 0 before anything is done."""
        return self.read_s / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def left_s(self) -> float | None:
        """About how many seconds of work are left; None before it can be told."""
        if not 0 < self.read_s < self.duration_s:
            return None
        return self.elapsed_s * (self.duration_s - self.read_s) / self.read_s

    @property
    def work(self) -> Work:
        """Seconds of audio that are done."""
        return Work(self.read_s, "seconds of audio")


def orderly(segments: list[Segment], start: float, end: float) -> list[Segment]:
    """The same segments with times that a player can use: inside [start, end], never going back.

    A segment with words begins with the first and ends with the last of them, whatever it said
    itself: they are timed more closely. Segments without text are left out.
    """
    clean, at = [], start
    for segment in segments:
        if not segment.text:
            continue
        begin = min(max(segment.start, at), end)
        close = min(max(segment.end, begin), end)
        words = _orderly_words(segment.words, begin, end)
        if words:
            begin, close = words[0].start, words[-1].end
        clean.append(replace(segment, start=begin, end=close, words=words))
        at = close
    return clean


def _orderly_words(words: tuple[Word, ...], start: float, end: float) -> tuple[Word, ...]:
    clean, at = [], start
    for word in words:
        begin = min(max(word.start, at), end)
        at = min(max(word.end, begin), end)
        clean.append(replace(word, start=begin, end=at))
    return tuple(clean)


def shifted(segment: Segment, by_s: float) -> Segment:
    """The segment ``by_s`` seconds later, its words with it."""
    words = tuple(replace(w, start=w.start + by_s, end=w.end + by_s) for w in segment.words)
    return replace(segment, start=segment.start + by_s, end=segment.end + by_s, words=words)


def corrected(transcript: Transcript, index: int, text: str) -> Transcript:
    """The transcript with another text in one segment, its times kept.

    Words that stay keep their times and probability; those that replace others share the time of
    what they replace and are sure. A segment whose text was emptied stays in its place; no file has it.

    Raises:
        InputError: when there is no such segment.
    """
    segments = list(transcript.segments)
    if not 0 <= index < len(segments):
        raise InputError(
            f"There is no phrase {index + 1:,}; there are {len(segments):,}.",
            hint="Transcribe again.",
        )
    clean = " ".join(text.split())
    words = _rewritten(segments[index], clean.split()) if segments[index].words else ()
    segments[index] = replace(segments[index], text=clean, words=words)
    return replace(transcript, segments=tuple(segments))


def _rewritten(segment: Segment, texts: Sequence[str]) -> tuple[Word, ...]:
    """The segment's words with other texts, as far as they differ."""
    before = [word.text for word in segment.words]
    words: list[Word] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, texts, autojunk=False).get_opcodes():
        if kind == "equal":
            words += segment.words[a:b]
            continue
        start = segment.words[a].start if a < len(before) else segment.end
        end = segment.words[b - 1].end if b > a else start
        step = (end - start) / max(d - c, 1)
        words += [
            Word(text, start + i * step, start + (i + 1) * step, 1.0)
            for i, text in enumerate(texts[c:d])
        ]
    return tuple(words)
