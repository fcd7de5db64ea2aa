"""Sentiment: how much of each label a text classifier sees in a text.

Softmax where a text has one label, sigmoid where it may have several, as the model's own
configuration says (``problem_type``). Texts longer than the model's window are scored in windows
and averaged by their length in tokens; the result says in how many.
Model card of the starter: models/starter/weights/sentiment/card.json.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.attribution import (
    METHODS,
    STEPS,
    Attribution,
    by_word,
    check_label,
    check_method,
    check_words,
    integrated,
    pieces_of,
    words_of,
)
from models.encoders import Encoder, Row, TorchRuntime, blank_id
from models.heads import load_head
from models.label_words import weigh
from models.spec import Placement, Weights
from models.special_tokens import frame, longest_input
from models.stop import NEVER, StopToken
from models.text_limits import check_size
from models.threshold import THRESHOLD, Labelled, check_threshold
from models.token_readers import plain_reader, some_ids
from models.windows import windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Longest text, in characters: about 200 pages.
MAX_CHARACTERS = 1_000_000
#: Tokens shared by neighbouring windows.
OVERLAP = 32


@dataclass(frozen=True)
class LabelScore:
    """One label of the model and its probability, 0 to 1."""

    label: str
    score: float


@dataclass(frozen=True)
class Sentiment(Labelled):
    """The scores of a text.

    Attributes:
        scores: every label of the model, best first.
        multi_label: whether the scores are independent (sigmoid) or sum to 1 (softmax).
        tokens: length of the text in tokens, special tokens left out.
        max_tokens: longest window of the model in tokens, special tokens left out.
        windows: windows that make up the scores so far.
        windows_total: windows that the text was cut into.
        threshold: from which score on a label counts, 0 to 1, where scores are independent.
    """

    scores: tuple[LabelScore, ...]
    multi_label: bool
    tokens: int
    max_tokens: int
    windows: int
    windows_total: int
    threshold: float = THRESHOLD


class SentimentEngine:
    """Scores texts with a sequence classifier.

    Args:
        model: callable on ``input_ids`` and ``attention_mask``, with ``config.id2label``.
        tokenizer: a fast tokenizer; only called without truncation and padding.
        device: torch device string of the model.
    """

    reentrant = batched = True

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        self._model, self._tokenizer, self._device = model, tokenizer, device
        self._blank = blank_id(tokenizer, model.config)
        runtime = TorchRuntime(model, device, ("logits",))
        self.encoder = Encoder(runtime, device, self._blank, per_token=False)
        config = model.config
        self.labels = tuple(str(config.id2label[i]).lower() for i in range(len(config.id2label)))
        self.multi_label = config.problem_type == "multi_label_classification"
        self._ids, (self._before, self._after) = plain_reader(tokenizer), frame(tokenizer)
        special = len(self._before) + len(self._after)
        self.max_tokens = longest_input(tokenizer, config) - special
        self.memory_bytes = runtime.memory_bytes

    def score(
        self, text: str, *, threshold: float = THRESHOLD, stop: StopToken = NEVER
    ) -> Iterator[Sentiment]:
        """Scores ``text``, window by window.

        Args:
            text: 1 to ``MAX_CHARACTERS`` characters, not only white space.
            threshold: see ``Sentiment``.
            stop: polled all the time.

        Yields:
            The scores so far; the last one covers the whole text.

        Raises:
            InputError: when the text is empty or too long, or the threshold is no share.
        """
        check_threshold(threshold)
        ids = self._encode(text)
        for done, total, shares in self._by_window(ids, stop):
            yield Sentiment(
                self._ranked(shares), self.multi_label, len(ids), self.max_tokens, done, total,
                threshold,
            )  # fmt: skip

    def _by_window(self, ids: list[int], stop: StopToken) -> Iterator[tuple[int, int, list[float]]]:
        """(windows read, windows in all, the labels' probabilities so far) of a text."""
        cuts = windows(len(ids), self.max_tokens, min(OVERLAP, self.max_tokens // 4)) or [(0, 0)]
        totals, weight = [0.0] * len(self.labels), 0
        rows = (self._row(ids[start:end]) for start, end in cuts)
        read = zip(cuts, self.encoder.read(rows, stop), strict=True)
        for done, ((start, end), (logits,)) in enumerate(read, start=1):
            probabilities = self._probabilities(logits)
            size = max(1, end - start)
            weight += size
            totals = [t + p * size for t, p in zip(totals, probabilities, strict=True)]
            yield done, len(cuts), [t / weight for t in totals]

    def explain(
        self, text: str, *, method: str = "occlusion", label: str = "", stop: StopToken = NEVER
    ) -> Iterator[Attribution]:
        """Weighs the words of ``text`` for one label; see ``models.attribution``.

        Args:
            text: a text that the model reads at once, of at most ``MAX_WORDS`` words; of a longer one the
                sentences are left out, by ``occlusion``.
            method: one of ``METHODS``; the fewest words are those of the best label.
            label: one of ``labels``; the best one of the text when empty.
            stop: polled between batches.

        Yields:
            The weights so far; the last one has them all.

        Raises:
            InputError: when the text is empty or too long, or method or label is unknown.
        """
        check_method(method, METHODS)
        check_label(label, self.labels)
        ids = self._encode(text)
        pieces = self._pieces(text, ids, method)
        if method != "gradients":
            yield from weigh(
                text, self.labels, lambda texts: self._shares_of(texts, stop), label=label,
                method=method, pieces=pieces, stop=stop,
            )  # fmt: skip
            return
        (shares,) = self._shares_of([text], stop)
        index = self.labels.index(label) if label else shares.index(max(shares))
        name, score = self.labels[index], shares[index]
        framed = [*self._before, *ids, *self._after]
        kept = range(len(self._before), len(self._before) + len(ids))
        offsets = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        for weights, gap, done in integrated(
            self._model, framed, kept, self._blank, index, self._device, stop
        ):
            words = by_word(text, offsets["offset_mapping"], weights[kept.start : kept.stop])
            yield Attribution(name, score, method, words, done, STEPS, gap)

    def _pieces(self, text: str, ids: list[int], method: str) -> tuple[str, list[tuple[int, int]]]:
        if method == "occlusion":
            return pieces_of(text, len(ids), self.max_tokens)
        check_words(text, len(ids), self.max_tokens)
        return "word", words_of(text)

    def _shares_of(self, texts: list[str], stop: StopToken) -> Iterator[list[float]]:
        """Probabilities of the labels in each text."""
        read = [self._ids(text) for text in texts]
        if max(map(len, read), default=0) > self.max_tokens:
            return (list(self._by_window(ids, stop))[-1][2] for ids in read)
        rows = (self._row(ids) for ids in read)
        return (self._probabilities(logits) for (logits,) in self.encoder.read(rows, stop))

    def _row(self, ids: Sequence[int]) -> Row:
        return Row((*self._before, *ids, *self._after))

    def _encode(self, text: str) -> list[int]:
        check_size(text, MAX_CHARACTERS, "There is no text to score.", "Score it in parts.")
        return some_ids(self._ids, text)

    def _probabilities(self, logits: NDArray[np.float32]) -> list[float]:
        """By hand: of a handful of numbers, numpy's calls would take longer than their sums."""
        values: list[float] = logits.tolist()
        if self.multi_label:
            return [(math.tanh(value / 2) + 1) / 2 for value in values]  # never overflows
        most = max(values)
        weights = [math.exp(value - most) for value in values]
        total = sum(weights)
        return [weight / total for weight in weights]

    def _ranked(self, scores: list[float]) -> tuple[LabelScore, ...]:
        ranked = sorted(zip(self.labels, scores, strict=True), key=lambda pair: -pair[1])
        return tuple(LabelScore(label, score) for label, score in ranked)


def load(weights: Weights, placement: Placement) -> SentimentEngine:
    """Builds the engine from a standard Hugging Face folder.

    Raises:
        ModelUnsupported: when the folder holds no sequence classifier.
    """
    model, tokenizer = load_head(
        weights, placement, "ForSequenceClassification", "text classifier", "text classification",
        offsets=False,
    )  # fmt: skip
    return SentimentEngine(model, tokenizer, placement.device)


LOADERS: dict[str, Callable[[Weights, Placement], SentimentEngine]] = {"transformers": load}
