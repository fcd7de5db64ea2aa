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

from models.attribution import (
    Attribution,
    check_label,
    check_method,
    check_words,
    pieces_of,
)
from models.encoders import Encoder
from models.errors import InputError
from models.label_words import weigh
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

#: Ways to weigh words, see ``models.attribution``.
METHODS = ("occlusion", "fewest")
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
        for done, count, (scores, shown) in self._by_window(ids, asked, stop, alone=alone):
            yield Classification(
                self._ranked(asked, scores, shown), alone, self.method, len(ids), room, done, count,
                threshold,
            )  # fmt: skip

    def _by_window(
        self, ids: list[int], asked: Asked, stop: StopToken, *, alone: bool
    ) -> Iterator[tuple[int, int, tuple[NDArray[np.float32], NDArray[np.float32]]]]:
        """(windows read, windows in all, (scores, readings) so far) of a text."""
        room = self.room(asked)
        cuts = windows(len(ids), room, min(OVERLAP, room // 4)) or [(0, 0)]
        read = self.read((ids[start:end] for start, end in cuts), asked, stop)
        total: Any = 0.0
        shown: Any = 0.0
        weight = 0
        for done, ((start, end), readings) in enumerate(zip(cuts, read, strict=True), start=1):
            size = max(1, end - start)
            weight += size
            total = total + size * self.scored(readings, alone=alone)
            shown = shown + size * self.shown(readings)
            yield done, len(cuts), (total / weight, shown / weight)

    def explain(
        self,
        text: str,
        labels: Sequence[str],
        *,
        template: str = TEMPLATE,
        multi_label: bool = False,
        label: str = "",
        method: str = "occlusion",
        stop: StopToken = NEVER,
    ) -> Iterator[Attribution]:
        """Weighs the words of ``text`` for one label.

        Args:
            text: a text that the model reads at once, of few enough words; of a longer one the sentences
                are left out, by ``occlusion``. See ``models.attribution``.
            labels, template, multi_label: as for ``classify``.
            label: one of ``labels``; the best one of the text when empty.
            method: ``occlusion`` or ``fewest``, see ``models.attribution``.
            stop: polled between batches.

        Yields:
            The weights so far; the last one has them all.

        Raises:
            InputError: when text, labels, template or label are refused.
        """
        asked = check(labels, template)
        check_label(label, asked.labels)
        check_method(method, METHODS)
        ids, room = self._encode(text), self.room(asked)
        if method == "fewest":
            check_words(text, len(ids), room)
        pieces = pieces_of(text, len(ids), room)

        alone = multi_label or len(asked.labels) == 1
        yield from weigh(
            text, asked.labels, lambda texts: self._scores_of(texts, asked, stop, alone=alone),
            label=label, method=method, pieces=pieces, stop=stop,
        )  # fmt: skip

    def _scores_of(
        self, texts: list[str], asked: Asked, stop: StopToken, *, alone: bool
    ) -> Iterator[list[float]]:
        """The labels' scores in each text."""
        parts = [self.ids(text) for text in texts]
        if max(map(len, parts), default=0) > self.room(asked):
            by_window = (list(self._by_window(ids, asked, stop, alone=alone)) for ids in parts)
            return ([*map(float, found[-1][2][0])] for found in by_window)
        read = self.read(parts, asked, stop)
        return ([*map(float, self.scored(found, alone=alone))] for found in read)

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
