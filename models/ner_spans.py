"""Joins the labels of tokens into entities with true offsets: the decoding of token classifiers.

Understands the tagging schemes IOB, BIO, BIOES, BILOU and BMES, and plain labels without a prefix.
Works as a stream, so that a text of any length gives its entities window by window and an entity
that crosses a seam is one. Knows no torch and no tokenizer: offsets, word numbers and probabilities
come in as plain values.

The strategies are those of the token classification pipeline of transformers:
https://huggingface.co/docs/transformers/main_classes/pipelines#transformers.TokenClassificationPipeline
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

#: How sub-tokens become entities. ``none``: every labelled sub-token by itself, with its raw tag.
#: ``simple``: neighbours with the same label, a word may fall apart. The others label whole words:
#: by the ``first`` sub-token, by the ``average`` of the probabilities, or by the surest one (``max``).
AGGREGATIONS = ("simple", "first", "average", "max", "none")
OUTSIDE = "O"
_TAG = re.compile(r"([BIESLUM])[-_](.+)", re.DOTALL)
#: Tag -> its prefix and its label.
Parts = dict[str, tuple[str, str]]
_BEGINS, _ENDS = frozenset("BSU"), frozenset("ESLU")


@dataclass(frozen=True)
class Span:
    """An entity: ``start`` and ``end`` in characters, end excluded; ``score`` 0 to 1."""

    label: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class TokenBatch:
    """Neighbouring tokens and what the network says of them.

    Attributes:
        offsets: character range of each token in the text.
        words: number of the word that each token is a part of; None where it is part of none.
        probabilities: (tokens, labels) float, rows sum to 1.
    """

    offsets: Sequence[tuple[int, int]]
    words: Sequence[int | None]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class _Unit:
    """A token or a whole word with its tag."""

    start: int
    end: int
    tag: str
    score: float


@dataclass
class _Open:
    """An entity that the next unit may continue."""

    label: str
    start: int
    end: int
    scores: list[float] = field(default_factory=list)


class SpanDecoder:
    """Turns batches of neighbouring tokens into entities, in order.

    Args:
        text: what the offsets refer to.
        tags: the model's tag of each column of the probabilities.
        aggregation: one of ``AGGREGATIONS``.
        parts: prefix and label of each tag; as ``split_tags`` finds them when None.
    """

    def __init__(
        self, text: str, tags: Sequence[str], aggregation: str, parts: Parts | None = None
    ) -> None:
        self._text, self._tags, self._aggregation = text, tuple(tags), aggregation
        self._parts = split_tags(self._tags) if parts is None else parts
        self._word: int | None = None
        self._reach = 0  # end of the characters seen so far
        self._word_offsets: list[tuple[int, int]] = []
        self._word_rows: list[NDArray[np.float32]] = []
        self._open: _Open | None = None

    def push(self, batch: TokenBatch) -> list[Span]:
        """Entities that are complete after these tokens, which follow the ones before."""
        return list(self._join(self._units(batch)))

    def finish(self) -> list[Span]:
        """What was still open at the end of the text."""
        return [*self._join(self._end_word()), *self._close()]

    def _units(self, batch: TokenBatch) -> Iterator[_Unit]:
        """Words or tokens; tokens that share a character, as bytes of an emoji do, are one."""
        by_word = self._aggregation in ("first", "average", "max")
        for offset, word, row in zip(batch.offsets, batch.words, batch.probabilities, strict=True):
            if offset[0] == offset[1]:
                continue
            is_part = by_word and word is not None and word == self._word
            if not is_part and offset[0] >= self._reach:
                yield from self._end_word()
            self._word, self._reach = word, max(self._reach, offset[1])
            self._word_offsets.append(offset)
            self._word_rows.append(row)

    def _end_word(self) -> Iterator[_Unit]:
        if self._word_rows:
            row = self._word_row()
            best = int(row.argmax())
            start, end = self._word_offsets[0][0], self._reach
            yield _Unit(start, end, self._tags[best], float(row[best]))
        self._word, self._word_offsets, self._word_rows = None, [], []

    def _word_row(self) -> NDArray[np.float32]:
        """The probabilities that stand for the word: (labels,)."""
        if len(self._word_rows) == 1:
            return self._word_rows[0]
        rows = np.stack(self._word_rows)  # (tokens, labels)
        if self._aggregation == "average":
            found: NDArray[np.float32] = rows.mean(axis=0)
        elif self._aggregation == "max":
            found = rows[rows.max(axis=1).argmax()]
        else:
            found = rows[0]
        return found

    def _join(self, units: Iterable[_Unit]) -> Iterator[Span]:
        for unit in units:
            prefix, label = self._parts[unit.tag]
            current = self._open
            if label == OUTSIDE:
                yield from self._close()
            elif self._aggregation == "none":
                yield from self._span(unit.tag, unit.start, unit.end, unit.score)
            else:
                if current is None or prefix in _BEGINS or current.label != label:
                    yield from self._close()
                    current = self._open = _Open(label, unit.start, unit.end)
                current.end = unit.end
                current.scores.append(unit.score)
                if prefix in _ENDS:
                    yield from self._close()

    def _close(self) -> Iterator[Span]:
        if self._open is not None:
            done, self._open = self._open, None
            yield from self._span(
                done.label, done.start, done.end, sum(done.scores) / len(done.scores)
            )

    def _span(self, label: str, start: int, end: int, score: float) -> Iterator[Span]:
        start, end = trimmed(self._text, start, end)
        if start < end:
            yield Span(label, start, end, min(1.0, score))


class LayeredDecoder:
    """The same where a token may have several labels at once: entities may then overlap.

    The probabilities of a token's tags are independent, and do not sum to 1. The tags of one label are
    read by a decoder of their own, for which a token is outside by what its likeliest tag leaves.

    Args:
        text, tags, aggregation: see ``SpanDecoder``.
    """

    def __init__(self, text: str, tags: Sequence[str], aggregation: str) -> None:
        parts = {OUTSIDE: ("I", OUTSIDE), **split_tags(tags)}
        columns: dict[str, list[int]] = {}
        for column, tag in enumerate(tags):
            columns.setdefault(parts[tag][1], []).append(column)
        columns.pop(OUTSIDE, None)
        self._layers = [
            (own, SpanDecoder(text, [OUTSIDE, *(tags[i] for i in own)], aggregation, parts))
            for own in columns.values()
        ]

    def push(self, batch: TokenBatch) -> list[Span]:
        """See ``SpanDecoder``; label by label."""
        found = list[Span]()
        for columns, decoder in self._layers:
            own = batch.probabilities[:, columns]  # (tokens, tags of the label)
            outside = 1 - own.max(axis=1, keepdims=True)
            rows = np.concatenate([outside, own], axis=1)
            found += decoder.push(replace(batch, probabilities=rows))
        return found

    def finish(self) -> list[Span]:
        """See ``SpanDecoder``; label by label."""
        return [span for _, decoder in self._layers for span in decoder.finish()]


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without the white space at its ends; empty when there is nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def split_tags(tags: Iterable[str]) -> Parts:
    """Tag -> (prefix, label): ``B-PER`` -> (B, PER); plain labels have the prefix I.

    Prefixes count only where some tag has B or I, so that a label such as ``E-mail`` stays whole.
    """
    known = list(tags)
    found = {tag: _TAG.fullmatch(tag) for tag in known}
    schemed = any(match and match.group(1) in "BI" for match in found.values())
    return {
        tag: (match.group(1), match.group(2)) if match and schemed else ("I", tag)
        for tag, match in found.items()
    }


def entity_labels(tags: Sequence[str], aggregation: str) -> tuple[str, ...]:
    """The labels that entities can have, in the model's order: without prefix, unless ``none``."""
    parts = split_tags(tags)
    names = [tag if aggregation == "none" else parts[tag][1] for tag in tags if tag != OUTSIDE]
    return tuple(dict.fromkeys(names))
