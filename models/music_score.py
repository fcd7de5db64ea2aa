"""A piece of music as notes: what each one is, and when in the piece it is played.

Times are in beats, and a beat is a quarter note whatever the metre. Knows neither how a model writes
notes nor how they sound (``models.music_sound``), nor files (``models.music_midi``).
"""

from __future__ import annotations

from dataclasses import dataclass

#: Names of the twelve pitch classes from C on, as tunes are usually written down.
PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True)
class Note:
    """One note.

    Attributes:
        start: in beats from the beginning of the piece, 0 or more.
        length: in beats, above 0.
        pitch: MIDI number, 0 to 127; 60 is middle C, 69 is A at 440 Hz.
        velocity: how hard it is played, 1 to 127.
        voice: index into the score's ``instruments``.
    """

    start: float
    length: float
    pitch: int
    velocity: int = 88
    voice: int = 0

    @property
    def end(self) -> float:
        """In beats from the beginning of the piece."""
        return self.start + self.length

    @property
    def name(self) -> str:
        """Such as ``F#4``; middle C is ``C4``."""
        return f"{PITCH_NAMES[self.pitch % 12]}{self.pitch // 12 - 1}"


@dataclass(frozen=True)
class Score:
    """Notes so far, or all of them, and what is common to them.

    Attributes:
        notes: by start.
        tempo: beats (quarter notes) a minute.
        metre: beats of a bar and the note that is a beat: ``(6, 8)``.
        key: such as ``D major`` or ``A dorian``.
        instruments: a name for each voice.
        kind: of tune: ``reel``, ``air``, ...; may be empty.
        pickup: beats before the first full bar.
    """

    notes: tuple[Note, ...]
    tempo: float
    metre: tuple[int, int]
    key: str
    instruments: tuple[str, ...]
    kind: str = ""
    pickup: float = 0.0

    @property
    def bar_beats(self) -> float:
        """Length of a bar in beats (quarter notes)."""
        count, unit = self.metre
        return count * 4 / unit

    @property
    def seconds_per_beat(self) -> float:
        """Seconds that a beat (quarter note) takes."""
        return 60 / self.tempo

    @property
    def length(self) -> float:
        """End of the last note in beats; 0 without notes."""
        return max((note.end for note in self.notes), default=0.0)

    @property
    def duration_s(self) -> float:
        """End of the last note in seconds."""
        return self.length * self.seconds_per_beat

    @property
    def bars(self) -> int:
        """Bars that have begun after the pickup."""
        full = max(self.length - self.pickup, 0.0) / self.bar_beats
        return int(full) + (full - int(full) > 1e-6)
