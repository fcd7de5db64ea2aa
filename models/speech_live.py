"""Speech while it is spoken: what two hearings in a row agree on is firm, the rest may still change.

The rule is LocalAgreement-2 of "Turning Whisper into Real-Time Transcription System" (aclanthology.org/
2023.ijcnlp-demo.3): the sound since the last cut is heard again and again as it grows, and a word is
firm when it came out the same twice. Sound whose words are firm is cut off, so that a hearing never
takes longer than its window.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.audio import MAX_DURATION_S
from models.audio_decoding import Resampler
from models.errors import InputError
from models.speech_ctc import pause_phrases
from models.speech_recogniser import SAMPLE_RATE
from models.transcript import Segment, Transcript, Word

#: Sound that is heard at once before what is firm is cut off, and what is kept of silence, in seconds.
_WINDOW_S, _KEPT_S = 12.0, 1.0
#: Least new sound for another hearing, in seconds.
_STEP_S = 1.0
#: Words that begin at most this long after the last firm one may be that one heard again, in seconds.
_AGAIN_S = 1.0
#: Firm words that are compared with what is heard after a cut.
_MOST_AGAIN = 5


class LiveTranscript:
    """The state of one live recording; used by one caller at a time.

    Attributes:
        firm: words that will not change, with times since the beginning.
        tail: words of the last hearing that may still change.
    """

    def __init__(self) -> None:
        self.firm: list[Word] = []
        self.tail: list[Word] = []
        self._resampler: Resampler | None = None
        self._waiting: list[NDArray[np.float32]] = []
        self._sound = np.zeros(0, np.float32)
        self._cut_s = self._waiting_s = 0.0

    @property
    def duration_s(self) -> float:
        """Seconds of sound so far."""
        return self._cut_s + len(self._sound) / SAMPLE_RATE + self._waiting_s

    def add(self, samples: NDArray[np.generic], sample_rate: int) -> list[NDArray[np.float32]]:
        """Takes the next sound as a browser sends it.

        Args:
            samples: (samples,) or (samples, channels), int16 or float.
            sample_rate: in Hz.

        Returns:
            The same as it will be heard, pieces of (samples,) float32 at 16 kHz.

        Raises:
            InputError: when the recording becomes longer than ``MAX_DURATION_S``.
        """
        if self.duration_s > MAX_DURATION_S:
            raise InputError(
                f"The recording is longer than {MAX_DURATION_S // 60} minutes.", hint="Start anew."
            )
        mono = samples if samples.ndim == 1 else samples.mean(axis=1)
        scale = 2.0 ** (8 * samples.dtype.itemsize - 1) if samples.dtype.kind == "i" else 1.0
        if self._resampler is None or self._resampler.from_rate != sample_rate:
            self._resampler = Resampler(sample_rate, SAMPLE_RATE, block=1)
        fresh = list(self._resampler.taken(np.asarray(mono, np.float32) / np.float32(scale)))
        self._waiting += fresh
        self._waiting_s += sum(map(len, fresh)) / SAMPLE_RATE
        return fresh

    def due(self, hearing_s: float) -> bool:
        """Whether another hearing is worth it, when the last took ``hearing_s``: never a backlog."""
        return self._waiting_s >= max(_STEP_S, hearing_s)

    def sound(self) -> NDArray[np.float32]:
        """What is to be heard now, (samples,) float32 at 16 kHz: all since the last cut."""
        self._sound = np.concatenate([self._sound, *self._waiting])
        self._waiting, self._waiting_s = [], 0.0
        return self._sound

    def take(self, heard: Sequence[Word], *, final: bool = False) -> None:
        """Takes a hearing of ``sound()``.

        Args:
            heard: its words, in seconds from the beginning of that sound.
            final: whether nothing follows: then all of it is firm.
        """
        words = [
            Word(w.text, w.start + self._cut_s, w.end + self._cut_s, w.probability) for w in heard
        ]
        words = self._new(words)
        agreed = len(words) if final else _agreement(self.tail, words)
        self.firm += words[:agreed]
        self.tail = words[agreed:]
        self._cut()

    def transcript(self) -> Transcript:
        """The firm words as phrases, the others as a draft."""
        phrases = tuple(
            Segment(p[0].start, p[-1].end, " ".join(w.text for w in p), tuple(p))
            for p in pause_phrases(self.firm)
        )
        draft = " ".join(word.text for word in self.tail)
        length = self.duration_s
        speech = sum(s.end - s.start for s in phrases)
        return Transcript(phrases, draft, "", None, length, length, speech, length, length)

    def _new(self, words: list[Word]) -> list[Word]:
        """Those that are not firm yet: their middle lies behind, and they do not say the end again."""
        if not self.firm:
            return words
        said = self.firm[-1].end
        words = [word for word in words if (word.start + word.end) / 2 > said]
        if words and words[0].start < said + _AGAIN_S:
            for count in range(min(_MOST_AGAIN, len(words), len(self.firm)), 0, -1):
                if _agreement(self.firm[-count:], words) == count:
                    return words[count:]
        return words

    def _cut(self) -> None:
        """Leaves out sound whose words are firm, or that has none.

        The cut falls into the longest pause of the firm words: a word's own end is only about right.
        """
        length = len(self._sound) / SAMPLE_RATE
        if length < _WINDOW_S:
            return
        pauses = [
            (later.start - word.end, (later.start + word.end) / 2)
            for word, later in pairwise(self.firm)
            if word.end > self._cut_s + length / 4
        ]
        if pauses:
            cut = max(pauses)[1] - self._cut_s
        elif not self.tail:
            cut = length - _KEPT_S
        else:
            return
        samples = min(int(cut * SAMPLE_RATE), len(self._sound))
        self._sound = self._sound[samples:].copy()
        self._cut_s += samples / SAMPLE_RATE


def _agreement(before: Sequence[Word], now: Sequence[Word]) -> int:
    """How many words at the beginning are the same, whatever their case and punctuation."""
    count = 0
    for old, new in zip(before, now, strict=False):
        if _bare(old.text) != _bare(new.text):
            break
        count += 1
    return count


def _bare(text: str) -> str:
    return re.sub(r"[^\w']", "", text).casefold()
