"""Turns the bars that the notes model writes into a score and its sound, as they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from models.music_plan import beat_quarters
from models.music_score import Note, Score
from models.music_sound import INSTRUMENTS, Performance
from models.music_tune import BEAT, Tone, ticks

#: How hard notes are played: on the first beat of a bar, on the others, between them, and a drone.
FIRST, ON_BEAT, OFF_BEAT, UNDER = 104, 94, 84, 44
#: Semitones that a drone lies below the tonic from which the tune is counted.
_BELOW = 12


def register(tonic: int, instrument: str) -> int:
    """MIDI pitch of a tonic from which tunes suit an instrument: their middle lies up to 11 above it."""
    low = INSTRUMENTS[instrument].centre - 14
    return low + (tonic - low) % 12


@dataclass
class Stage:
    """What was played so far.

    Attributes:
        score: its frame: without notes at first.
        tonic: MIDI pitch from which the tune's steps are counted.
        performance: the sound.
    """

    score: Score
    tonic: int
    performance: Performance
    _notes: list[Note] = field(default_factory=list)
    _last: Note | None = None  # not played yet: the next bar may hold it on
    _at: int = 0  # ticks

    def pickup(self, tones: tuple[Tone, ...]) -> None:
        """Plays what comes before the first bar."""
        self.score = replace(self.score, pickup=ticks(tones) / BEAT)
        self._bar(tones, -ticks(tones))

    def bar(self, tones: tuple[Tone, ...]) -> None:
        """Plays a bar."""
        self._bar(tones, 0)

    def drone(self, beats: float) -> None:
        """Lets the tonic sound from the beginning for so many beats, in a voice of its own."""
        self.score = replace(self.score, instruments=(*self.score.instruments, "drone"))
        voice = len(self.score.instruments) - 1
        self._add([Note(0.0, beats, max(self.tonic - _BELOW, 0), UNDER, voice)])

    def finish(self) -> NDArray[np.float32]:
        """Plays the last note and gives the whole sound; see ``Performance.whole``."""
        self._strike()
        return self.performance.whole()

    def heard(self) -> NDArray[np.float32]:
        """The sound up to where nothing will change any more; see ``Performance.heard``."""
        at = self._last.start if self._last else self._at / BEAT
        return self.performance.heard(at * self.score.seconds_per_beat)

    def written(self) -> Score:
        """The score so far, with the note that may still be held on."""
        notes = [*self._notes, self._last] if self._last else self._notes
        return replace(self.score, notes=tuple(notes))

    def _bar(self, tones: Iterable[Tone], at: int) -> None:
        for tone in tones:
            start, length = self._at / BEAT, tone.ticks / BEAT
            if tone.held and self._last is not None:
                self._last = replace(self._last, length=self._last.length + length)
            else:
                self._strike()
                if tone.step is not None:
                    pitch = min(max(self.tonic + tone.step, 0), 127)
                    self._last = Note(start, length, pitch, self._stress(at))
            self._at += tone.ticks
            at += tone.ticks

    def _strike(self) -> None:
        if self._last is not None:
            self._add([self._last])
            self._last = None

    def _add(self, notes: list[Note]) -> None:
        self.performance.play(notes, self.score)
        self._notes += notes

    def _stress(self, at: int) -> int:
        """How hard a note is played that begins ``at`` ticks after the bar line."""
        count, unit = self.score.metre
        beat = int(beat_quarters(f"{count}/{unit}") * BEAT)
        return FIRST if at == 0 else OFF_BEAT if at % beat else ON_BEAT
