"""The tokens of the notes model, and the grammar that every tune of them keeps.

A tune is written as ``<tune> kind:reel metre:4/4 mode:major pickup ... twice bar:1 ... <end>``: what it
is, the pickup if it has one (half a bar at most), then parts, each said to be played once or twice, of
numbered bars. A length counts until another one is written, so that a run of eighth notes costs one token
a note; a bar that is the same as one so many bars before is one token. Decision 61 says why.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.music_tune import BEAT, Part, Tone, Tune, bar_ticks, ticks

PAD, BEGIN, END = "<pad>", "<tune>", "<end>"
KINDS = ("reel", "jig", "slip-jig", "hornpipe", "strathspey", "clog", "march", "air", "other")
METRES = ("4/4", "2/4", "3/4", "6/8", "9/8")
MODES = ("major", "minor", "dorian", "mixolydian")
#: Lengths in ticks: from a thirty-second note to a whole one; 4, 8 and 16 are triplets.
LENGTHS = (3, 4, 6, 8, 9, 12, 16, 18, 24, 36, 48, 72, 96)
#: Semitones from the tonic that tunes reach.
LOWEST, HIGHEST = -19, 26
#: Longest part in bars, and how many bars back a bar may be the same as one before.
MAX_BARS, MAX_BACK = 32, 32
_TRIPLET = 3  # ticks off this grid are inside a triplet

_STEPS = {f"{step:+d}": step for step in range(LOWEST, HIGHEST + 1)}
_TICKS = {f"len:{length}": length for length in LENGTHS}
#: All tokens; their places are their ids.
TOKENS = (
    PAD, BEGIN, END,
    *(f"kind:{kind}" for kind in KINDS), *(f"metre:{metre}" for metre in METRES),
    *(f"mode:{mode}" for mode in MODES), "pickup", "once", "twice",
    *(f"bar:{number}" for number in range(1, MAX_BARS + 1)), *_TICKS, "rest", "hold", *_STEPS,
    *(f"back:{number}" for number in range(1, MAX_BACK + 1)),
)  # fmt: skip
IDS = {token: number for number, token in enumerate(TOKENS)}


@cache
def fits(room: int, off_grid: int = 0) -> bool:
    """Whether lengths of ``LENGTHS`` can fill ``room`` ticks from a place ``off_grid`` off the grid."""
    if room <= 0:
        return room == 0
    return any(fits(room - one, (off_grid + one) % _TRIPLET) for one in lengths_at(off_grid))


@cache
def lengths_at(off_grid: int) -> tuple[int, ...]:
    """Lengths that may begin there: inside a triplet only its own until it is complete."""
    return tuple(one for one in LENGTHS if not off_grid or one % _TRIPLET)


class Writing:
    """A tune while it is written, token by token: what may come next, and what is there.

    It starts before ``<tune>``; ``allowed`` is never empty until ``ended``.
    """

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.named: dict[str, str] = {}
        self.pickup: list[Tone] = []
        self.parts: list[tuple[bool, list[list[Tone]]]] = []
        self.lacks = 0  # ticks that the last bar of a piece is shorter by
        self._length = 0  # ticks of the notes to come

    @property
    def ended(self) -> bool:
        """Whether ``<end>`` has come."""
        return bool(self.tokens) and self.tokens[-1] == END

    @property
    def bar_full(self) -> bool:
        """Whether a bar has just been filled, so that something new begins."""
        return bool(self.parts) and bool(self.parts[-1][1]) and self._room == 0

    @property
    def bar_number(self) -> int:
        """Number of the bar that is being written in its part; 0 before the first."""
        return len(self.parts[-1][1]) if self.parts else 0

    @property
    def last(self) -> Tone | None:
        """The tone written last."""
        bars = [bar for bar in self._bars if bar]
        tones = bars[-1] if bars else self.pickup
        return tones[-1] if tones else None

    @property
    def length(self) -> int:
        """Ticks of the next note unless another length is written; 0 before the first."""
        return self._length

    @property
    def room(self) -> int:
        """Ticks that the bar, or the pickup, still has."""
        return self._room

    def allowed(self) -> NDArray[np.bool_]:
        """(tokens,) bool: which tokens may come next."""
        mask = np.zeros(len(TOKENS), bool)
        mask[[IDS[token] for token in self._next()]] = True
        return mask

    def push(self, token: str) -> None:
        """Writes a token.

        Raises:
            ValueError: when the grammar does not allow it here.
        """
        if token not in IDS or not self.allowed()[IDS[token]]:
            raise ValueError(f"{token} can't follow {' '.join(self.tokens[-6:])}")
        field, _, value = token.partition(":")
        if field in ("kind", "metre", "mode"):
            self.named[field] = value
        elif token in ("once", "twice"):
            self.parts.append((token == "twice", []))  # noqa: S105 - a token of a tune
        elif field == "bar":
            self.parts[-1][1].append([])
        elif field == "len":
            self._length = int(value)
        elif field == "back":
            self._tones.extend(self._bars[-1 - int(value)])
        elif token in ("rest", "hold") or token in _STEPS:
            self._tones.append(self._tone(token))
        self.tokens.append(token)

    def tune(self) -> Tune:
        """The tune so far, without a bar that isn't full.

        Raises:
            ValueError: when no part has begun.
        """
        if not self.parts:
            raise ValueError("No part of the tune is written yet.")
        full = bar_ticks(self.named["metre"])
        parts = tuple(
            Part(twice, tuple(tuple(bar) for bar in bars if ticks(tuple(bar)) == full))
            for twice, bars in self.parts
        )
        kind, metre, mode = (self.named[field] for field in ("kind", "metre", "mode"))
        return Tune(kind, metre, mode, tuple(self.pickup), tuple(p for p in parts if p.bars))

    @property
    def _bars(self) -> list[list[Tone]]:
        return [bar for _, bars in self.parts for bar in bars]

    @property
    def _tones(self) -> list[Tone]:
        return self.parts[-1][1][-1] if self.parts else self.pickup

    @property
    def _used(self) -> int:
        return ticks(tuple(self._tones))

    @property
    def _room(self) -> int:
        full = bar_ticks(self.named["metre"])
        if not self.parts:
            return full // 2 - self._used
        return full - self.lacks - self._used

    def _tone(self, token: str) -> Tone:
        before = self.last
        if token == "hold" and before is not None:  # noqa: S105 - a token of a tune
            return Tone(self._length, before.step, held=True)
        return Tone(self._length, _STEPS.get(token))

    def _next(self) -> list[str]:
        if not self.tokens:
            return [BEGIN]
        last = self.tokens[-1]
        if last in (BEGIN, END):
            return [f"kind:{kind}" for kind in KINDS] if last == BEGIN else []
        if last.startswith("kind:"):
            return [f"metre:{metre}" for metre in METRES]
        if last.startswith("metre:"):
            return [f"mode:{mode}" for mode in MODES]
        if last.startswith("mode:"):
            return ["pickup", "once", "twice"]
        if last in ("once", "twice"):
            return ["bar:1"]
        return self._within(last)

    def _within(self, last: str) -> list[str]:
        """What may come in a pickup or a bar, or after it."""
        if self.parts and self._room == 0:
            number = self.bar_number + 1
            return [*([f"bar:{number}"] if number <= MAX_BARS else []), "once", "twice", END]
        sounds = ["rest", *_STEPS]
        before = self.last
        if before is not None and before.step is not None:
            sounds.append("hold")
        if last.startswith("len:"):
            return sounds
        found = [f"len:{one}" for one in self._lengths() if one != self._length]
        if last.startswith("bar:") and not self.lacks:
            found += self._backs()
        if self._length in self._lengths():
            found += sounds
        if not self.parts and self.pickup and self._used % _TRIPLET == 0:
            found += ["once", "twice"]
        return found

    def _backs(self) -> list[str]:
        """Earlier bars of which this one may be a copy: not those that go on with the note before them."""
        before = self._bars[-2 : -2 - MAX_BACK : -1]
        return [f"back:{n}" for n, bar in enumerate(before, 1) if not bar[0].held]

    def _lengths(self) -> list[int]:
        """Lengths of which the next note may be, so that the bar can still be filled."""
        room, off = self._room, self._used % _TRIPLET
        return [
            one
            for one in lengths_at(off)
            if one <= room and (fits(room - one, (off + one) % _TRIPLET))
        ]


def spelled(tune: Tune) -> list[str]:
    """The tokens of a tune.

    Raises:
        ValueError: when it has a length, a pitch or a form that the tokens can't say.
    """
    speller = _Speller()
    speller.say(BEGIN, f"kind:{tune.kind}", f"metre:{tune.metre}", f"mode:{tune.mode}")
    if tune.pickup:
        speller.say("pickup")
        speller.play(tune.pickup)
    for part in tune.parts:
        speller.say("twice" if part.twice else "once")
        for number, bar in enumerate(part.bars, 1):
            speller.say(f"bar:{number}")
            speller.bar(bar)
    speller.say(END)
    return speller.writing.tokens


class _Speller:
    """Writes tones as tokens: a length where it changes, lengths that have no token as two, copies as one."""

    def __init__(self) -> None:
        self.writing = Writing()
        self._bars: list[tuple[Tone, ...]] = []
        self._back = 0  # of the bar before, when it was a copy

    def bar(self, tones: tuple[Tone, ...]) -> None:
        """A bar: that of which the one before was a copy goes on being copied, else the nearest is."""
        same = [
            n for n in range(1, MAX_BACK + 1) if self._bars[-n : len(self._bars) - n + 1] == [tones]
        ]
        self._back = (
            0 if not same or tones[0].held else self._back if self._back in same else same[0]
        )
        if self._back:
            self.say(f"back:{self._back}")
        else:
            self.play(tones)
        self._bars.append(tones)

    def say(self, *tokens: str) -> None:
        for token in tokens:
            self.writing.push(token)

    def play(self, tones: tuple[Tone, ...]) -> None:
        for tone in tones:
            sound = "hold" if tone.held else "rest" if tone.step is None else f"{tone.step:+d}"
            for number, length in enumerate(split_length(tone.ticks)):
                if length != self.writing.length:
                    self.say(f"len:{length}")
                self.say(sound if not number or tone.step is None else "hold")


@cache
def split_length(length: int) -> tuple[int, ...]:
    """Lengths of ``LENGTHS`` that make up ``length``, the fewest, the longest first.

    Raises:
        ValueError: when none do.
    """
    if length in LENGTHS:
        return (length,)
    for one in reversed(LENGTHS):
        if length - one in LENGTHS:
            return (one, length - one)
    raise ValueError(f"A note of {length} / {BEAT} beats can't be written.")


def read(tokens: list[str]) -> Tune:
    """The tune that tokens spell.

    Raises:
        ValueError: when they break the grammar or stop before the end.
    """
    writing = Writing()
    for token in tokens:
        writing.push(token)
    if not writing.ended:
        raise ValueError("The tune has no end.")
    return writing.tune()
