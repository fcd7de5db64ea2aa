"""Plays a score: each note is a sum of partials with an envelope, by instrument. Plain numpy.

Bowed and blown sounds hold their partials; plucked and struck ones let each die away, the higher the
quicker, as the filter of Karplus and Strong's plucked string does (Computer Music Journal 7(2), 1983),
here in closed form, which is in tune at every pitch. Nothing is added to the notes of the score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.music_score import Note, Score

#: In Hz.
SAMPLE_RATE = 44_100
#: Loudness of a note played as hard as can be, as root mean square of its first ``_JUDGED_S`` seconds, and
#: its peak at most: two voices with their tails stay below 1.
LOUDNESS, PEAK = 0.15, 0.42
_JUDGED_S = 0.2
#: Above this the sum is bent towards 1, which it never reaches.
KNEE = 0.8
_HIGHEST = 0.42  # of the sample rate: partials above are left out
_MOST_PARTIALS = 24
_NARROW, _WIDE = 12, 96  # samples over which noise is averaged: its highest and its lowest part


@dataclass(frozen=True)
class Instrument:
    """How an instrument sounds.

    Attributes:
        program: its number in General MIDI, 0 to 127.
        low: lowest pitch that it plays, MIDI number.
        high: highest one.
        partials: strength of each partial, the first is the fundamental.
        attack_s: seconds until a note is at its strongest.
        release_s: seconds that it sounds on after its end.
        decay_s: seconds in which the fundamental of middle A falls by 60 dB; 0 for a sound that lasts.
        damping: how much quicker higher partials die away; 0 for all alike.
        stretch: by how much partials are sharper than whole multiples, as in stiff strings.
        ratios: of the partials to the fundamental, for bells; whole numbers when empty.
        vibrato_cents: its depth, in hundredths of a semitone.
        breath: strength of the noise of air or bow beside the tone.
        beating_hz: a second, detuned row of reeds beats so often with the first; 0 for none.
    """

    program: int
    low: int
    high: int
    partials: tuple[float, ...]
    attack_s: float
    release_s: float
    decay_s: float = 0.0
    damping: float = 0.0
    stretch: float = 0.0
    ratios: tuple[float, ...] = ()
    vibrato_cents: float = 0.0
    breath: float = 0.0
    beating_hz: float = 0.0

    @property
    def centre(self) -> int:
        """Pitch in the middle of its range."""
        return (self.low + self.high) // 2


def _plucked(place: float, count: int) -> tuple[float, ...]:
    """Partials of an ideal string that is plucked at ``place`` of its length."""
    return tuple(abs(math.sin(math.pi * k * place)) / k**1.1 + 1e-4 for k in range(1, count + 1))


def _falling(power: float, count: int) -> tuple[float, ...]:
    return tuple(k**-power for k in range(1, count + 1))


#: Name -> sound. The names are those of ``models/music_words.toml``.
INSTRUMENTS = {
    "fiddle": Instrument(
        40, 55, 93,
        (1.0, 0.82, 0.66, 0.5, 0.44, 0.3, 0.26, 0.24, 0.16, 0.12, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03),
        0.035, 0.09, vibrato_cents=9, breath=0.012,
    ),
    "flute": Instrument(
        73, 60, 91, (1.0, 0.5, 0.2, 0.07, 0.03, 0.015), 0.045, 0.07, vibrato_cents=6, breath=0.03
    ),
    "whistle": Instrument(78, 72, 99, (1.0, 0.14, 0.08, 0.02), 0.022, 0.05, breath=0.025),
    "harp": Instrument(46, 40, 96, _plucked(0.38, 16), 0.003, 0.45, decay_s=3.2, damping=0.05),
    "guitar": Instrument(24, 40, 88, _plucked(0.2, 20), 0.002, 0.25, decay_s=2.4, damping=0.06),
    "banjo": Instrument(105, 48, 91, _plucked(0.09, 22), 0.001, 0.12, decay_s=0.8, damping=0.03),
    "piano": Instrument(
        0, 48, 96, tuple(0.72**k for k in range(14)), 0.004, 0.16,
        decay_s=4.0, damping=0.06, stretch=4e-4,
    ),
    "organ": Instrument(
        19, 48, 96, (1.0, 0.62, 0.4, 0.42, 0.08, 0.22, 0.02, 0.2), 0.03, 0.07
    ),
    "accordion": Instrument(21, 53, 93, _falling(0.85, 14), 0.028, 0.06, beating_hz=3.1),
    "pipes": Instrument(
        109, 60, 91, (0.7, 0.9, 1.0, 0.8, 0.6, 0.5, 0.35, 0.25, 0.18, 0.12), 0.012, 0.03
    ),
    "drone": Instrument(
        109, 36, 72, (1.0, 0.7, 0.5, 0.4, 0.25, 0.15, 0.1), 0.35, 0.25, beating_hz=0.7
    ),
    "music box": Instrument(
        10, 60, 103, (1.0, 0.35, 0.22, 0.08), 0.002, 0.6,
        decay_s=1.8, damping=0.4, ratios=(1.0, 2.76, 5.4, 8.93),
    ),
}  # fmt: skip


def frequency(pitch: float) -> float:
    """Hz of a MIDI pitch, with A4 (69) at 440."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def sound(name: str, pitch: int, length: int, velocity: int) -> NDArray[np.float32]:
    """One note.

    Args:
        name: key of ``INSTRUMENTS``.
        pitch: MIDI number.
        length: samples that it is held, 1 or more.
        velocity: 1 to 127.

    Returns:
        (samples,) float32: the note and its tail; it starts and ends at 0 and peaks at ``PEAK`` at most.
    """
    instrument = INSTRUMENTS[name]
    tail = int(instrument.release_s * SAMPLE_RATE)
    at = np.arange(length + tail) / SAMPLE_RATE
    tone = _tone(instrument, pitch, at)
    tone *= _envelope(instrument, length, tail)
    tone *= _level(name, pitch) * (velocity / 127)
    return np.asarray(tone, np.float32)


