"""Entities by a token classifier of transformers, whose labels ``models.ner_spans`` joins.

Long texts are read in overlapping windows; each token counts in the window where it has most context.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from models.device import tensor_bytes
from models.entities import Entities, Entity, check_text
from models.errors import InputError
from models.heads import load_head
from models.ner_spans import AGGREGATIONS, Span, SpanDecoder, TokenBatch, entity_labels
from models.span_decoding import owned_tokens
from models.spec import Placement, Weights
from models.special_tokens import frame, longest_input
from models.stop import NEVER, StopToken
from models.windows import windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Tokens shared by neighbouring windows.
OVERLAP = 64
#: Windows read in one pass of the network on a GPU; a CPU takes one at a time.
BATCH = 8


class TransformersNer:
    """Finds entities with a token classifier.

    Args:
        model: callable on ``input_ids`` and ``attention_mask``, with ``config.id2label``.
        tokenizer: a fast tokenizer; only called without truncation and padding.
        device: torch device string of the model.
    """

    reentrant = True
    aggregations = AGGREGATIONS

    def __init__(self, model: Any, tokenizer: Any, device: str) -> None:
        self._model, self._tokenizer, self._device = model, tokenizer, device
        names = model.config.id2label
        self.tags = tuple(str(names[i]) for i in range(len(names)))
        self._before, self._after = frame(tokenizer)
        special = len(self._before) + len(self._after)
        self.max_tokens = longest_input(tokenizer, model.config) - special
        self.memory_bytes = tensor_bytes(model)

    def entities(
        self, text: str, *, stop: StopToken = NEVER, aggregation: str = "simple"
    ) -> Iterator[Entities]:
        """Finds the entities of ``text``, window by window.

        Args:
            text: 1 to ``MAX_CHARACTERS`` characters, not only white space.
            stop: polled between windows.
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
        encoded = self._tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        offsets, words = encoded["offset_mapping"], encoded.word_ids()
        decoder, found = SpanDecoder(text, self.tags, aggregation), list[Entity]()
        blank = Entities(
            (), entity_labels(self.tags, aggregation), True, aggregation, len(text), 0, 0, 1
        )
        if not offsets:  # nothing but characters that the tokenizer drops
            yield replace(blank, characters_read=len(text), windows=1)
            return
        for rows, tokens, done, total in self._windows(encoded["input_ids"], stop):
            part = slice(tokens.start, tokens.stop)
            spans = decoder.push(TokenBatch(offsets[part], words[part], rows))
            last = done == total
            found += [_entity(text, s) for s in [*spans, *(decoder.finish() if last else ())]]
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
        own = owned_tokens(cuts)
        batch = 1 if self._device == "cpu" else BATCH
        for since in range(0, len(cuts), batch):
            stop.check()
            group = cuts[since : since + batch]
            rows = self._probabilities([ids[start:end] for start, end in group])
            for number, (start, _) in enumerate(group):
                tokens = own[since + number]
                mine = rows[number, tokens.start - start : tokens.stop - start]
                yield mine, tokens, since + number + 1, len(cuts)

    def _probabilities(self, parts: Sequence[list[int]]) -> NDArray[np.float32]:
        """(windows, tokens, labels) float32, special tokens left out; the parts are equally long."""
        import torch

        ids = torch.tensor(
            [[*self._before, *part, *self._after] for part in parts], device=self._device
        )  # (windows, tokens)
        with torch.inference_mode():
            logits = self._model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        scores = logits.float().softmax(-1).cpu().numpy()
        first = len(self._before)
        found: NDArray[np.float32] = scores[:, first : first + len(parts[0])]
        return found


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
