"""A tune as the notes model writes it: parts of whole bars, pitches counted from the tonic.

Times are in ticks, 24 to a quarter note, so that triplets and thirty-second notes are whole numbers.
Pitches are semitones from a tonic, so that a tune is the same in every key. After the pickup every bar
is full: the pickup into the next part is the end of the bar before it, as it is played.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Ticks of a quarter note, which is a beat of ``models.music_score``.
BEAT = 24


@dataclass(frozen=True)
class Tone:
    """A note or a rest.

    Attributes:
        ticks: its length.
        step: semitones above the tonic, below it when negative; None for a rest.
        held: whether it goes on with the tone before it, as over a bar line.
    """

    ticks: int
    step: int | None
    held: bool = False


@dataclass(frozen=True)
class Part:
    """A part of a tune, mostly eight bars.

    Attributes:
        twice: whether it is played twice before the next one.
        bars: full ones.
    """

    twice: bool
    bars: tuple[tuple[Tone, ...], ...]


@dataclass(frozen=True)
class Tune:
    """A whole tune.

    Attributes:
        kind: of ``models.music_tokens.KINDS``.
        metre: of ``models.music_tokens.METRES``.
        mode: of ``models.music_tokens.MODES``.
        pickup: what comes before the first bar.
        parts: at least one.
    """

    kind: str
    metre: str
    mode: str
    pickup: tuple[Tone, ...]
    parts: tuple[Part, ...]

    @property
    def bars(self) -> tuple[tuple[Tone, ...], ...]:
        """All bars as they are written, without repeats."""
        return tuple(bar for part in self.parts for bar in part.bars)

    @property
    def bar_ticks(self) -> int:
        """Length of a full bar."""
        return bar_ticks(self.metre)


def bar_ticks(metre: str) -> int:
    """Ticks of a bar of a metre such as ``6/8``."""
    count, unit = metre.split("/")
    return int(count) * 4 * BEAT // int(unit)


def ticks(tones: tuple[Tone, ...]) -> int:
    """Length of some tones together."""
    return sum(tone.ticks for tone in tones)


def steps(tones: tuple[Tone, ...]) -> list[int]:
    """What is struck, without rests and without what is only held on."""
    return [tone.step for tone in tones if tone.step is not None and not tone.held]
