"""Question answering: the piece of a passage that answers a question, or that none does.

Reads question and passage together with a span head; long passages go through overlapping windows
(`models.span_decoding` has the procedure). Offsets are characters of the passage as it was given.
Model card of the starter: models/starter/weights/qa/card.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from models.answer_words import Claim, Reading, check_part, weigh
from models.attribution import Attribution, check_words
from models.encoders import Encoder, Row, TorchRuntime, blank_id
from models.errors import InputError
from models.heads import load_head
from models.span_decoding import Decoder, Span, owned_tokens
from models.span_edges import Edge, Strip
from models.spec import Placement, Weights, Work
from models.special_tokens import longest_input, pair_frame
from models.stop import NEVER, StopToken
from models.token_readers import placed_reader, plain_reader
from models.token_words import word_bounds
from models.windows import windows

#: Longest passage, in characters: about 200 pages.
MAX_CHARACTERS = 1_000_000
#: Most answers that a call may ask for.
MAX_ANSWERS = 10
#: Passage tokens that neighbouring windows share: the figure of the published evaluation.
OVERLAP = 128
#: Tokens left free beside a part of a long passage, whose edges may be cut into other tokens.
SPARE = 16
#: Windows after which the answers so far are shown.
STEP = 8


@dataclass(frozen=True)
class Answer:
    """A span of the passage.

    Attributes:
        text: the passage's own characters from ``start`` to ``end``.
        start, end: character offsets into the passage, end excluded.
        score: share of this span among the best ones and "no answer", 0 to 1.
    """

    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Answers:
    """What a passage says to a question.

    Attributes:
        question: as it was asked.
        answers: spans that share no word, best first.
        has_answer: whether the best span beats "no answer".
        no_answer_score: share of "no answer", 0 to 1.
        tokens: length of the passage in tokens.
        windows: windows of the passage read so far.
        windows_total: windows that the passage was cut into.
        edges: tokens of the window with the best answer; empty unless they were asked for.
    """

    question: str
    answers: tuple[Answer, ...]
    has_answer: bool
    no_answer_score: float
    tokens: int
    windows: int
    windows_total: int
    edges: tuple[Edge, ...] = ()

    @property
    def work(self) -> Work:
        """Passage tokens read so far."""
        return Work(self.tokens * self.windows / self.windows_total, "tokens")


@dataclass(frozen=True)
class _Passage:
    """A passage's tokens: ids, the first and the last token of the word that each is in, and characters."""

    text: str
    ids: list[int]
    words: list[tuple[int, int]]
    offsets: list[tuple[int, int]]


