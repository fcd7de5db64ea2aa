"""Zero-shot classification by entailment: does a label's sentence follow from the text?

A model of natural language inference, trained to say whether one sentence follows from another, reads the
text and each label's sentence together: the label whose sentence follows best wins (Yin et al. 2019,
https://arxiv.org/abs/1909.00161). Scores are those of transformers' ``zero-shot-classification`` pipeline,
but a long text is read in windows where the pipeline would cut it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from models.encoders import Encoder, Row, TorchRuntime, blank_id, softmax
from models.errors import ModelUnsupported
from models.heads import load_head
from models.spec import Placement, Weights
from models.special_tokens import longest_input, pair_frame
from models.stop import StopToken
from models.zero_shot import ZeroShotEngine
from models.zero_shot_labels import Asked, entailment_places

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
        """See ``ZeroShotEngine``: the softmax of entailment and contradiction in each label, or of the
        entailments of all."""
        if alone:
            return softmax(readings[:, [self._no, self._yes]])[:, 1]
        return softmax(readings[:, self._yes])

    def shown(self, readings: NDArray[np.float32]) -> NDArray[np.float32]:
        """See ``ZeroShotEngine``: the softmax over the model's classes."""
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