@lru_cache(maxsize=256)
def _level(name: str, pitch: int) -> float:
    """Factor that makes an instrument as loud as the others at this pitch."""
    tone = _tone(INSTRUMENTS[name], pitch, np.arange(int(_JUDGED_S * SAMPLE_RATE)) / SAMPLE_RATE)
    loudness, peak = float(np.sqrt(np.mean(tone**2))), float(np.abs(tone).max())
    return min(LOUDNESS / max(loudness, 1e-9), PEAK / max(peak, 1e-9))


def _tone(instrument: Instrument, pitch: int, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """(samples,): the partials, and breath, before the envelope."""
    base = frequency(pitch)
    phase = 2 * np.pi * base * at
    if instrument.vibrato_cents:
        depth = base * (2 ** (instrument.vibrato_cents / 1200) - 1)
        swell = np.clip((at - 0.18) / 0.25, 0, 1)  # it sets in once a note is long enough
        phase += depth / 5.6 * swell * np.sin(2 * np.pi * 5.6 * at)
    tone = np.zeros_like(at)
    for number, strength in enumerate(instrument.partials[:_MOST_PARTIALS], 1):
        ratio = _ratio(instrument, number)
        if base * ratio > _HIGHEST * SAMPLE_RATE:
            break
        turn = number * number * np.pi / len(instrument.partials)  # else all would peak at once
        partial = strength * np.sin(ratio * phase + turn)
        if instrument.decay_s:
            partial *= np.exp(-at * _decay(instrument, base, number))
        tone += partial
    if instrument.beating_hz:
        tone *= 0.75 + 0.25 * np.cos(2 * np.pi * instrument.beating_hz * at)
    if instrument.breath:
        tone += instrument.breath * np.abs(tone).max() * _noise(pitch, len(at))
    return tone


def _ratio(instrument: Instrument, number: int) -> float:
    """Frequency of a partial over the fundamental's."""
    if instrument.ratios:
        return instrument.ratios[number - 1]
    return float(number * math.sqrt(1 + instrument.stretch * number * number))


def _decay(instrument: Instrument, base: float, number: int) -> float:
    """Rate of a partial in 1 / s: higher strings and higher partials die away sooner."""
    pace = math.sqrt(base / 440) * math.log(1000) / instrument.decay_s
    return float(pace * (1 + instrument.damping * (number * number - 1)))


def _noise(seed: int, count: int) -> NDArray[np.float64]:
    """(count,) noise of about -1 to 1, from some 300 to 2,500 Hz; the same for the same note."""
    drawn = np.random.default_rng(seed).standard_normal(count)
    sums = np.concatenate([np.zeros(_WIDE), np.cumsum(drawn)])
    narrow = (sums[_WIDE:] - sums[_WIDE - _NARROW : -_NARROW]) / _NARROW
    wide = (sums[_WIDE:] - sums[:-_WIDE]) / _WIDE
    return np.asarray((narrow - wide) * math.sqrt(_NARROW) / 2, np.float64)


def _envelope(instrument: Instrument, length: int, tail: int) -> NDArray[np.float64]:
    """(length + tail,): from 0 up, held, and down to 0 along half a cosine."""
    rise = max(1, min(int(instrument.attack_s * SAMPLE_RATE), length // 2))
    shape = np.ones(length + tail)
    shape[:rise] = 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise)
    if tail:
        shape[length:] = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, tail + 1) / tail)
    return shape