class QuestionAnsweringEngine:
    """Answers questions with spans.

    Args:
        model: callable on ids, mask and segments, giving ``start_logits`` and ``end_logits``.
        tokenizer: a fast tokenizer; only called without truncation and padding.
        device: torch device string of the model.
        margin: logits taken off the score of "no answer": the threshold of the published
            evaluation, to be chosen on questions apart from those that the model is scored on.
    """

    reentrant = batched = True

    def __init__(self, model: Any, tokenizer: Any, device: str, margin: float = 0.0) -> None:
        self._margin = margin
        runtime = TorchRuntime(model, device, ("start_logits", "end_logits"))
        self.encoder = Encoder(runtime, device, blank_id(tokenizer, model.config), per_token=True)
        self._ids, self._placed = plain_reader(tokenizer), placed_reader(tokenizer)
        self._frame = pair_frame(tokenizer)
        self.max_tokens = longest_input(tokenizer, model.config) - len(self._frame)
        self.memory_bytes = runtime.memory_bytes

    def answer(
        self, question: str, passage: str, *, count: int = 3, edges: bool = False,
        stop: StopToken = NEVER,
    ) -> Iterator[Answers]:  # fmt: skip
        """Looks for answers, window by window.

        Args:
            question: at least one word; at most half of the model's window.
            passage: 1 to ``MAX_CHARACTERS`` characters, not only white space.
            count: most answers wanted, 1 to ``MAX_ANSWERS``.
            edges: whether ``Answers.edges`` are wanted.
            stop: polled all the time.

        Yields:
            The answers so far; the last one covers the whole passage.

        Raises:
            InputError: when question or passage is empty or too long.
        """
        if not 1 <= count <= MAX_ANSWERS:
            raise InputError(
                f"{count} answers were asked for.", hint=f"Ask for 1 to {MAX_ANSWERS}."
            )
        asked, read = self._question(question), self._passage(passage)
        room = self.max_tokens - len(asked)
        cuts = windows(len(read.ids), room, min(OVERLAP, room // 4))
        owned, decoder, strip = owned_tokens(cuts), Decoder(), Strip(edges)
        rows = (self._row(asked, read.ids[a:b]) for a, b in cuts)
        first = len(self._frame.before) + len(asked) + len(self._frame.between)
        scores = zip(cuts, owned, self.encoder.read(rows, stop), strict=True)
        for done, ((a, b), own, (starts, ends)) in enumerate(scores, start=1):
            inside = slice(first, first + b - a)
            null = float(starts[0] + ends[0]) - self._margin
            decoder.add(a, own, starts[inside], ends[inside], null)
            strip.see(decoder, (a, b), starts, ends, first)
            if done % STEP == 0 or done == len(cuts):
                found = _answers(question, read, decoder, count, done, len(cuts))
                yield replace(found, edges=strip.edges(read.offsets))

    def explain(
        self, question: str, passage: str, *, part: str = "question", stop: StopToken = NEVER
    ) -> Iterator[Attribution]:
        """Weighs the words of a question or of a passage for the best answer; see ``models.answer_words``.

        Args:
            question: as for ``answer``.
            passage: as for ``answer``. Of one that the model does not read at once, what is around the
                answer is read, and only words there are weighed.
            part: one of ``models.answer_words.PARTS``.
            stop: polled between batches.

        Yields:
            The weights so far; the last one has them all.

        Raises:
            InputError: when question or passage is refused, or has too many words.
        """
        check_part(part)
        asked, read = self._question(question), self._passage(passage)
        room = self.max_tokens - len(asked)
        if part != "passage":
            check_words(question, len(asked), self.max_tokens // 2)
        since, until = self._around_answer(question, read, room, stop)
        if part == "passage":
            check_words(passage[since:until], 0, 0)
        claim = Claim(question, passage[since:until], None)
        (whole,) = self._readings([claim], stop)
        found = weigh(
            replace(claim, place=whole.best(claim.passage)), part,
            lambda claims: list(self._readings(claims, stop)), stop,
        )  # fmt: skip
        whole_passage = part != "passage" or (since, until) == (0, len(passage))
        yield from found if whole_passage else (one.moved(since) for one in found)

    def _around_answer(
        self, question: str, read: _Passage, room: int, stop: StopToken
    ) -> tuple[int, int]:
        """Characters of the passage that are read at once: all, or what is around the best answer."""
        if len(read.ids) <= room:
            return 0, len(read.text)
        *_, found = self.answer(question, read.text, count=1, stop=stop)
        place = found.answers[0].start if found.answers else 0
        token = next((i for i, (_, end) in enumerate(read.offsets) if end > place), 0)
        size = room - min(SPARE, room // 2)
        first = max(0, min(token - size // 2, len(read.ids) - size))
        start, end = self._word_at(read, first), self._word_at(read, first + size - 1)
        if first + size == len(read.ids):
            return read.offsets[start][0], len(read.text)
        return read.offsets[start][0], read.offsets[end][0]

    @staticmethod
    def _word_at(read: _Passage, token: int) -> int:
        """The first token of the word around a token, or the token itself in one that is very long."""
        first = read.words[token][0]
        return first if token - first < SPARE // 2 else token

    def _readings(self, claims: Sequence[Claim], stop: StopToken) -> Iterator[Reading]:
        """What the network says of each, read at once."""
        read = [(self._ids(claim.question), self._placed(claim.passage)) for claim in claims]
        logits = self.encoder.read((self._row(asked, placed.ids) for asked, placed in read), stop)
        for (asked, placed), (starts, ends) in zip(read, logits, strict=True):
            first = len(self._frame.before) + len(asked) + len(self._frame.between)
            inside = slice(first, first + len(placed.ids))
            null = float(starts[0] + ends[0]) - self._margin
            yield Reading(placed.offsets, starts[inside], ends[inside], null)

    def _question(self, question: str) -> list[int]:
        ids = self._ids(question)
        if not question.strip() or not ids:
            raise InputError("There is no question.", hint="Ask something about the passage.")
        if len(ids) > self.max_tokens // 2:
            raise InputError(
                f"The question has {len(ids):,} tokens; the limit is {self.max_tokens // 2:,}.",
                hint="Ask a shorter question; long texts belong into the passage.",
            )
        return ids

    def _passage(self, passage: str) -> _Passage:
        if not passage.strip():
            raise InputError("There is no passage to look in.", hint="Paste a text.")
        if len(passage) > MAX_CHARACTERS:
            raise InputError(
                f"The passage has {len(passage):,} characters; the limit is {MAX_CHARACTERS:,}.",
                hint="Ask about a part of it.",
            )
        placed = self._placed(passage)
        if not placed.ids:
            raise InputError(
                "The model's tokenizer finds nothing to read in this passage.", hint="Add words."
            )
        return _Passage(passage, placed.ids, word_bounds(passage, placed), placed.offsets)

    def _row(self, question: list[int], part: list[int]) -> Row:
        segments = self._frame.segments(len(question), len(part))
        ids = self._frame.ids(question, part)
        return Row(tuple(ids), None if segments is None else tuple(segments))


def _answers(
    question: str, read: _Passage, decoder: Decoder, count: int, done: int, total: int
) -> Answers:
    best = islice(decoder.apart(read.words), count)
    found = tuple(_answer(read, span, decoder.share(span.score)) for span in best)
    has_answer, nothing = decoder.best >= decoder.null, decoder.share(decoder.null)
    return Answers(question, found, has_answer, nothing, len(read.ids), done, total)


def _answer(read: _Passage, span: Span, share: float) -> Answer:
    start = read.offsets[read.words[span.first][0]][0]
    end = read.offsets[read.words[span.last][1]][1]
    while start < end and read.text[start].isspace():  # byte-level tokens begin with their space
        start += 1
    return Answer(read.text[start:end], start, end, share)


def load(weights: Weights, placement: Placement) -> QuestionAnsweringEngine:
    """Builds the engine from a standard Hugging Face folder.

    Raises:
        ModelUnsupported: when the folder holds no span reader or no fast tokenizer.
    """
    model, tokenizer = load_head(
        weights, placement, "ForQuestionAnswering", "span reader", "question answering",
        offsets=True,
    )  # fmt: skip
    margin = float(str(weights.card.defaults.get("no_answer_margin", 0.0)))
    return QuestionAnsweringEngine(model, tokenizer, placement.device, margin)


LOADERS: dict[str, Callable[[Weights, Placement], QuestionAnsweringEngine]] = {"transformers": load}
