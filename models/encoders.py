"""Reads rows of tokens with an encoder network, many callers' rows in one pass.

The engines of short texts (sentiment, entities, answers, embeddings) cut and frame their tokens and
get arrays back; how rows are padded, batched and computed is here. The network itself is a
``Runtime``: torch, or one of the quicker variants of ``models.variants``, and may be exchanged while
it serves.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from models.batching import Lane
from models.caller import current
from models.stop import NEVER, StopToken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

#: How far an output may move when a row is padded, as a share of the largest one: float32 moves
#: by 1e-5, bfloat16 by up to 2e-2; a network that does not mask its padding moves by far more.
PADDING_TOLERANCE = 0.05


#: Tokens of a row beyond which every network has room for a quarter more: none reads so few.
_SHORT = 12


@dataclass(frozen=True)
class Row:
    """Tokens that are read together, special tokens included.

    Attributes:
        ids: token ids, 1 or more.
        segments: token type of each; None for networks without them.
    """

    ids: tuple[int, ...]
    segments: tuple[int, ...] | None = None


class Runtime(Protocol):
    """What computes the network.

    Attributes:
        name: the variant, such as ``torch float32``, for the metrics line.
        memory_bytes: what it occupies.
        fields: the outputs that it gives, in order.
    """

    name: str
    memory_bytes: int
    fields: tuple[str, ...]

    def run(
        self, ids: NDArray[np.int64], mask: NDArray[np.int64], segments: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.float32], ...]:
        """One pass: (rows, tokens) each in, one array of (rows, ...) float32 for each field out."""
        ...


class TorchRuntime:
    """A transformers network as it is.

    Args:
        model: callable on ``input_ids``, ``attention_mask`` and maybe ``token_type_ids``.
        device: torch device string of the model.
        fields: attributes of its output that are wanted, in order.
    """

    def __init__(self, model: Any, device: str, fields: Sequence[str]) -> None:
        from models.device import tensor_bytes

        self.model, self._device, self.fields = model, device, tuple(fields)
        self.memory_bytes = tensor_bytes(model)
        dtype = str(getattr(model, "dtype", "")).removeprefix("torch.")
        self.name = f"torch {dtype}".strip()

    def run(
        self, ids: NDArray[np.int64], mask: NDArray[np.int64], segments: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.float32], ...]:
        """See ``Runtime``."""
        import torch

        inputs = {"input_ids": ids, "attention_mask": mask}
        if segments is not None:
            inputs["token_type_ids"] = segments
        with torch.inference_mode():
            tensors = {k: torch.from_numpy(v).to(self._device) for k, v in inputs.items()}
            output = self.model(**tensors)
            return tuple(getattr(output, name).float().cpu().numpy() for name in self.fields)


class Encoder:
    """A network, its lane in the batcher, and the runtime that computes it now.

    Args:
        runtime: computes the network.
        device: torch device string: rows of one device share its executor.
        pad: id of the token that fills rows up; the network must ignore it under the mask.
        per_token: whether the fields have one entry a token, (rows, tokens, ...), which is cut to
            the row's length; else one a row.
        vectors: whether directions are the result, and not the likeliest of several choices.
    """

    def __init__(
        self, runtime: Runtime, device: str, pad: int, *, per_token: bool, vectors: bool = False
    ) -> None:
        self.vectors = vectors
        self.runtime, self._pad, self._per_token = runtime, pad, per_token
        self._lane: Lane[Row, tuple[NDArray[np.float32], ...]] = Lane(
            self._pass, lambda row: len(row.ids), device
        )
        self._probed = False
        self._swap = threading.Lock()

    def read(
        self, rows: Iterable[Row], stop: StopToken = NEVER
    ) -> Iterator[tuple[NDArray[np.float32], ...]]:
        """The network's fields for each row, in order; each (tokens, ...) or (...) float32.

        Args:
            rows: taken as they are needed, a bounded number ahead.
            stop: polled all the time.

        Raises:
            Stopped: Stop was asked for.
        """
        caller = current()
        if caller is not None:
            caller.tally.variant = self.runtime.name
        return self._lane.read(rows, stop)

    def one(self, row: Row, stop: StopToken = NEVER) -> tuple[NDArray[np.float32], ...]:
        """The fields of one row; see ``read``."""
        return next(self.read([row], stop))

    def exchange(self, runtime: Runtime) -> None:
        """Computes with another variant from the next pass on."""
        with self._swap:
            log.info("%s -> %s", self.runtime.name, runtime.name)
            self.runtime = runtime

    def variant(self, folder: Path, fields: tuple[str, ...], name: str) -> Runtime:
        """One of the network's variants, from the folder that ``models.variants`` keeps them in."""
        from models.variants_openvino import OpenVinoRuntime

        return OpenVinoRuntime(folder, fields, name.partition("-")[2])

    def _pass(self, rows: Sequence[Row]) -> list[tuple[NDArray[np.float32], ...]]:
        with self._swap:
            runtime = self.runtime
        if len(rows) > 1 and not self._probed:
            self._probe(runtime, rows[0])
            if not self._lane.pads:
                return [self._pass([row])[0] for row in rows]
        fields = runtime.run(*padded(rows, self._pad))
        return [
            tuple(field[i, : len(row.ids)] if self._per_token else field[i] for field in fields)
            for i, row in enumerate(rows)
        ]

    def _probe(self, runtime: Runtime, row: Row) -> None:
        """Finds out, once, whether rows may be padded: some networks look at the last place."""
        self._probed = True
        try:
            moved = _moved_by_padding(runtime, row, self._pad)
        except (ValueError, RuntimeError, IndexError) as error:
            log.warning("%s reads one row at a time: %s", runtime.name, error)
            self._lane.pads, self._lane.max_rows = False, 1
            return
        if not moved <= PADDING_TOLERANCE:
            log.warning("%s changes with padding: rows of one length only", runtime.name)
            self._lane.pads = False


