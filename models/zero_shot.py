"""Zero-shot classification: which of the labels a person makes up fits a text, without training for them.

A label becomes a sentence by a template ("This text is about {}."). An *entailment* model, trained to
say whether one sentence follows from another, reads the text and each such sentence together: the
label whose sentence follows best wins (Yin et al. 2019, https://arxiv.org/abs/1909.00161). Scores are
those of transformers' ``zero-shot-classification`` pipeline, but a long text is read in windows where
the pipeline would cut it. ``models.zero_shot_similarity`` compares embeddings instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from models.attribution import Attribution, check_words, leave_out
from models.encoders import Encoder, Row, TorchRuntime, blank_id, softmax
from models.errors import InputError, ModelUnsupported
from models.heads import load_head
from models.spec import Engine, Placement, Weights, Work
from models.special_tokens import longest_input, pair_frame
from models.stop import NEVER, StopToken
from models.text_limits import check_size
from models.threshold import THRESHOLD, check_threshold, counted
from models.token_readers import plain_reader, some_ids
from models.windows import windows
from models.zero_shot_labels import (
    TEMPLATE,
    Asked,
    check,
    entailment_places,
)

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
class Classification:
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

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that count: the best one, or those from the threshold on where several may."""
        return counted(self.scores, self.threshold, several=self.multi_label)

    @property
    def work(self) -> Work:
        """Tokens of the text read so far."""
        return Work(self.tokens * self.windows / self.windows_total, "tokens")


class ZeroShotEngine:
    """What both methods share: checks, windows, ranking, and the weights of words.

    A method gives ``read`` and ``room``, and names its readings.

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

    def room(self, asked: Asked) -> int:
        """Tokens of the text that are read at once.

        Raises:
            InputError: when a label's sentence is too long.
        """
        raise NotImplementedError

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

    def read(
        self, parts: Iterable[Sequence[int]], asked: Asked, stop: StopToken
    ) -> Iterator[NDArray[np.float32]]:
        """The readings of each part of a text: (labels, names) float32."""
        raise NotImplementedError

    def scored(self, readings: NDArray[np.float32], *, alone: bool) -> NDArray[np.float32]:
        """The labels' scores, (labels,), from what ``read`` gave; each by itself when ``alone``."""
        raise NotImplementedError

    def shown(self, readings: NDArray[np.float32]) -> NDArray[np.float32]:
        """The readings as a person is shown them, (labels, names)."""
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
        check_size(text, "classify", MAX_CHARACTERS)
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


class EntailmentEngine(ZeroShotEngine):
    """Asks a model of natural language inference whether a label's sentence follows from the text.

    Args:
        model: callable on ids, mask and maybe segments, giving ``logits``; one of the names in its
            ``config.id2label`` begins with "entail".
        tokenizer: one that frames pairs; only called without truncation and padding.
        device: torch device string of the model.

    Raises:
        ValueError: when no class of the model means entailment.
    """

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        config = model.config
        names = [str(config.id2label[i]).lower() for i in range(len(config.id2label))]
        self._yes, self._no = entailment_places(names)
        runtime = TorchRuntime(model, device, ("logits",))
        encoder = Encoder(runtime, device, blank_id(tokenizer, config), per_token=False)
        super().__init__(encoder, tokenizer, "entailment", names)
        self._frame = pair_frame(tokenizer)
        self.max_tokens = longest_input(tokenizer, config) - len(self._frame)

    def room(self, asked: Asked) -> int:
        """See ``ZeroShotEngine``: a sentence may take half of the window."""
        return self.max_tokens - self.longest(asked, self.max_tokens // 2)

    def read(
        self, parts: Iterable[Sequence[int]], asked: Asked, stop: StopToken
    ) -> Iterator[NDArray[np.float32]]:
        """The logits of each part with each sentence: (labels, classes)."""
        import numpy as np

        sentences = [self.ids(text) for text in asked.hypotheses]
        rows = (self._row(part, sentence) for part in parts for sentence in sentences)
        logits = self.encoder.read(rows, stop)
        while group := [row for (row,) in islice(logits, len(sentences))]:
            yield np.stack(group)

    def scored(self, readings: NDArray[np.float32], *, alone: bool) -> NDArray[np.float32]:
        """Entailment against contradiction in each label, or the entailments against each other."""
        if alone:
            return softmax(readings[:, [self._no, self._yes]])[:, 1]
        return softmax(readings[:, self._yes])

    def shown(self, readings: NDArray[np.float32]) -> NDArray[np.float32]:
        """The shares of the model's classes."""
        return softmax(readings)

    def _row(self, part: Sequence[int], sentence: list[int]) -> Row:
        segments = self._frame.segments(len(part), len(sentence))
        ids = self._frame.ids([*part], sentence)
        return Row(tuple(ids), None if segments is None else tuple(segments))


def load(weights: Weights, placement: Placement) -> EntailmentEngine:
    """Builds the engine from a standard Hugging Face folder.

    Raises:
        ModelUnsupported: when the folder holds no classifier that tells entailment.
    """
    model, tokenizer = load_head(
        weights, placement, "ForSequenceClassification", "text classifier",
        "zero-shot classification", offsets=False,
    )  # fmt: skip
    try:
        return EntailmentEngine(model, tokenizer, placement.device)
    except ValueError as error:
        raise ModelUnsupported(
            f"{weights.card.id}: {error}.",
            hint="Choose a model of natural language inference (NLI), one that has the task "
            "zero-shot classification on the Hub.",
        ) from error


def _load_similarity(weights: Weights, placement: Placement) -> Engine:
    from models.zero_shot_similarity import load_similarity

    return load_similarity(weights, placement)


LOADERS: dict[str, Callable[[Weights, Placement], Engine]] = {
    "transformers": load,
    "similarity": _load_similarity,
}
