"""Ranks texts by the words that they share with a query: BM25, the yardstick of every search engine.

It knows no meaning: "car" and "automobile" have nothing in common. That is what it is here for, beside
a ranking by embeddings. Formula and constants: Robertson and Zaragoza 2009, "The Probabilistic Relevance
Framework: BM25 and Beyond", https://doi.org/10.1561/1500000019
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from unicodedata import normalize

from models.letters import MARKS

#: How soon a word that comes again counts no more, and how much long texts are held back (0 to 1).
K1, B = 1.2, 0.75
#: Scripts without spaces between words are taken by pairs of neighbours.
_WIDE = "\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff"
_LETTERS = rf"(?:[^\W_{_WIDE}]++[{MARKS}]*+)++"
_WORD = re.compile(rf"[{_WIDE}]+|{_LETTERS}(?:['’]{_LETTERS})*")
_IS_WIDE = re.compile(rf"[{_WIDE}]")


def words_at(text: str) -> list[tuple[str, int, int]]:
    """The words of a text in lower case, each with its start and end."""
    found = list[tuple[str, int, int]]()
    for match in _WORD.finditer(text):
        start, end = match.span()
        if _IS_WIDE.match(match.group()) and end - start > 1:
            found += [(text[i : i + 2], i, i + 2) for i in range(start, end - 1)]
        else:
            found.append((normalize("NFC", match.group().casefold()), start, end))
    return found


class WordIndex:
    """For every word, the texts that it stands in.

    Args:
        texts: what is searched.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        # text, times, text, times, ...: pairs of Python's own would take ten times as much
        self._counts: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        self._lengths = list[int]()
        for number, text in enumerate(texts):
            counts = Counter(word for word, _, _ in words_at(text))
            self._lengths.append(counts.total())
            for word, times in counts.items():
                self._counts[word].extend((number, times))
        self._mean = max(1.0, sum(self._lengths) / max(1, len(self._lengths)))

    def scores(self, query: str) -> dict[int, float]:
        """Number of each text that shares a word with the query -> its score, > 0."""
        found: defaultdict[int, float] = defaultdict(float)
        for word in dict.fromkeys(word for word, _, _ in words_at(query)):
            places = self._counts.get(word, array("I"))
            known = len(places) // 2
            rarity = math.log(1 + (len(self._lengths) - known + 0.5) / (known + 0.5))
            for number, times in zip(places[::2], places[1::2], strict=True):
                length = 1 - B + B * self._lengths[number] / self._mean
                found[number] += rarity * times * (K1 + 1) / (times + K1 * length)
        return dict(found)

    def ranked(self, query: str) -> list[tuple[int, float]]:
        """(number, score) of the texts that share a word with the query, best first."""
        return sorted(self.scores(query).items(), key=lambda pair: (-pair[1], pair[0]))