def pooled(
    encoder: Encoder, rows: Iterable[Row], stop: StopToken = NEVER
) -> Iterator[NDArray[np.float32]]:
    """The vector of each row: the mean over its tokens, scaled to length 1; (width,) float32.

    Args:
        encoder: whose one field has an entry for each token.
        rows: see ``Encoder.read``.
        stop: polled all the time.
    """
    import numpy as np

    for (hidden,) in encoder.read(rows, stop):  # (tokens, width)
        mean = hidden.mean(0)
        yield mean / max(float(np.linalg.norm(mean)), 1e-12)


def padded(
    rows: Sequence[Row], pad: int, width: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64] | None]:
    """Ids, mask and segments of the rows, each (rows, tokens) int64, filled up at the right.

    Args:
        rows: 1 or more, all with segments or none.
        pad: id that fills up.
        width: tokens of the longest row, or more.
    """
    import numpy as np

    width = max(width, *(len(row.ids) for row in rows))

    def filled(values: Sequence[int], filler: int) -> tuple[int, ...]:
        return (*values, *(filler,) * (width - len(values)))

    ids = np.array([filled(row.ids, pad) for row in rows], np.int64)
    mask = np.array([filled((1,) * len(row.ids), 0) for row in rows], np.int64)
    if rows[0].segments is None:
        return ids, mask, None
    segments = np.array([filled(row.segments or (), 0) for row in rows], np.int64)
    return ids, mask, segments


def _moved_by_padding(runtime: Runtime, row: Row, pad: int) -> float:
    """How far outputs move when a row is padded, as a share of the largest one.

    A long row is looked at without its last quarter: it may be as long as the network reads.
    """
    import numpy as np

    length = len(row.ids) if len(row.ids) <= _SHORT else len(row.ids) * 3 // 4
    row = Row(row.ids[:length], row.segments and row.segments[:length])
    alone = runtime.run(*padded([row], pad))
    filled = runtime.run(*padded([row, row], pad, length + max(2, length // 4)))
    moved = 0.0
    for one, many in zip(alone, filled, strict=True):
        other = many[0, :length] if one.ndim > 1 and one.shape[1] == length else many[0]
        scale = float(np.abs(one[0]).max(initial=1e-3))
        moved = max(moved, float(np.abs(one[0] - other).max(initial=0.0)) / scale)
    return moved


def blank_id(tokenizer: Any, config: Any) -> int:
    """The token that stands for nothing: the network's own, else the tokenizer's, else its end."""
    for found in (getattr(config, "pad_token_id", None), tokenizer.pad_token_id):
        if found is not None:
            return int(found)
    return int(tokenizer.eos_token_id or 0)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shares that sum to 1 along the last axis, of the same shape and dtype; no overflow."""
    import numpy as np

    weights = np.exp(logits - logits.max(-1, keepdims=True))
    shares: NDArray[np.float32] = weights / weights.sum(-1, keepdims=True)
    return shares


def logistic(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 / (1 + e^-x), which never overflows: shares that are independent."""
    import numpy as np

    shares: NDArray[np.float32] = ((np.tanh(values / 2) + 1) / 2).astype(np.float32)
    return shares
