"""Word error rate: what was heard against what was said, and where the two differ.

The rate is (replaced + missing + added) / words said, over the cheapest way to make one of the
other (Levenshtein), as in NIST's sclite; numbers and punctuation are compared by
``models.spoken_words``. The alignment is RapidFuzz's: github.com/rapidfuzz/RapidFuzz.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from models.errors import InputError
from models.spoken_words import SpokenWord, spoken_words

#: Longest text of either side in words: about two hours of speech, seconds of work.
MAX_WORDS = 25_000

Kind = Literal["same", "replaced", "missing", "added"]


@dataclass(frozen=True)
class Operation:
    """A word, or a number of several words, and what became of it.

    Attributes:
        kind: ``missing`` was said and not heard, ``added`` was heard and not said.
        said: as the reference writes it; empty when ``added``.
        heard: as the other text writes it; empty when ``missing``.
        errors: how many words of the rate it counts; 0 for ``same``.
    """

    kind: Kind
    said: str
    heard: str
    errors: int


@dataclass(frozen=True)
class WordErrors:
    """The comparison of two texts.

    Attributes:
        operations: in the order of the texts.
        words: of the reference, in the form that is compared; > 0.
        replaced: words that were heard as another.
        missing: words that were not heard.
        added: words that were heard and not said.
    """

    operations: tuple[Operation, ...]
    words: int
    replaced: int
    missing: int
    added: int

    @property
    def errors(self) -> int:
        """All wrong words."""
        return self.replaced + self.missing + self.added

    @property
    def rate(self) -> float:
        """Errors per word of the reference: 0 for the same words, above 1 when many were added."""
        return self.errors / self.words


@dataclass(frozen=True)
class _Pair:
    """One step of the alignment: a word of each side, or of one."""

    said: SpokenWord | None
    heard: SpokenWord | None

    @property
    def kind(self) -> Kind:
        if self.said is None:
            return "added"
        if self.heard is None:
            return "missing"
        return "same" if self.said.form == self.heard.form else "replaced"

    @property
    def places(self) -> list[tuple[int, int, int]]:
        """Where its words stand: (side, start, end)."""
        sides = enumerate((self.said, self.heard))
        return [(side, word.start, word.end) for side, word in sides if word]


def word_errors(said: str, heard: str) -> WordErrors:
    """Compares two texts word by word.

    Args:
        said: the reference, with at least one word; at most ``MAX_WORDS``.
        heard: the other text; may be empty.

    Raises:
        InputError: a reference without a word, or a text that is too long.
    """
    reference, other = _words(said, "The reference"), _words(heard, "The transcript")
    if not reference:
        raise InputError(
            "The reference holds no word to compare with.", hint="Give the text that was spoken."
        )
    pairs = list(_aligned(reference, other))
    counts = [sum(pair.kind == kind for pair in pairs) for kind in ("replaced", "missing", "added")]
    operations = tuple(_operation(group, said, heard) for group in _grouped(pairs))
    return WordErrors(operations, len(reference), *counts)


def _words(text: str, name: str) -> list[SpokenWord]:
    words = spoken_words(text)
    if len(words) > MAX_WORDS:
        raise InputError(
            f"{name} has {len(words):,} words; the limit is {MAX_WORDS:,}.",
            hint="Compare in parts.",
        )
    return words


def _aligned(said: Sequence[SpokenWord], heard: Sequence[SpokenWord]) -> Iterator[_Pair]:
    from rapidfuzz.distance import Levenshtein

    steps = Levenshtein.opcodes([w.form for w in said], [w.form for w in heard])
    for step in steps:
        left = said[step.src_start : step.src_end]
        right = heard[step.dest_start : step.dest_end]
        for at in range(max(len(left), len(right))):
            yield _Pair(
                left[at] if at < len(left) else None, right[at] if at < len(right) else None
            )


def _grouped(pairs: Sequence[_Pair]) -> Iterator[Sequence[_Pair]]:
    """Pairs whose words stand at one place together, such as 7 and 30 of "7:30", and what lies between."""
    last: dict[tuple[int, int, int], int] = {}
    for number, pair in enumerate(pairs):
        last.update(dict.fromkeys(pair.places, number))
    start = end = 0
    for number, pair in enumerate(pairs):
        if number > end:
            yield pairs[start:number]
            start = end = number
        end = max([end, *(last[place] for place in pair.places)])
    if pairs:
        yield pairs[start:]


def _operation(group: Sequence[_Pair], said: str, heard: str) -> Operation:
    left = [pair.said for pair in group if pair.said]
    right = [pair.heard for pair in group if pair.heard]
    errors = sum(pair.kind != "same" for pair in group)
    kind: Kind = "same"
    if errors:
        kind = "added" if not left else "missing" if not right else "replaced"
    return Operation(kind, _slice(left, said), _slice(right, heard), errors)


def _slice(words: Sequence[SpokenWord], text: str) -> str:
    if not words:
        return ""
    return text[min(w.start for w in words) : max(w.end for w in words)]
