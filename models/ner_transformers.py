"""Entities by a token classifier of transformers, whose labels ``models.ner_spans`` joins.

Long texts are read in overlapping windows; each token counts in the window where it has most context.
A model whose configuration says that a token may have several labels gives entities that overlap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.encoders import Encoder, Row, TorchRuntime, blank_id, logistic, softmax
from models.entities import Entities, Entity, check_text
from models.entity_words import Explaining
from models.errors import InputError
from models.heads import load_head
from models.ner_spans import (
    AGGREGATIONS,
    LayeredDecoder,
    Span,
    SpanDecoder,
    TokenBatch,
    entity_labels,
)
from models.span_decoding import owned_tokens
from models.spec import Placement, Weights
from models.special_tokens import frame, longest_input
from models.stop import NEVER, StopToken
from models.token_readers import placed_reader
from models.windows import windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Tokens shared by neighbouring windows.
OVERLAP = 64


class TransformersNer(Explaining):
    """Finds entities with a token classifier.

    Args:
        model: callable on ``input_ids`` and ``attention_mask``, with ``config.id2label``.
        tokenizer: a fast tokenizer; only called without truncation and padding.
        device: torch device string of the model.
    """

    reentrant = batched = True
    aggregations = AGGREGATIONS

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        self._read = placed_reader(tokenizer)
        runtime = TorchRuntime(model, device, ("logits",))
        self.encoder = Encoder(runtime, device, blank_id(tokenizer, model.config), per_token=True)
        names = model.config.id2label
        self.tags = tuple(str(names[i]) for i in range(len(names)))
        several = getattr(model.config, "problem_type", None) == "multi_label_classification"
        self._decoder = LayeredDecoder if several else SpanDecoder
        self._shares = logistic if several else softmax
        self._before, self._after = frame(tokenizer)
        special = len(self._before) + len(self._after)
        self.max_tokens = longest_input(tokenizer, model.config) - special
        self.memory_bytes = runtime.memory_bytes

    def entities(
        self, text: str, *, stop: StopToken = NEVER, aggregation: str = "simple"
    ) -> Iterator[Entities]:
        """Finds the entities of ``text``, window by window.

        Args:
            text: 1 to ``MAX_CHARACTERS`` characters, not only white space.
            stop: polled all the time.
            aggregation: one of ``AGGREGATIONS``; empty for ``simple``.

        Yields:
            The entities so far; the last result covers the whole text.

        Raises:
            InputError: when the text is empty or too long, or the aggregation unknown.
        """
        check_text(text)
        aggregation = aggregation or "simple"
        if aggregation not in AGGREGATIONS:
            raise InputError(
                f"There is no aggregation {aggregation[:40]!r}.",
                hint=f"Choices: {', '.join(AGGREGATIONS)}.",
            )
        placed = self._read(text)
        offsets, words = placed.offsets, placed.words
        decoder, found = self._decoder(text, self.tags, aggregation), list[Entity]()
        blank = Entities(
            (), entity_labels(self.tags, aggregation), True, aggregation, len(text), 0, 0, 1
        )
        if not offsets:  # nothing but characters that the tokenizer drops
            yield replace(blank, characters_read=len(text), windows=1)
            return
        for rows, tokens, done, total in self._windows(placed.ids, stop):
            part = slice(tokens.start, tokens.stop)
            spans = decoder.push(TokenBatch(offsets[part], words[part], rows))
            last = done == total
            found += [_entity(text, s) for s in [*spans, *(decoder.finish() if last else ())]]
            found.sort(key=lambda entity: (entity.start, -entity.end))
            yield replace(
                blank,
                entities=tuple(found),
                characters_read=len(text) if last else offsets[tokens.stop - 1][1],
                windows=done,
                windows_total=total,
            )

    def _windows(
        self, ids: list[int], stop: StopToken
    ) -> Iterator[tuple[NDArray[np.float32], range, int, int]]:
        """Probabilities (tokens, labels) of each window's own tokens, the tokens, done and total."""
        cuts = windows(len(ids), self.max_tokens, min(OVERLAP, self.max_tokens // 4))
        rows = (Row((*self._before, *ids[start:end], *self._after)) for start, end in cuts)
        read = zip(cuts, owned_tokens(cuts), self.encoder.read(rows, stop), strict=True)
        for done, ((start, _), tokens, (logits,)) in enumerate(read, start=1):
            first = len(self._before) - start
            yield (
                self._shares(logits[first + tokens.start : first + tokens.stop]),
                tokens,
                done,
                len(cuts),
            )


def _entity(text: str, span: Span) -> Entity:
    return Entity(text[span.start : span.end], span.label, span.start, span.end, span.score)


def load_transformers(weights: Weights, placement: Placement) -> TransformersNer:
    """Builds the engine from a standard Hugging Face folder.

    Raises:
        ModelUnsupported: when the folder holds no token classifier or no fast tokenizer.
    """
    model, tokenizer = load_head(
        weights, placement, "ForTokenClassification", "token classifier", "token classification",
        offsets=True,
    )  # fmt: skip
    return TransformersNer(model, tokenizer, placement.device)
