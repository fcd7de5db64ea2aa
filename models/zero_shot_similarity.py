"""Zero-shot classification by embeddings: the label whose sentence lies nearest to the text wins.

Text and sentences are embedded apart, and the cosine between them is all that is known: nothing reads
them together, so "not about sport" lies near "about sport". It is the way that works with a small
encoder and no training for entailment, and it reads the text once, however many labels there are.
What a cosine means as a share differs from model to model; ``Scale`` holds what was measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.encoders import Encoder, Row, TorchRuntime, blank_id, logistic, pooled, softmax
from models.heads import load_encoder
from models.spec import Placement, Weights
from models.special_tokens import frame, longest_input
from models.stop import StopToken
from models.zero_shot import ZeroShotEngine
from models.zero_shot_labels import Asked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Questions whose sentences are remembered as vectors: many texts are asked the same.
REMEMBERED = 32


@dataclass(frozen=True)
class Scale:
    """How a model's cosines become scores.

    Attributes:
        temperature: labels share 100 % by the softmax of cosine / temperature, > 0.
        middle: the cosine at which a label by itself fits as likely as not.
        spread: how much more cosine makes that e times as likely, > 0.
    """

    temperature: float
    middle: float
    spread: float


class SimilarityEngine(ZeroShotEngine):
    """Compares the text with the labels' sentences.

    Args:
        model: an encoder trained for sentence similarity, giving ``last_hidden_state``.
        tokenizer: only called without truncation and padding.
        device: torch device string of the model.
        scale: how its cosines are read.
    """

    def __init__(self, model: Any, tokenizer: Any, device: str, scale: Scale) -> None:
        runtime = TorchRuntime(model, device, ("last_hidden_state",))
        pad = blank_id(tokenizer, model.config)
        encoder = Encoder(runtime, device, pad, per_token=True, vectors=True)
        super().__init__(encoder, tokenizer, "similarity", ("similarity",))
        self.scale = scale
        self._tables: dict[tuple[str, ...], NDArray[np.float32]] = {}
        self._before, self._after = frame(tokenizer)
        special = len(self._before) + len(self._after)
        self.max_tokens = longest_input(tokenizer, model.config) - special

    def room(self, asked: Asked) -> int:
        """See ``ZeroShotEngine``: text and sentence have a window each."""
        self.longest(asked, self.max_tokens)
        return self.max_tokens

    def read(
        self, parts: Iterable[Sequence[int]], asked: Asked, stop: StopToken
    ) -> Iterator[NDArray[np.float32]]:
        """The cosine of each part with each sentence: (labels, 1), -1 to 1."""
        table = self._table(asked, stop)
        for vector in pooled(self.encoder, map(self._row, parts), stop):
            yield (table @ vector)[:, None]

    def scored(self, readings: NDArray[np.float32], *, alone: bool) -> NDArray[np.float32]:
        """See ``ZeroShotEngine``: by the scale, a logistic of each cosine, or the softmax over them."""
        cosines = readings[:, 0]
        if alone:
            steps = (cosines - self.scale.middle) / self.scale.spread
            return logistic(steps)
        return softmax(cosines / self.scale.temperature)

    def _table(self, asked: Asked, stop: StopToken) -> NDArray[np.float32]:
        """The sentences' vectors, (labels, width): those of the last few questions are remembered."""
        import numpy as np

        table = self._tables.get(asked.hypotheses)
        if table is None:
            rows = map(self._row, map(self.ids, asked.hypotheses))
            table = np.stack([*pooled(self.encoder, rows, stop)])
            if len(self._tables) >= REMEMBERED:
                self._tables.clear()
            self._tables[asked.hypotheses] = table
        return table

    def _row(self, ids: Sequence[int]) -> Row:
        return Row((*self._before, *ids, *self._after))


def load_similarity(weights: Weights, placement: Placement) -> SimilarityEngine:
    """Builds the engine from a folder with an encoder whose card has the three numbers of ``Scale``."""
    model, tokenizer = load_encoder(weights, placement)
    defaults = weights.card.defaults
    scale = Scale(*(float(str(defaults[name])) for name in ("temperature", "middle", "spread")))
    return SimilarityEngine(model, tokenizer, placement.device, scale)
