"""Draws what a search found: passages by meaning beside passages by words. Text of a person is data."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import pairwise

from models.embedding_search import Found, Hit
from models.units import counted, size
from models.word_overlap import words_at
from tabs.parts.markup import note
from tabs.parts.similarity_view import visible

#: Characters of a passage that are drawn.
DRAWN = 1_600


def results_html(found: Found) -> str:
    """Both rankings side by side, what they teach, and how the text was read."""
    return (
        f'<div class="md-search">{_progress(found)}{lesson_html(found)}<div class="md-rankings">'
        f"{_ranking('By meaning', 'the angle between vectors', found.by_meaning, found, meaning=True)}"
        f"{_ranking('By words', 'shared words, rare ones count more (BM25)', found.by_words, found)}"
        f"</div>{note(reading(found))}{note(prefixes_said(found))}</div>"
    )


def lesson_html(found: Found) -> str:
    """One sentence on what meaning adds to words here, or words to meaning; empty before all is read."""
    if not found.whole or not found.by_meaning:
        return ""
    return f'<p class="md-lesson">{html.escape(lesson(found))}</p>'


def lesson(found: Found) -> str:
    """See ``lesson_html``."""
    best = found.by_meaning[0]
    if not found.by_words:
        return "No passage shares a word with the query: only meaning finds anything here."
    if best.word_rank is None:
        return "The best passage by meaning shares no word with the query: a search for words misses it."
    first = found.by_words[0]
    if first.passage == best.passage:
        return "Meaning and words agree on the best passage."
    rank = first.rank or len(found.corpus.passages)
    return (
        f"Words put another passage first, which is number {rank:,} by meaning; the best by meaning is "
        f"number {best.word_rank:,} by words."
    )


def reading(found: Found) -> str:
    """How the text was cut, what was read now, and what is kept."""
    corpus, total = found.corpus, len(found.corpus.passages)
    parts = [
        "Coloured: the sentence of a passage nearest to the query. Underlined: words of the query.",
        f"{counted(total, 'passage')} of up to {corpus.longest:,} tokens, cut between sentences.",
    ]
    if found.read_now:
        parts.append(f"Read in this run: {found.read_now:,}.")
    elif found.done:
        parts.append(
            "Their vectors were there from before: only the query was read, and best sentences."
        )
    if not found.whole:
        parts.append(f"Ranked by meaning so far: {found.done:,}; another run goes on from there.")
    if found.done:
        parts.append(
            f"The vectors ({size(corpus.memory_bytes)}) are kept in this session for an hour, those of "
            "one text at a time."
        )
    return " ".join(parts)


def prefixes_said(found: Found) -> str:
    """What stood before the query and the passages."""
    if not (found.query_prefix or found.passage_prefix):
        return "Query and passages were read without a prefix."
    query = f"\u201c{visible(found.query_prefix)}\u201d" if found.query_prefix else "nothing"
    passage = f"\u201c{visible(found.passage_prefix)}\u201d" if found.passage_prefix else "nothing"
    return f"Before the query stood {query}, before each passage {passage}."


def _progress(found: Found) -> str:
    if found.whole:
        return ""
    done, total = found.done, len(found.corpus.passages)
    return (
        f'<p class="md-note md-search-progress">Passages read: {done:,} of {total:,} '
        f'<progress max="{total}" value="{done}" aria-label="passages read"></progress></p>'
    )


def _ranking(
    title: str, how: str, hits: Sequence[Hit], found: Found, *, meaning: bool = False
) -> str:
    none = "Nothing was read yet." if meaning else "No passage shares a word with the query."
    rows = "".join(_hit(hit, found, meaning=meaning) for hit in hits)
    body = f"<ol>{rows}</ol>" if rows else note(none)
    return f'<section><h3>{title}</h3><p class="md-note">{how}</p>{body}</section>'


def _hit(hit: Hit, found: Found, *, meaning: bool) -> str:
    passage = found.corpus.passages[hit.passage]
    score = f"{hit.score:.3f}" if meaning and hit.score is not None else f"{hit.word_score:.2f}"
    other = _elsewhere(hit, meaning=meaning)
    return (
        f'<li><p class="md-hit-head"><strong>{score}</strong> <span>{html.escape(passage.place)}</span> '
        f'<small>{html.escape(other)}</small></p><p class="md-hit-text" dir="auto">'
        f"{_marked(passage.text, hit, found.query)}</p></li>"
    )


def _elsewhere(hit: Hit, *, meaning: bool) -> str:
    """Where the other ranking puts the same passage."""
    if meaning:
        return f"by words number {hit.word_rank:,}" if hit.word_rank else "shares no word"
    return f"by meaning number {hit.rank:,}" if hit.rank else "not read yet"


def _marked(text: str, hit: Hit, query: str) -> str:
    """The passage with its best sentence marked and the query's words underlined."""
    start, end = hit.best or (0, 0)
    first = max(0, min(start, len(text) - DRAWN)) if len(text) > DRAWN else 0
    shown = text[first : first + DRAWN]
    wanted = {word for word, _, _ in words_at(query)}
    edges = {edge for edge in (start - first, end - first) if 0 < edge < len(shown)}
    shared = [(a, b) for word, a, b in words_at(shown) if word in wanted]
    edges |= {edge for span in shared for edge in span}
    cuts = sorted({0, len(shown), *edges})
    pieces = [
        _piece(
            shown[a:b],
            best=start - first <= a < end - first,
            same=any(c <= a < d for c, d in shared),
        )
        for a, b in pairwise(cuts)
    ]
    return f"{'...' if first else ''}{''.join(pieces)}{'...' if first + DRAWN < len(text) else ''}"


def _piece(text: str, *, best: bool, same: bool) -> str:
    drawn = f"<u>{html.escape(text)}</u>" if same else html.escape(text)
    return f"<mark>{drawn}</mark>" if best else drawn
