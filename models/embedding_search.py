"""Semantic search: the passages of a text whose vectors point most nearly where the query's points.

A text is cut into passages and read once; its vectors are kept by the caller, so that the next query
costs the reading of the query alone. Beside the ranking by meaning stands one by shared words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from models.errors import InputError
from models.passages import Page, Passage, cut, sentences_of
from models.similarity import Floats, cosines
from models.spec import Work
from models.stop import NEVER, StopToken
from models.word_overlap import WordIndex

#: Bounds of the settings: tokens of a passage, and hits that are shown.
SHORTEST, LONGEST, MOST_HITS = 16, 512, 20
#: Longest query, in characters.
MAX_QUERY = 4_000


@dataclass(frozen=True)
class Prefixed:
    """What stands before a query and before a passage; None for what the model wants.

    Attributes:
        query, passage: the prefixes; empty for none.
    """

    query: str | None = None
    passage: str | None = None

    @classmethod
    def chosen(cls, wanted: bool, own: str = "") -> Prefixed:
        """From the page: the model's own or none, and words of one's own before the query."""
        usual = None if wanted else ""
        return cls(own or usual, usual)


@dataclass(frozen=True, eq=False)  # arrays have no hash, which gradio wants of what a session keeps
class Corpus:
    """A text that was cut, with the vectors of its passages so far.

    Attributes:
        key: digest of everything that the vectors depend on.
        passages: all of them.
        vectors: (passages read, dimensions) float32; the first ones of ``passages``.
        words: index of all passages.
        tokens: length of each passage read.
        longest: tokens that a passage may have, as it was cut.
    """

    key: str
    passages: tuple[Passage, ...]
    vectors: Floats
    words: WordIndex = field(repr=False)
    tokens: tuple[int, ...] = ()
    longest: int = 0

    @property
    def memory_bytes(self) -> int:
        """What the vectors take."""
        return int(self.vectors.nbytes)


@dataclass(frozen=True)
class Hit:
    """A passage that was found.

    Attributes:
        passage: index into ``Corpus.passages``.
        score: cosine to the query, -1 to 1; None where the passage was not read yet.
        rank: place by meaning, from 1 on; None likewise.
        word_score: BM25 score, 0 where no word is shared.
        word_rank: place by words, from 1 on; None where no word is shared.
        best: offsets of the sentence nearest to the query in the passage's text; None before it is known.
    """

    passage: int
    score: float | None
    rank: int | None
    word_score: float
    word_rank: int | None
    best: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """What a query found so far.

    Attributes:
        query: as it was asked.
        by_meaning: best first.
        by_words: the best by shared words, best first; may be empty.
        corpus: what was searched, to be kept for the next query.
        read_now: passages that this run had to read; 0 where all were kept from before.
        query_prefix, passage_prefix: what stood before them.
        tokens: tokens that this run has read.
    """

    query: str
    by_meaning: tuple[Hit, ...]
    by_words: tuple[Hit, ...]
    corpus: Corpus
    read_now: int
    query_prefix: str
    passage_prefix: str
    tokens: int

    @property
    def done(self) -> int:
        """Passages whose vectors are there."""
        return len(self.corpus.vectors)

    @property
    def whole(self) -> bool:
        """Whether all passages were ranked."""
        return self.done == len(self.corpus.passages)

    @property
    def work(self) -> Work:
        """Tokens read in this run."""
        return Work(self.tokens, "tokens")


def search(
    engine: Any,
    query: str,
    pages: Sequence[Page],
    *,
    tokens: int = 96,
    count: int = 5,
    prefixed: Prefixed = Prefixed(),
    model: str = "",
    kept: Corpus | None = None,
    stop: StopToken = NEVER,
) -> Iterator[Found]:
    """Ranks the passages of a text.

    Args:
        engine: an ``EmbeddingsEngine``.
        query: what is looked for, up to ``MAX_QUERY`` characters.
        pages: where.
        tokens: longest passage, ``SHORTEST`` to ``LONGEST``; less where the model reads less at once.
        count: hits wanted, 1 to ``MOST_HITS``.
        prefixed: prefixes in place of the model's own.
        model: what tells models apart whose vectors must not be mixed.
        kept: what an earlier search gave; used where it is of the same text, model and settings.
        stop: polled all the time.

    Yields:
        The hits among the passages read so far; the last one has ranked all, with best sentences.

    Raises:
        InputError: when query or text is empty or too long, or a setting is out of its bounds.
    """
    _check(query, tokens, count)
    own = engine.recipe.prefixes
    before = own.query if prefixed.query is None else prefixed.query
    ahead = own.passage if prefixed.passage is None else prefixed.passage
    longest = min(tokens, engine.room(ahead))
    (*_, asked) = engine.embed([query], prefix=before, stop=stop)
    key = _key(pages, longest, ahead, model)
    known = kept is not None and kept.key == key
    corpus = kept if kept is not None and known else _opened(key, pages, longest, engine, stop)
    look = _Look(
        query, asked.vectors, count, before, ahead, len(corpus.vectors), sum(asked.tokens),
        corpus.words.ranked(query),
    )  # fmt: skip
    found = look.at(corpus)
    yield found
    for read in _read_on(engine, corpus, ahead, stop):
        found = look.at(read)
        yield found
    yield _with_sentences(engine, found, asked.vectors, stop)


@dataclass(frozen=True)
class _Look:
    """A query, how many hits it wants, and where the reading began."""

    query: str
    vector: Floats
    count: int
    query_prefix: str
    passage_prefix: str
    known: int
    spent: int
    worded: list[tuple[int, float]]

    def at(self, corpus: Corpus) -> Found:
        """Ranks what was read so far by meaning, and everything by words."""
        has = len(corpus.vectors)
        scores = cosines(self.vector, corpus.vectors)[0] if has else np.empty(0, np.float32)
        order = [int(number) for number in np.argsort(-scores, kind="stable")]
        rank = {number: place for place, number in enumerate(order, start=1)}
        words = {
            number: (place, score) for place, (number, score) in enumerate(self.worded, start=1)
        }

        def hit(number: int) -> Hit:
            place, score = words.get(number, (None, 0.0))
            near = float(scores[number]) if number in rank else None
            return Hit(number, near, rank.get(number), score, place)

        return Found(
            self.query,
            tuple(map(hit, order[: self.count])),
            tuple(hit(number) for number, _ in self.worded[: self.count]),
            corpus, has - self.known, self.query_prefix, self.passage_prefix,
            self.spent + sum(corpus.tokens[self.known :]),
        )  # fmt: skip


def _check(query: str, tokens: int, count: int) -> None:
    if not query.strip():
        raise InputError("There is no query.", hint="Write what you look for.")
    if len(query) > MAX_QUERY:
        raise InputError(
            f"The query has {len(query):,} characters; the limit is {MAX_QUERY:,}.",
            hint="Write a shorter one; long texts belong into the text that is searched.",
        )
    for name, value, low, high in (
        ("tokens of a passage", tokens, SHORTEST, LONGEST),
        ("hits", count, 1, MOST_HITS),
    ):
        if not low <= value <= high:
            raise InputError(f"{value} {name} were asked for.", hint=f"Ask for {low} to {high}.")


def _key(pages: Sequence[Page], longest: int, ahead: str, model: str) -> str:
    digest = hashlib.sha256(f"{model}\0{longest}\0{ahead}".encode("utf-8", "replace"))
    for page in pages:
        digest.update(f"\0{len(page.text)}\0{page.name}\0{page.text}".encode("utf-8", "replace"))
    return digest.hexdigest()


def _opened(key: str, pages: Sequence[Page], longest: int, engine: Any, stop: StopToken) -> Corpus:
    """The text in passages of which none was read yet."""
    passages = cut(pages, longest, engine.count, stop)
    words = WordIndex([passage.text for passage in passages])
    return Corpus(key, passages, np.empty((0, 0), np.float32), words, longest=longest)


def _read_on(engine: Any, corpus: Corpus, ahead: str, stop: StopToken) -> Iterator[Corpus]:
    """The corpus with ever more of its vectors, from where it was left."""
    rest = [passage.text for passage in corpus.passages[len(corpus.vectors) :]]
    if not rest:
        return
    before = corpus.vectors
    for found in engine.embed(rest, prefix=ahead, stop=stop):
        vectors = np.concatenate([before, found.vectors]) if len(before) else found.vectors
        yield replace(corpus, vectors=vectors, tokens=corpus.tokens + found.tokens)


def _with_sentences(engine: Any, found: Found, query: Floats, stop: StopToken) -> Found:
    """The hits with the sentence of each that is nearest to the query."""
    hits = {hit.passage: hit for hit in (*found.by_meaning, *found.by_words)}
    spans = [
        (number, start, end)
        for number in hits
        for start, end in sentences_of(found.corpus.passages[number].text)
    ]
    texts = [found.corpus.passages[number].text[start:end] for number, start, end in spans]
    (*_, read) = engine.embed(texts, prefix=found.passage_prefix, stop=stop)
    scores = cosines(query, read.vectors)[0]
    best: dict[int, tuple[float, tuple[int, int]]] = {}
    for (number, start, end), score in zip(spans, scores.tolist(), strict=True):
        if score > best.get(number, (-2.0, (0, 0)))[0]:
            best[number] = (score, (start, end))

    def marked(hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        return tuple(replace(hit, best=best[hit.passage][1]) for hit in hits)

    return replace(
        found, by_meaning=marked(found.by_meaning), by_words=marked(found.by_words),
        tokens=found.tokens + sum(read.tokens),
    )  # fmt: skip
