"""Which sentences of a text stand behind each sentence of its summary.

A sentence that was chosen from the text has itself as its source. For one that was newly written,
the sentences of the text that share most of its words, rare words weighing more, are its likely
sources: a hint where to look, since the same thing can be said in other words.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from models.sentences import Span, sentences
from models.summary_checks import words

#: Source sentences that are compared with a written summary; those after them are not.
COMPARED = 2_000
#: Most source sentences named for one sentence of a summary.
MOST = 3
#: Least share of a sentence's weighed words that its source holds, and that a further one adds.
LEAST, ADDED = 0.25, 0.15
#: Letters of a word that count: what follows is mostly an ending ("restored", "restoration").
STEM = 6
#: Words up to this many letters are mostly articles and the like, and weigh this much of the rest.
SHORT, SHORT_WEIGHT = 3, 0.25
#: Weight of words that the text lacks: a summary says things in other words, which is no doubt yet.
UNKNOWN_WEIGHT = 0.5
#: Runs of scripts that put no spaces between words: kana, Han, Thai, Lao.
_WIDE = re.compile("[\u3040-\u9fff\u0e00-\u0eff]+")


@dataclass(frozen=True)
class Source:
    """A sentence of the text that stands behind one of the summary.

    Attributes:
        start: its first character in the text.
        end: one past its last character.
        score: share of the summary sentence's weighed words that it holds, 0 to 1; 1 when chosen.
    """

    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Traced:
    """A sentence of the summary and what stands behind it.

    Attributes:
        start: its first character in the summary.
        end: one past its last character.
        sources: best first, ``MOST`` at most; none when no sentence shares enough words.
    """

    start: int
    end: int
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Trace:
    """A whole summary traced.

    Attributes:
        sentences: those of the summary, in order.
        compared: sentences of the text that were looked at.
        total: sentences of the text, or those chosen where nothing needs comparing.
    """

    sentences: tuple[Traced, ...]
    compared: int
    total: int


def trace(summary: str, text: str, chosen: Sequence[Span] = ()) -> Trace:
    """Finds the sources of every sentence of a summary.

    Args:
        summary: the summary, a paragraph or bullets.
        text: what was summarised; the first ``COMPARED`` sentences are compared.
        chosen: offsets of the sentences that the summary is made of, in order; nothing is compared
            then.
    """
    if chosen:
        return Trace(_placed(summary, text, chosen), len(chosen), len(chosen))
    spans = sentences(text)
    index = _Index(text, spans[:COMPARED])
    found = tuple(
        Traced(start, end, index.sources(summary[start:end])) for start, end in sentences(summary)
    )
    return Trace(found, len(index.spans), len(spans))


def _placed(summary: str, text: str, chosen: Sequence[Span]) -> tuple[Traced, ...]:
    """The chosen sentences where they stand in the summary, their white space evened out."""
    found, at = [], 0
    for start, end in chosen:
        point = " ".join(text[start:end].split())
        first = summary.index(point, at)
        at = first + len(point)
        found.append(Traced(first, at, (Source(start, end, 1.0),)))
    return tuple(found)


class _Index:
    """For every term, the sentences of the text that it stands in."""

    def __init__(self, text: str, spans: list[Span]) -> None:
        self.spans = spans
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for number, (start, end) in enumerate(spans):
            for term in terms(text[start:end]):
                self._places[term].append(number)

    def sources(self, sentence: str) -> tuple[Source, ...]:
        """Sentences that together hold most of this one, best first.

        Each further one must add words that those before it lack: else a text that repeats itself
        would name the same thing three times.
        """
        weights = {term: self._weight(term) for term in terms(sentence)}
        whole = sum(weights.values())
        if not whole:
            return ()
        scores, left, found = self._overlaps(weights), dict(weights), list[Source]()
        while len(found) < MOST:
            gains = self._overlaps(left)
            if not gains:
                break
            best = max(gains, key=lambda n: (gains[n], scores[n], -n))
            if scores[best] < LEAST * whole or (found and gains[best] < ADDED * whole):
                break
            found.append(Source(*self.spans[best], min(1.0, scores[best] / whole)))
            left = {term: w for term, w in left.items() if best not in self._places.get(term, ())}
        return tuple(sorted(found, key=lambda source: -source.score))

    def _overlaps(self, weights: dict[str, float]) -> dict[int, float]:
        """Weight of the shared terms, by number of the source sentence."""
        overlaps: defaultdict[int, float] = defaultdict(float)
        for term, weight in weights.items():
            for number in self._places.get(term, ()):
                overlaps[number] += weight
        return overlaps

    def _weight(self, term: str) -> float:
        """Inverse document frequency, less for short words; near 0 for a term of every sentence."""
        places = len(self._places.get(term, ()))
        rarity = math.log((len(self.spans) + 1) / (max(1, places) + 0.5))
        rarity *= 1.0 if places else UNKNOWN_WEIGHT
        is_short = len(term) <= SHORT and term.isalpha() and not _WIDE.match(term)
        return rarity * (SHORT_WEIGHT if is_short else 1.0)


def terms(text: str) -> set[str]:
    """What of a text is compared: words without their endings, numbers, pairs of wide characters."""
    found = {run[at : at + 2] for run in _WIDE.findall(text) for at in range(max(1, len(run) - 1))}
    for word in words(_WIDE.sub(" ", text)):
        for part in word.replace("’", "'").removesuffix("'s").split("-"):
            found.add(part if part[:1].isdigit() else part[:STEM])
    return found - {""}
