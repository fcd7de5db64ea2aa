"""Summarization: says in fewer words what a text says.

Two ways behind one verb: ``models.summarization_abstractive`` writes a new text with a generative
model, ``models.summarization_extractive`` chooses sentences of the text itself. Both report what
share of the source is left, how much is copied, and which names and numbers the source lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from models.errors import InputError
from models.sentences import Span, sentences
from models.spec import ModelCard, Placement, Weights, Work
from models.stop import StopToken
from models.summary_checks import Doubt, copied_share, doubts
from models.word_count import count_words

LENGTHS = ("short", "medium", "long")
FORMS = ("paragraph", "bullets")
#: Length -> share of the source's words that a summary aims at, and most words it may have.
SHARES = {"short": (0.2, 60), "medium": (0.4, 140), "long": (0.6, 300)}
#: Least words of a text that is worth a summary; it also needs two sentences.
MIN_WORDS = 12


@dataclass(frozen=True)
class Summary:
    """A summary.

    Attributes:
        text: the summary so far: a paragraph, or one ``- `` line for each point.
        method: ``extractive`` (sentences of the source) or ``abstractive`` (newly written).
        source_tokens: length of the source in the model's tokens.
        max_tokens: most tokens of text that the model reads at once.
        parts: steps done; a text longer than ``max_tokens`` is read in several.
        parts_total: steps in all, the joining of the parts included.
        source_words: words of the source.
        summary_words: words of the summary.
        ratio: summary words per source word, 0 to 1 or a little more.
        copied: share of the summary's words that stand in runs copied from the source, 0 to 1.
        doubts: sentences with names or numbers that the source lacks; none in a fair summary.
        sources: character offsets of the chosen sentences in the source; empty when abstractive.
        tokens: tokens read or written so far.
    """

    text: str
    method: str
    source_tokens: int
    max_tokens: int
    parts: int
    parts_total: int
    source_words: int
    summary_words: int
    ratio: float
    copied: float
    doubts: tuple[Doubt, ...]
    sources: tuple[Span, ...]
    tokens: int

    @property
    def work(self) -> Work:
        """Tokens read or written so far."""
        return Work(self.tokens, "tokens")


class SummarizationEngine(Protocol):
    """What both kinds of engines do.

    Attributes:
        reentrant: whether several threads may summarise at once.
        memory_bytes: what it occupies.
    """

    reentrant: bool
    memory_bytes: int

    def summarize(
        self, text: str, *, length: str = "medium", form: str = "paragraph", stop: StopToken
    ) -> Iterator[Summary]:
        """Says in fewer words what a text says.

        Args:
            text: two sentences to the engine's ``MAX_CHARACTERS`` characters.
            length: one of ``LENGTHS``; see ``budget``.
            form: one of ``FORMS``.
            stop: polled at every token or pass.

        Yields:
            The summary so far; the last one covers the whole text.

        Raises:
            InputError: when the text can't be summarised, or an option does not exist.
            Stopped: when Stop was pressed; what was yielded before stays valid.
        """
        ...


def check(text: str, length: str, form: str, limit: int) -> list[Span]:
    """The sentences of a text that can be summarised.

    Args:
        text: the source.
        length: one of ``LENGTHS``.
        form: one of ``FORMS``.
        limit: most characters that the engine takes.

    Raises:
        InputError: when the text is empty, too short or too long, or an option does not exist.
    """
    if length not in LENGTHS:
        raise InputError(
            f"There is no length {length[:40]!r}.", hint=f"Choices: {', '.join(LENGTHS)}."
        )
    if form not in FORMS:
        raise InputError(f"There is no form {form[:40]!r}.", hint=f"Choices: {', '.join(FORMS)}.")
    if not text.strip():
        raise InputError("There is no text to summarise.", hint="Paste a few paragraphs.")
    if len(text) > limit:
        raise InputError(
            f"The text has {len(text):,} characters; the limit of this model is {limit:,}.",
            hint="Summarise it in parts, such as chapters.",
        )
    spans, count = sentences(text), count_words(text)
    if len(spans) < 2 or count < MIN_WORDS:
        found = "1 sentence" if len(spans) == 1 else f"{len(spans)} sentences"
        noun = "word" if count == 1 else "words"
        raise InputError(
            f"The text is too short to summarise: {found}, {count} {noun}.",
            hint=f"Paste at least two sentences and {MIN_WORDS} words.",
        )
    return spans


def budget(source_words: int, length: str) -> int:
    """Words that a summary of this length may have, at least one."""
    share, most = SHARES[length]
    return max(1, min(most, round(source_words * share)))


def written(points: list[str], form: str) -> str:
    """Sentences as a paragraph or as bullets."""
    plain = [" ".join(point.split()) for point in points]
    return "\n".join(f"- {point}" for point in plain) if form == "bullets" else " ".join(plain)


def describe(
    summary: str, source: str, *, final: bool, sources: tuple[Span, ...] = ()
) -> dict[str, object]:
    """The fields of a ``Summary`` that follow from both texts.

    Args:
        summary: the summary so far.
        source: the text.
        final: whether to look for copied runs and doubts, which takes a look at the whole source.
        sources: offsets of chosen sentences; given means that the summary is copied by nature.
    """
    source_words, summary_words = count_words(source), count_words(summary)
    return {
        "text": summary,
        "source_words": source_words,
        "summary_words": summary_words,
        "ratio": summary_words / max(1, source_words),
        "copied": 1.0 if sources else copied_share(summary, source) if final else 0.0,
        "doubts": doubts(summary, source) if final and not sources else (),
        "sources": sources,
    }


def _load_extractive(weights: Weights, placement: Placement) -> SummarizationEngine:
    from models.summarization_extractive import load_extractive

    return load_extractive(weights, placement)


def _load_abstractive(weights: Weights, placement: Placement) -> SummarizationEngine:
    from models.summarization_abstractive import load_abstractive

    return load_abstractive(weights, placement)


def _over_causal(engine: Any, card: ModelCard) -> SummarizationEngine:
    from models.summarization_abstractive import over_chat

    return over_chat(engine.generator, card)


#: Engine -> what is put over a resident that is lent; see ``models.lending``.
OVER: dict[str, Callable[[Any, ModelCard], SummarizationEngine]] = {"causal": _over_causal}
LOADERS: dict[str, Callable[[Weights, Placement], SummarizationEngine]] = {
    "transformers": _load_abstractive,
    "seq2seq": _load_abstractive,
    "causal": _load_abstractive,
    "extractive": _load_extractive,
}
