"""Reads a tune of one voice out of ABC, with music21's reader of its signs, into whole bars.

Grace notes are left out, of a chord the highest note is kept, and of two endings the second. A part with a
bar that is too long is left out; a tune that changes metre or key is refused.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from models.music_tokens import METRES, MODES
from models.music_tune import BEAT, Part, Tone, Tune, bar_ticks, ticks


class Unread(Exception):
    """A tune that can't be used; the message is the reason, in a few words."""


@dataclass
class _Bar:
    """A bar as it stands in the file: what was struck, and the signs at its two ends."""

    tones: list[tuple[Fraction, int | None, bool]]
    opens: str = ""
    closes: str = ""


def read_abc(text: str, kind: str) -> Tune:
    """A tune out of ABC.

    Args:
        text: of one tune, with its header.
        kind: of ``models.music_tokens.KINDS``.

    Raises:
        Unread: when its metre, key or bars are not such as the tokens can say.
    """
    from music21 import abcFormat

    handler = abcFormat.ABCHandler()
    try:
        handler.process(text)
    except Exception as error:  # a parser of somebody else's, on files by many hands
        raise Unread("music21 can't read it") from error
    metre, tonic, mode = _frame(handler.tokens)
    bars = list(_bars(handler.tokens))
    metre, scale = _written(metre, bars)
    if metre not in METRES:
        raise Unread("metre")
    pickup, parts = _parts(bars, Fraction(bar_ticks(metre), BEAT) / scale)
    reference = _reference(tonic, [p for part in parts for bar in part[1] for _, p, _ in bar])
    made = [
        Part(twice, tuple(_tones(bar, reference, scale) for bar in bars)) for twice, bars in parts
    ]
    return _checked(Tune(kind, metre, mode, _tones(pickup, reference, scale), tuple(made)))


def _checked(tune: Tune) -> Tune:
    if not 8 <= len(tune.bars) <= 64 or max(len(part.bars) for part in tune.parts) > 32:
        raise Unread("number of bars")
    if 2 * ticks(tune.pickup) > tune.bar_ticks:
        raise Unread("pickup")
    if any(ticks(bar) != tune.bar_ticks for bar in tune.bars):
        raise Unread("a bar that is not full")
    return tune


def _frame(tokens: Sequence[Any]) -> tuple[str, int, str]:
    """Metre, pitch class of the tonic, mode; a tune that changes one of them is not used."""
    from music21 import abcFormat

    metres, keys, notes = set(), [], 0
    for token in tokens:
        notes += isinstance(token, abcFormat.ABCNote)
        if isinstance(token, abcFormat.ABCMetadata) and token.isMeter():
            found = token.getTimeSignatureParameters()
            metres.add(f"{found[0]}/{found[1]}" if found else "")
        elif isinstance(token, abcFormat.ABCMetadata) and token.isKey():
            keys.append(token)
    if len(metres) != 1 or len({key.data for key in keys}) != 1 or not notes:
        raise Unread("more than one metre or key")
    key = keys[0].getKeySignatureObject()
    mode = getattr(key, "mode", None) or "major"
    if mode not in MODES:
        raise Unread("mode")
    tonic = key.tonic.pitchClass if hasattr(key, "tonic") else key.asKey("major").tonic.pitchClass
    metre = metres.pop()
    return ("4/4" if metre == "2/2" else metre), tonic, mode


def _bars(tokens: Sequence[Any]) -> Iterator[_Bar]:
    """The bars in the order of the file, with the signs around them."""
    from music21 import abcFormat

    bar, before = _Bar([]), None
    for token in tokens:
        if isinstance(token, abcFormat.ABCBar):
            sign = token.src.strip()
            if bar.tones:
                bar.closes = sign
                yield bar
                bar = _Bar([])
            bar.opens += sign
        elif isinstance(token, abcFormat.ABCNote) and not token.inGrace:
            length, height, tied = _struck(token)
            bar.tones.append((length, height, tied and height == before))  # else it is a slur
            before = height
    if bar.tones:
        bar.closes = "|]"
        yield bar


