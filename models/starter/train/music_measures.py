"""What can be counted about tunes: key, cadences, repeats, copies, and how surprised simple models are.

Pure functions over ``models.music_tune``; ``music_eval`` applies them to tunes that the model wrote and to
tunes that were held out, since a figure says little alone.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise

from models.music_tune import Tone, Tune

#: Semitones of each mode's scale over its tonic.
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10), "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}  # fmt: skip
#: How well each semitone over the tonic fits a major and a minor key, as listeners rated it: Krumhansl
#: and Kessler, Psychological Review 89(4), 1982.
FITS = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
_SMOOTHING = 0.1


def tones(tune: Tune) -> list[Tone]:
    """All tones as they are written, pickup first."""
    return [*tune.pickup, *(tone for bar in tune.bars for tone in bar)]


def notes(tune: Tune) -> list[tuple[int, int]]:
    """(step, ticks) of what is struck, with what is held on added."""
    found: list[tuple[int, int]] = []
    for tone in tones(tune):
        if tone.held and found:
            found[-1] = (found[-1][0], found[-1][1] + tone.ticks)
        elif tone.step is not None:
            found.append((tone.step, tone.ticks))
    return found


def in_scale(tune: Tune) -> float:
    """Share of the notes that are of the scale of the tune's mode."""
    struck = [step % 12 for step, _ in notes(tune)]
    return sum(step in SCALES[tune.mode] for step in struck) / max(len(struck), 1)


def tonic_heard(tune: Tune) -> bool:
    """Whether the key that fits the notes best, by length, has the tune's tonic; 24 keys are tried."""
    weight = [0.0] * 12
    for step, length in notes(tune):
        weight[step % 12] += length
    keys = {(t, m): _fit(weight, t, FITS[m]) for t in range(12) for m in FITS}
    return max(keys, key=lambda key: keys[key])[0] == 0


def _fit(weight: Sequence[float], tonic: int, ratings: Sequence[float]) -> float:
    """Pearson's correlation."""
    turned = [weight[(tonic + step) % 12] for step in range(12)]
    a, b = sum(turned) / 12, sum(ratings) / 12
    top = sum((x - a) * (y - b) for x, y in zip(turned, ratings, strict=True))
    size = math.sqrt(sum((x - a) ** 2 for x in turned) * sum((y - b) ** 2 for y in ratings))
    return top / size if size else 0.0


def cadences(tune: Tune) -> tuple[int, int]:
    """Parts whose last note but for the pickup after it is the tonic, and all parts."""
    full, pickup = tune.bar_ticks, sum(tone.ticks for tone in tune.pickup)
    found = 0
    for part in tune.parts:
        at, last = 0, None
        for tone in part.bars[-1]:
            if at < full - pickup and tone.step is not None:
                last = tone.step
            at += tone.ticks
        found += last is not None and last % 12 == 0
    return found, len(tune.parts)


def repeated_bars(tune: Tune) -> float:
    """Share of the bars that are the same as an earlier one of the tune."""
    return 1 - len(set(tune.bars)) / len(tune.bars)


def mean_leap(tune: Tune) -> float:
    """Mean size of the intervals in semitones."""
    between = [abs(b - a) for a, b in pairwise([step for step, _ in notes(tune)])]
    return sum(between) / max(len(between), 1)


def spread(tunes: Iterable[Tune]) -> dict[str, Counter[Hashable]]:
    """How often each interval and each length comes."""
    intervals: Counter[Hashable] = Counter()
    lengths: Counter[Hashable] = Counter()
    for tune in tunes:
        intervals.update(b - a for a, b in pairwise([step for step, _ in notes(tune)]))
        lengths.update(length for _, length in notes(tune))
    return {"intervals": intervals, "lengths": lengths}


def apart(first: Counter[Hashable], second: Counter[Hashable]) -> float:
    """Jensen-Shannon divergence of two counts in bits: 0 for the same shares, 1 for nothing in common."""
    total = 0.0
    for one in first.keys() | second.keys():
        p, q = first[one] / first.total(), second[one] / second.total()
        middle = (p + q) / 2
        total += sum(x / 2 * math.log2(x / middle) for x in (p, q) if x)
    return total


class Copies:
    """Finds the longest run of notes that a tune has in common with any of many.

    Runs are compared by interval and length, so that a copy in another key is one.
    """

    def __init__(self, learnt: Iterable[Tune]) -> None:
        self._signs: dict[tuple[int, int], str] = {}
        self._all = "\0".join(self._spelled(tune) for tune in learnt)

    def longest(self, tune: Tune) -> int:
        """Notes of the longest run."""
        own, best = self._spelled(tune), 0
        for start in range(len(own)):
            while start + best < len(own) and own[start : start + best + 1] in self._all:
                best += 1
        return best + 1 if best else 0

    def _spelled(self, tune: Tune) -> str:
        """A character for each interval with the length of the note it leads to."""
        moves = [(b[0] - a[0], b[1]) for a, b in pairwise(notes(tune))]
        return "".join(self._signs.setdefault(m, chr(len(self._signs) + 0x100)) for m in moves)


def ngram_bits(
    learnt: Sequence[Sequence[int]], asked: Sequence[Sequence[int]], order: int, words: int
) -> float:
    """Bits a token of a model that counts runs of ``order`` tokens, with a little added to every count."""
    seen: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for row in learnt:
        for at in range(1, len(row)):
            seen[tuple(row[max(0, at - order + 1) : at])][row[at]] += 1
    bits = count = 0.0
    for row in asked:
        for at in range(1, len(row)):
            after = seen[tuple(row[max(0, at - order + 1) : at])]
            share = (after[row[at]] + _SMOOTHING) / (after.total() + _SMOOTHING * words)
            bits, count = bits - math.log2(share), count + 1
    return bits / count


class KindJudge:
    """Tells the kind of a tune by its rhythm alone: naive Bayes over the lengths in each bar."""

    def __init__(self, learnt: Iterable[Tune]) -> None:
        self._seen: dict[str, Counter[Hashable]] = defaultdict(Counter)
        self._kinds: Counter[str] = Counter()
        for tune in learnt:
            self._kinds[tune.kind] += 1
            self._seen[tune.kind].update(self._features(tune))
        self._words = len({feature for seen in self._seen.values() for feature in seen})

    def kind(self, tune: Tune) -> str:
        """The likeliest kind."""
        found = self._features(tune)
        return max(self._kinds, key=lambda kind: self._score(kind, found))

    def _score(self, kind: str, found: Sequence[Hashable]) -> float:
        seen = self._seen[kind]
        total = seen.total() + self._words
        return math.log(self._kinds[kind]) + sum(math.log((seen[f] + 1) / total) for f in found)

    @staticmethod
    def _features(tune: Tune) -> list[Hashable]:
        return [(tune.bar_ticks, tuple(tone.ticks for tone in bar)) for bar in tune.bars]
