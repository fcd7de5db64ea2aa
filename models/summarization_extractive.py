"""Summaries made of the source's own sentences, chosen by their embeddings.

A sentence is good when it is close to the middle of the whole text and says something that the
sentences chosen before do not (maximal marginal relevance, Carbonell and Goldstein 1998,
https://doi.org/10.1145/290941.291025). Nothing is invented, since nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.encoders import Encoder, Row, TorchRuntime, blank_id, pooled
from models.heads import load_encoder
from models.sentences import Span
from models.spec import Placement, Weights
from models.special_tokens import frame, longest_input
from models.stop import NEVER, StopToken
from models.summarization import Summary, budget, check, describe, written
from models.token_readers import plain_reader
from models.windows import windows
from models.word_count import count_words

#: Longest text, in characters: about 200 pages.
MAX_CHARACTERS = 1_000_000
#: Sentences that are embedded at once; the summary so far is shown after each such step.
BATCH = 32
#: Weight of closeness to the text's middle against likeness to what is chosen already, 0 to 1.
#: This and the next three were set on tests/quality/summaries.jsonl, where they beat taking the
#: first sentences (ROUGE-1 0.51 against 0.48) and a 135M language model (0.33) at medium length.
RELEVANCE = 0.5
#: Added to the first sentence of a text, less to those after it: texts tend to start with the gist.
LEAD = 0.2
#: Taken from sentences that lean on the one before, and from greetings, headings and fragments.
LEANING, FRAGMENT = 0.12, 1.0
#: A summary may exceed its word budget by this factor.
SLACK = 1.15
_LEANS = re.compile(
    r"(?:he|she|it|its|they|them|his|her|their|this|that|these|those|such|there|then|but|and|so|or"
    r"|however|also|thus|therefore|moreover|instead|yet|others?|another|ele|ela|eles|elas|isso|isto"
    r"|mas|er|sie|es|aber|il|elle|ils|elles|mais)\b",
    re.IGNORECASE,
)
_GREETS = re.compile(
    r"(?:hi|hello|dear|hey|thanks|thank you|cheers|best wishes|(?:kind )?regards|yours|olá|caro|cara"
    r"|obrigad[oa])\b",
    re.IGNORECASE,
)
_FINISHED = re.compile(r"[.!…。！؟।»\"'”’)\]]$")

Floats = NDArray[np.float32]


class ExtractiveEngine:
    """Chooses sentences.

    Args:
        model: an encoder, callable on ``input_ids`` and ``attention_mask``.
        tokenizer: a fast tokenizer; only called without truncation and padding.
        device: torch device string of the model.
    """

    reentrant = batched = True

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        self._tokenizer = tokenizer
        runtime = TorchRuntime(model, device, ("last_hidden_state",))
        pad = blank_id(tokenizer, model.config)
        self.encoder = Encoder(runtime, device, pad, per_token=True, vectors=True)
        self._encode = plain_reader(tokenizer)
        self._before, self._after = frame(tokenizer)
        special = len(self._before) + len(self._after)
        self.max_tokens = longest_input(tokenizer, model.config) - special
        self.memory_bytes = runtime.memory_bytes

    def summarize(
        self,
        text: str,
        *,
        length: str = "medium",
        form: str = "paragraph",
        stop: StopToken = NEVER,
    ) -> Iterator[Summary]:
        """See ``models.summarization.SummarizationEngine``: chooses the sentences of what was read so
        far that say most, in their order in the text."""
        spans = check(text, length, form, MAX_CHARACTERS)
        ids = [self._encode(text[start:end]) for start, end in spans]
        steps = range(0, len(spans), BATCH)
        vectors: list[Floats] = []
        for done, first in enumerate(steps, start=1):
            vectors += self._embed(ids[first : first + BATCH], stop)
            read = spans[: len(vectors)]
            words = budget(count_words(text[: read[-1][1]]), length)
            chosen = choose(text, read, np.stack(vectors), words)
            points = [text[start:end] for start, end in chosen]
            yield Summary(
                method="extractive",
                source_tokens=sum(map(len, ids)),
                max_tokens=self.max_tokens,
                parts=done,
                parts_total=len(steps),
                tokens=sum(map(len, ids[: len(vectors)])),
                **describe(written(points, form), text, final=True, sources=tuple(chosen)),  # type: ignore[arg-type]
            )

    def _embed(self, sentences: list[list[int]], stop: StopToken = NEVER) -> list[Floats]:
        """One vector of length 1 for each sentence; an overlong one is the mean of its windows."""
        pieces = [
            (number, ids[start:end])
            for number, ids in enumerate(sentences)
            for start, end in windows(len(ids), self.max_tokens, 0) or [(0, 0)]
        ]
        vectors = np.stack(list(self._pooled([ids for _, ids in pieces], stop)))
        sums = np.zeros((len(sentences), vectors.shape[1]), np.float32)
        for (number, _), vector in zip(pieces, vectors, strict=True):
            sums[number] += vector
        return list(sums / np.linalg.norm(sums, axis=1, keepdims=True))

    def _pooled(self, pieces: list[list[int]], stop: StopToken) -> Iterator[Floats]:
        """Mean over the tokens of each piece, scaled to length 1: (width,)."""
        rows = (Row((*self._before, *ids, *self._after)) for ids in pieces)
        return pooled(self.encoder, rows, stop)


def choose(text: str, spans: list[Span], vectors: Floats, words: int) -> list[Span]:
    """The sentences that make the summary, in the order of the text.

    Args:
        text: the source.
        spans: its sentences.
        vectors: their embeddings of length 1, (sentences, width).
        words: word budget; at least one sentence is chosen, never all of them.
    """
    middle = vectors.mean(0)
    middle = middle / max(float(np.linalg.norm(middle)), 1e-9)
    bonus = np.array([sentence_bonus(text, spans, i) for i in range(len(spans))])
    worth = vectors @ middle + bonus
    lengths = [count_words(text[start:end]) for start, end in spans]
    left = words * SLACK
    chosen: list[int] = []
    alike = np.zeros(len(spans), np.float32)
    for _ in range(len(spans) - 1):
        score = RELEVANCE * worth - (1 - RELEVANCE) * alike
        score[chosen] = -np.inf
        if chosen:
            score[[length > left for length in lengths]] = -np.inf
        best = int(np.argmax(score))
        if not np.isfinite(score[best]) or (chosen and bonus[best] <= LEAD - FRAGMENT):
            break
        chosen.append(best)
        left -= lengths[best]
        alike = np.maximum(alike, vectors @ vectors[best])
    return [spans[i] for i in sorted(chosen)]


def sentence_bonus(text: str, spans: list[Span], number: int) -> float:
    """What a sentence's place and form add to its worth."""
    sentence = text[spans[number][0] : spans[number][1]]
    bonus = LEAD / (1 + number)
    if number and _LEANS.match(sentence):
        bonus -= LEANING
    is_fragment = not _FINISHED.search(sentence) or count_words(sentence) < 4
    if is_fragment or _GREETS.match(sentence):
        bonus -= FRAGMENT
    return bonus


def load_extractive(weights: Weights, placement: Placement) -> ExtractiveEngine:
    """Builds the engine from a folder with an encoder, such as all-MiniLM-L6-v2."""
    model, tokenizer = load_encoder(weights, placement)
    return ExtractiveEngine(model, tokenizer, placement.device)