class Performance:
    """A piece of a known length that is played note by note, and can be heard up to where it is whole.

    A note that comes again is made once. The sounds go with the performance: kept for the next piece, which
    shares few of them, they were tens of megabytes that no model is charged for.

    Args:
        seconds: of the whole piece; what sounds longer is faded out at its end.
    """

    def __init__(self, seconds: float) -> None:
        self._mixed = np.zeros(max(1, round(seconds * SAMPLE_RATE)), np.float32)
        self._out = np.zeros_like(self._mixed)
        self._done = 0
        self._sounds: dict[tuple[str, int, int, int], NDArray[np.float32]] = {}

    def play(self, notes: Iterable[Note], score: Score) -> None:
        """Adds notes; none may begin before what was heard already."""
        for note in notes:
            start = round(note.start * score.seconds_per_beat * SAMPLE_RATE)
            end = round(note.end * score.seconds_per_beat * SAMPLE_RATE)
            held = max(1, min(end, len(self._mixed)) - start)
            if start < len(self._mixed):
                made = self._sound(score.instruments[note.voice], note.pitch, held, note.velocity)
                room = self._mixed[start : start + len(made)]
                room += made[: len(room)]

    def _sound(self, name: str, pitch: int, length: int, velocity: int) -> NDArray[np.float32]:
        key = (name, pitch, length, velocity)
        if key not in self._sounds:
            self._sounds[key] = sound(*key)
        return self._sounds[key]

    def heard(self, until_s: float) -> NDArray[np.float32]:
        """(samples,) float32, -1 to 1: the piece up to ``until_s``, to which nothing is added any more."""
        until = min(max(self._done, round(until_s * SAMPLE_RATE)), len(self._mixed))
        self._out[self._done : until] = limited(self._mixed[self._done : until])
        self._done = until
        return self._out[:until]

    def whole(self, fade_s: float = 0.12) -> NDArray[np.float32]:
        """(samples,) float32, -1 to 1: all of it; what still sounds fades away in the last ``fade_s``."""
        count = min(round(fade_s * SAMPLE_RATE), len(self._mixed) - self._done)
        if count > 0:
            away = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, count + 1) / count)
            self._mixed[-count:] *= away.astype(np.float32)
        return self.heard(len(self._mixed) / SAMPLE_RATE)


def limited(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """(samples,) float32 with what is louder than ``KNEE`` bent towards 1; the rest as it is."""
    over = np.abs(samples) > KNEE
    if not over.any():
        return samples
    loud = samples[over]
    bent = KNEE + (1 - KNEE) * np.tanh((np.abs(loud) - KNEE) / (1 - KNEE))
    found = samples.copy()
    found[over] = np.sign(loud) * bent
    return found


def render(score: Score, seconds: float | None = None) -> NDArray[np.float32]:
    """A whole score as sound.

    Args:
        score: to play.
        seconds: length of the sound; that of the notes and the tail of the last when None.

    Returns:
        (samples,) float32, -1 to 1, at ``SAMPLE_RATE``.
    """
    tail = max(INSTRUMENTS[name].release_s for name in score.instruments)
    performance = Performance(score.duration_s + tail if seconds is None else seconds)
    performance.play(score.notes, score)
    return performance.whole()
