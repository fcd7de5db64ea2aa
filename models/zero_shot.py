"""Zero-shot classification: which of the labels a person makes up fits a text, without training for them.

A label becomes a sentence by a template ("This text is about {}."). ``models.zero_shot_entailment`` asks
a network whether that sentence follows from the text, ``models.zero_shot_similarity`` how alike the
embeddings of the two are. A long text is read in windows, whose scores are averaged.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.attribution import Attribution, check_words, leave_out
from models.encoders import Encoder
from models.errors import InputError
from models.spec import Engine, Placement, Weights
from models.stop import NEVER, StopToken
from models.text_limits import check_size
from models.threshold import THRESHOLD, Labelled, check_threshold
from models.token_readers import plain_reader, some_ids
from models.windows import windows
from models.zero_shot_labels import TEMPLATE, Asked, check

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Longest text, in characters: about 200 pages.
MAX_CHARACTERS = 1_000_000
#: Tokens shared by neighbouring windows.
OVERLAP = 32


@dataclass(frozen=True)
class Reading:
    """One thing that the model says of a text and a label's sentence.

    Attributes:
        name: a class of the model, such as ``entailment``; or ``similarity``.
        value: its share, 0 to 1, the classes of a sentence sum to 1; of a similarity, -1 to 1.
    """

    name: str
    value: float


@dataclass(frozen=True)
class LabelFit:
    """How well a label fits.

    Attributes:
        label: as it was given.
        score: 0 to 1: its share among all labels, or by itself where they are scored so.
        hypothesis: the sentence that the model read.
        readings: what the model said of it, from which the score is made.
    """

    label: str
    score: float
    hypothesis: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Classification(Labelled):
    """The labels of a text.

    Attributes:
        scores: every label, best first.
        multi_label: whether each was scored by itself; so is a single label.
        method: ``entailment`` or ``similarity``.
        tokens: length of the text in tokens, special tokens left out.
        max_tokens: tokens of the text that the model reads at once beside a sentence.
        windows: windows that make up the scores so far.
        windows_total: windows that the text was cut into.
        threshold: from which score on a label counts, 0 to 1, where each was scored by itself.
    """

    scores: tuple[LabelFit, ...]
    multi_label: bool
    method: str
    tokens: int
    max_tokens: int
    windows: int
    windows_total: int
    threshold: float = THRESHOLD


class ZeroShotEngine(ABC):
    """What both methods share: checks, windows, ranking, and the weights of words.

    A method gives ``read``, ``room`` and ``scored``, and names its readings.

    Args:
        encoder: the network.
        tokenizer: only called without truncation and padding.
        method: its name.
        names: of the readings of a sentence.
    """

    reentrant = batched = True

    def __init__(self, encoder: Encoder, tokenizer: Any, method: str, names: Sequence[str]) -> None:
        self.encoder, self.method, self.names = encoder, method, tuple(names)
        self.ids = plain_reader(tokenizer)
        self.memory_bytes = encoder.runtime.memory_bytes

    @abstractmethod
    def room(self, asked: Asked) -> int:
        """Tokens of the text that are read at once.

        Raises:
            InputError: when a label's sentence is too long.
        """

    def longest(self, asked: Asked, most: int) -> int:
        """Tokens of the longest sentence.

        Raises:
            InputError: when those are more than ``most``.
        """
        tokens, sentence = max((len(self.ids(text)), text) for text in asked.hypotheses)
        if tokens > most:
            raise InputError(
                f"The sentence {sentence[:60]!r} has {tokens:,} tokens; the limit is {most:,}.",
                hint="Shorten the label or the template.",
            )
        return tokens

    @abstractmethod
    def read(
        self, parts: Iterable[Sequence[int]], asked: Asked, stop: StopToken
    ) -> Iterator[NDArray[np.float32]]:
        """The readings of each part of a text: (labels, names) float32."""

    @abstractmethod
    def scored(self, readings: NDArray[np.float32], *, alone: bool) -> NDArray[np.float32]:
        """The labels' scores from what ``read`` gave.

        Args:
            readings: (labels, names) float32, of one part of a text.
            alone: whether each label is scored by itself; else they share 1.

        Returns:
            (labels,) float32, 0 to 1.
        """

    def shown(self, readings: NDArray[np.float32]) -> NDArray[np.float32]:
        """The readings as a person is shown them, (labels, names) float32; see ``Reading.value``."""
        return readings

    def classify(
        self,
        text: str,
        labels: Sequence[str],
        *,
        template: str = TEMPLATE,
        multi_label: bool = False,
        threshold: float = THRESHOLD,
        stop: StopToken = NEVER,
    ) -> Iterator[Classification]:
        """Scores the labels, window by window.

        Args:
            text: 1 to ``MAX_CHARACTERS`` characters, not only white space.
            labels: 1 to ``MAX_LABELS`` different ones.
            template: with one ``{}``, where a label goes.
            multi_label: whether several may fit, so that each is scored by itself.
            threshold: see ``Classification``.
            stop: polled all the time.

        Yields:
            The scores so far, each window weighing as many tokens as it has; the last one covers
            the whole text.

        Raises:
            InputError: when text, labels, template or threshold are refused.
        """
        check_threshold(threshold)
        asked = check(labels, template)
        ids, room = self._encode(text), self.room(asked)
        alone = multi_label or len(asked.labels) == 1
        cuts = windows(len(ids), room, min(OVERLAP, room // 4))
        read = self.read((ids[start:end] for start, end in cuts), asked, stop)
        total: Any = 0.0
        shown: Any = 0.0
        weight = 0
        for done, ((start, end), readings) in enumerate(zip(cuts, read, strict=True), start=1):
            weight += end - start
            total = total + (end - start) * self.scored(readings, alone=alone)
            shown = shown + (end - start) * self.shown(readings)
            scores = self._ranked(asked, total / weight, shown / weight)
            yield Classification(
                scores, alone, self.method, len(ids), room, done, len(cuts), threshold
            )

    def explain(
        self,
        text: str,
        labels: Sequence[str],
        *,
        template: str = TEMPLATE,
        multi_label: bool = False,
        stop: StopToken = NEVER,
    ) -> Iterator[Attribution]:
        """Weighs the words of ``text`` for its best label by leaving each out.

        Args:
            text: a text that the model reads at once, of few enough words; see ``models.attribution``.
            labels, template, multi_label: as for ``classify``.
            stop: polled between batches.

        Yields:
            The weights so far; the last one has them all.

        Raises:
            InputError: when text, labels or template are refused.
        """
        asked = check(labels, template)
        ids = self._encode(text)
        check_words(text, len(ids), self.room(asked))
        alone = multi_label or len(asked.labels) == 1

        def scores(parts: list[list[int]]) -> Iterator[NDArray[np.float32]]:
            return (self.scored(found, alone=alone) for found in self.read(parts, asked, stop))

        (whole,) = scores([ids])
        best = int(whole.argmax())
        yield from leave_out(
            text, asked.labels[best], float(whole[best]),
            lambda texts: [float(row[best]) for row in scores([self.ids(t) for t in texts])], stop,
        )  # fmt: skip

    def _encode(self, text: str) -> list[int]:
        check_size(text, MAX_CHARACTERS, "There is no text to classify.", "Classify it in parts.")
        return some_ids(self.ids, text)

    def _ranked(
        self, asked: Asked, scores: NDArray[np.float32], shown: NDArray[np.float32]
    ) -> tuple[LabelFit, ...]:
        found = [
            LabelFit(
                label, float(scores[i]), asked.hypotheses[i],
                tuple(Reading(n, float(v)) for n, v in zip(self.names, shown[i], strict=True)),
            )
            for i, label in enumerate(asked.labels)
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda fit: -fit.score))


def _load_entailment(weights: Weights, placement: Placement) -> Engine:
    from models.zero_shot_entailment import load

    return load(weights, placement)


def _load_similarity(weights: Weights, placement: Placement) -> Engine:
    from models.zero_shot_similarity import load_similarity

    return load_similarity(weights, placement)


LOADERS: dict[str, Callable[[Weights, Placement], Engine]] = {
    "transformers": _load_entailment,
    "similarity": _load_similarity,
}