def _struck(token: Any) -> tuple[Fraction, int | None, bool]:
    """Length in quarters, MIDI pitch (of a chord the highest) or None, whether tied to the one before."""
    from music21 import abcFormat, pitch

    length = Fraction(token.quarterLength).limit_denominator(96)
    if token.activeTuplet is not None:
        length *= Fraction(token.activeTuplet.tupletMultiplier()).limit_denominator(96)
    if isinstance(token, abcFormat.ABCChord):
        names = [one.pitchName for one in token.subTokens if one.pitchName]
    else:
        names = [] if token.isRest or not token.pitchName else [token.pitchName]
    heights = [int(pitch.Pitch(name).midi) for name in names]
    return length, max(heights, default=None), token.tie in ("stop", "continue")


_Tones = list[tuple[Fraction, int | None, bool]]


def _written(metre: str, bars: Sequence[_Bar]) -> tuple[str, int]:
    """Metre and factor: reels in sixteenths of 2/4 are written as eighths of 4/4, as others are."""
    if metre != "2/4":
        return metre, 1
    short = sum(length <= Fraction(1, 4) for bar in bars for length, _, _ in bar.tones)
    return ("4/4", 2) if 2 * short > sum(len(bar.tones) for bar in bars) else (metre, 1)


def _parts(bars: Sequence[_Bar], full: Fraction) -> tuple[_Tones, list[tuple[bool, list[_Tones]]]]:
    """Pickup and parts; every bar is filled up by the short one that begins the next part.

    Args:
        bars: of the file.
        full: quarters of a whole bar.
    """
    pickup: _Tones = []
    parts: list[tuple[bool, list[_Tones]]] = []
    current: list[_Tones] = []
    short: _Tones = []  # begins a bar that the next one fills
    ending = again = broken = False
    for number, bar in enumerate(bars):
        ending = "[1" in bar.opens or (ending and "[2" not in bar.opens)
        if not ending:
            tones = [*short, *bar.tones]
            length = _quarters(tones)
            if length > full and short and not current:  # a pickup that no bar has left room for
                tones, length = bar.tones, _quarters(bar.tones)
            short = []
            if length > full:
                broken = True
            elif length == full:
                current.append(tones)
            elif number == 0:
                pickup = tones
            else:
                short = tones
        sign = bars[number + 1].opens if number + 1 < len(bars) else "|]"
        again = again or sign.startswith(":")
        if not _ends_part(sign):
            continue
        if short:
            short = _joined(short, bars, number, full, current, pickup)
        if current and not broken:
            parts.append((again or bar.closes.startswith(":"), current))
        current, again, ending, broken = [], False, False, False
    if not parts:
        raise Unread("bars that are too long")
    return pickup, parts


def _quarters(tones: _Tones) -> Fraction:
    return sum((length for length, _, _ in tones), Fraction())


def _ends_part(sign: str) -> bool:
    """Whether a sign between bars ends a part; the second ending belongs to the part before it."""
    return "[2" not in sign and any(mark in sign for mark in (":", "||", "|]", "[|"))


def _joined(
    short: _Tones, bars: Sequence[_Bar], number: int, full: Fraction, current: list[_Tones],
    pickup: _Tones,
) -> _Tones:  # fmt: skip
    """Fills the last bar of a part with the pickup of the next part, or of the tune at its end."""
    missing = full - _quarters(short)
    after = bars[number + 1].tones if number + 1 < len(bars) else pickup
    if _quarters(after) == missing:
        current.append([*short, *after])
        if number + 1 < len(bars):
            bars[number + 1].tones = []
        return []
    length, height, held = short[-1]
    current.append([*short[:-1], (length + missing, height, held)])
    return []


def _tones(bar: _Tones, reference: int, scale: int) -> tuple[Tone, ...]:
    found = []
    for length, height, held in bar:
        exact = length * BEAT * scale
        if exact.denominator != 1:
            raise Unread("lengths or pitches without a token")
        step = None if height is None else height - reference
        found.append(Tone(int(exact), step, held and step is not None))
    return tuple(found)


def _reference(tonic: int, heights: Iterable[int | None]) -> int:
    """MIDI pitch of the tonic from which the middle of the tune lies 0 to 11 above."""
    middle = statistics.median(height for height in heights if height is not None)
    return int(middle - (middle - tonic) % 12)
