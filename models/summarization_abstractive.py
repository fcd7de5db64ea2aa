"""Summaries written anew, by a seq2seq model (BART, T5, Pegasus, ...) or an instruct language model.

A text longer than the model reads at once is cut at sentence ends; each part is summarised, and
the summaries are summarised again until they fit the wanted length (map, then reduce).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from models.errors import ModelUnsupported
from models.generation import Generator, Options
from models.sentences import chunks, sentences
from models.spec import ModelCard, Placement, Weights
from models.stop import NEVER, StopToken
from models.summarization import Summary, budget, check, describe, written
from models.token_loading import load_tokenizer
from models.word_count import count_words

#: Longest text, in characters: minutes of work for a small model on a CPU.
MAX_CHARACTERS = 200_000
#: Most source tokens read at once, whatever the window: small models lose the thread beyond.
PART_TOKENS = 1_024
#: Tokens kept free for the instruction and the chat template.
INSTRUCTION_TOKENS = 96
#: Tokens that a word of the answer may take; generous, since the model ends its answer itself.
TOKENS_PER_WORD = 1.8
#: Least length of an answer's limit, in tokens.
MIN_ANSWER = 32
#: Least words that a part is given for its summary.
LEAST_WORDS = 20
#: No answer ends before, in tokens: some models end at once on texts unlike those they learned.
MIN_NEW = 8
#: Rounds of summarising summaries, at most.
ROUNDS = 3
#: How much a chat model is asked for, by length, and in what words.
SENTENCES = {"short": "one sentence", "medium": "two or three sentences", "long": "five sentences"}
INSTRUCTION = "Summarize the text above in {}. Use only facts from the text."
#: Openings of chat models that are not part of the summary.
_PREAMBLE = re.compile(
    r"\s*(?:(?:sure|certainly|of course)[,!.]\s*)?(?:here(?:'s| is| are)\b[^:\n]{0,80}:|summary:"
    r"|the (?:text|passage) (?:says|states) that\s)\s*",
    re.IGNORECASE,
)
_MARKER = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+", re.MULTILINE)


class AbstractiveEngine:
    """Writes summaries.

    Args:
        generator: the model.
        prefix: what a seq2seq model wants before the text, such as T5's ``summarize: ``.
    """

    reentrant = True

    def __init__(self, generator: Generator, prefix: str = "") -> None:
        self._generator, self._prefix = generator, prefix
        self.memory_bytes, self.batched = generator.memory_bytes, generator.batched
        before = len(generator.encode(prefix))
        self.max_tokens = room(generator.window, before, seq2seq=generator.is_seq2seq)

    def summarize(
        self,
        text: str,
        *,
        length: str = "medium",
        form: str = "paragraph",
        stop: StopToken = NEVER,
    ) -> Iterator[Summary]:
        """See ``SummarizationEngine``: writes token by token, part by part where the text is long."""
        check(text, length, form, MAX_CHARACTERS)
        course = _Course(self, text, length, form, stop)
        yield from course.run()

    def cut(self, text: str) -> list[str]:
        """The text in parts that the model reads at once."""
        spans = chunks(text, lambda piece: len(self._generator.encode(piece)) <= self.max_tokens)
        return [text[start:end] for start, end in spans]

    def tokens(self, text: str) -> int:
        """Length of a text in tokens."""
        return len(self._generator.encode(text))

    def write(self, part: str, words: int, length: str, stop: StopToken) -> Iterator[str]:
        """The growing summary of one part; the last one ends with a whole sentence."""
        limit = max(MIN_ANSWER, int(words * TOKENS_PER_WORD))
        answer = None
        for answer in self._generator.write(
            self._prompt(part, length), self._options(limit), stop=stop
        ):
            yield clean(answer.text)
        if answer is not None:
            yield whole(clean(answer.text), ended=answer.ended)

    def _prompt(self, part: str, length: str) -> list[int]:
        if self._generator.is_seq2seq:
            return self._generator.framed(self._prefix + part)
        return self._generator.asked(INSTRUCTION.format(SENTENCES[length]), part)

    def _options(self, limit: int) -> Options:
        if self._generator.is_seq2seq:
            return Options(limit, MIN_NEW, no_repeat_ngram=3)
        return Options(limit, MIN_NEW, repetition_penalty=1.05, no_repeat_ngram=8)


class _Course:
    """One run of map and reduce: what was done and what is shown of it."""

    def __init__(
        self, engine: AbstractiveEngine, text: str, length: str, form: str, stop: StopToken
    ) -> None:
        self._engine, self._text, self._form, self._stop = engine, text, form, stop
        self._length = length
        self._source_tokens = engine.tokens(text)
        self._tokens = self._parts = self._total = 0
        self._facts = describe("", text, final=False)
        self._wanted = budget(int(str(self._facts["source_words"])), length)

    def run(self) -> Iterator[Summary]:
        """Map, then reduce while the joined summaries are too long."""
        parts = self._engine.cut(self._text)
        self._total = len(parts) + (len(parts) > 1)
        joined = ""
        for joined in self._read(parts, visible=True):
            yield self._summary(joined)
        for _ in range(ROUNDS):
            if len(parts) == 1 or count_words(joined) <= self._wanted * 1.25:
                break
            parts = self._engine.cut(joined)
            self._total = self._parts + len(parts)
            rounds = self._read(parts, visible=False)
            shorter = next(rounds)
            for shorter in rounds:  # noqa: B007 - the last one is wanted
                yield self._summary(joined)
            joined = shorter
        self._parts = self._total
        yield self._summary(joined, final=True)

    def _read(self, parts: list[str], *, visible: bool) -> Iterator[str]:
        """Summarises parts one after the other and yields the joined result so far."""
        joined: list[str] = []
        length = self._length if len(parts) == 1 else "medium"
        share = max(LEAST_WORDS, self._wanted // len(parts) if not visible else self._wanted)
        for part in parts:
            before, now = self._tokens + self._engine.tokens(part), ""
            for now in self._engine.write(part, share, length, self._stop):
                self._tokens = before + self._engine.tokens(now)
                yield " ".join([*joined, now])
            joined = [whole(" ".join([*joined, now]), ended=True)]
            self._parts += 1
            yield joined[0]

    def _summary(self, joined: str, *, final: bool = False) -> Summary:
        shown = written([joined[a:b] for a, b in sentences(joined)], self._form)
        facts: dict[str, Any] = describe(shown, self._text, final=True) if final else self._facts
        if not final:
            count = count_words(shown)
            ratio = count / max(1, facts["source_words"])
            facts = {**facts, "text": shown, "summary_words": count, "ratio": ratio}
        return Summary(
            method="abstractive",
            source_tokens=self._source_tokens,
            max_tokens=self._engine.max_tokens,
            parts=self._parts,
            parts_total=self._total,
            tokens=self._tokens,
            **facts,
        )


def room(window: int, prefix: int, *, seq2seq: bool) -> int:
    """Most tokens of a text that are read at once, at least 16.

    Args:
        window: most tokens that the model reads.
        prefix: tokens of what it wants before the text.
        seq2seq: whether it reads apart from what it writes; else the answer needs room beside it.
    """
    left = window - (8 if seq2seq else INSTRUCTION_TOKENS) - prefix
    return max(16, min(PART_TOKENS, left if seq2seq else left * 3 // 4))


def clean(answer: str) -> str:
    """An answer without preamble, list markers and line breaks."""
    plain = _MARKER.sub("", _PREAMBLE.sub("", answer, count=1))
    return " ".join(plain.split())


def whole(answer: str, *, ended: bool) -> str:
    """An answer without sentences said twice and, when it was cut off, without the broken end."""
    spans = sentences(answer)
    if not ended and len(spans) > 1 and answer[-1:] not in ".!?…。！？":
        spans = spans[:-1]
    return " ".join(dict.fromkeys(answer[start:end] for start, end in spans))


def load_abstractive(weights: Weights, placement: Placement) -> AbstractiveEngine:
    """Builds the engine from a standard Hugging Face folder.

    Raises:
        ModelUnsupported: when the model neither turns text into text nor follows instructions.
    """
    import torch
    from transformers import (
        AutoConfig,
        AutoModelForCausalLM,
        AutoModelForSeq2SeqLM,
    )

    config = AutoConfig.from_pretrained(weights.folder, local_files_only=True)
    names = getattr(config, "architectures", None) or []
    loader = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    if not any(name.endswith(("ForConditionalGeneration", "ForCausalLM")) for name in names):
        raise ModelUnsupported(
            f"{weights.card.id} is {', '.join(names) or 'no known architecture'}, which writes no text.",
            hint="Choose a summarization model or an instruct language model.",
        )
    tokenizer = load_tokenizer(weights.folder)
    if not config.is_encoder_decoder:
        _check_chats(tokenizer, weights.card)
    model = loader.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True
    )
    generator = Generator(model.to(placement.device).eval(), tokenizer, placement.device)
    return AbstractiveEngine(generator, prefix_of(config))


def over_chat(generator: Generator, card: ModelCard) -> AbstractiveEngine:
    """The engine over a language model that is in memory already.

    Raises:
        ModelUnsupported: when the model follows no instructions.
    """
    _check_chats(generator.tokenizer, card)
    return AbstractiveEngine(generator)


def _check_chats(tokenizer: Any, card: ModelCard) -> None:
    if not getattr(tokenizer, "chat_template", None):
        raise ModelUnsupported(
            f"{card.id} has no chat template, so it can't be told to summarise.",
            hint="Choose an instruct or chat model, or a seq2seq summarization model.",
        )


def prefix_of(config: Any) -> str:
    """What the model was trained to see before a text; T5's is ``summarize: ``."""
    params = getattr(config, "task_specific_params", None) or {}
    own = params.get("summarization", {}).get("prefix")
    return str(own) if own is not None else "summarize: " if config.model_type == "t5" else ""
