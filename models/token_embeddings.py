"""The first layer of a model: a table with one vector for each token id. Read straight from its file.

Rows are mapped from a safetensors file and turned into float32 a block at a time, so that the table
of a large model never has to fit into memory. Imports no torch.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import InputError, ModelError
from models.safetensors_header import read_header
from models.similarity import unit
from models.spec import Work
from models.tokens import Token

log = logging.getLogger(__name__)

#: How the table is named in the families of transformers, without what stands before.
NAMES = (
    "word_embeddings.weight", "embed_tokens.weight", "wte.weight", "shared.weight",
    "tok_embeddings.weight", "embed_in.weight",
)  # fmt: skip
#: Tokens whose vectors are looked up at once, neighbours of each, rows compared at a time.
MAX_TOKENS, NEIGHBOURS, BLOCK = 12, 8, 8192
_DTYPES: dict[str, tuple[str, int]] = {"F32": ("<f4", 4), "F16": ("<f2", 2), "BF16": ("<u2", 2)}


@dataclass(frozen=True)
class Neighbour:
    """A token whose vector points the same way.

    Attributes:
        id: its number.
        piece: its text.
        cosine: -1 to 1.
    """

    id: int
    piece: str
    cosine: float


@dataclass(frozen=True)
class Vector:
    """A token's row of the table.

    Attributes:
        token: of the text.
        values: float32, one a dimension.
        nearest: other tokens by falling cosine.
    """

    token: Token
    values: tuple[float, ...]
    nearest: tuple[Neighbour, ...]


@dataclass(frozen=True)
class Embedded:
    """A text's tokens with their vectors.

    Attributes:
        vectors: one for each of the first ``MAX_TOKENS`` tokens.
        left: tokens beyond those.
        rows: vectors in the table.
        dimensions: numbers in each.
        tensor: name of the table in its file.
    """

    vectors: tuple[Vector, ...]
    left: int
    rows: int
    dimensions: int
    tensor: str

    @property
    def work(self) -> Work:
        """Vectors looked up."""
        return Work(len(self.vectors), "vectors")


class EmbeddingTable:
    """A table of (rows, dimensions) numbers in a file.

    Args:
        path: a safetensors file.
        name: tensor of two dimensions, float32, float16 or bfloat16.

    Attributes:
        file: name of the file.
    """

    def __init__(self, path: Path, name: str) -> None:
        entry = read_header(path)[name]
        self.name, self.file = name, path.name
        self.rows, self.dimensions = entry["shape"]
        dtype, _ = _DTYPES[entry["dtype"]]
        self._is_bfloat16 = entry["dtype"] == "BF16"
        with path.open("rb") as stream:
            start = 8 + int.from_bytes(stream.read(8), "little") + entry["data_offsets"][0]
        shape = (self.rows, self.dimensions)
        self._table = np.memmap(path, np.dtype(dtype), "r", start, shape)

    def block(self, at: slice | Sequence[int]) -> NDArray[np.float32]:
        """Rows as (rows, dimensions) float32."""
        rows = np.asarray(self._table[at])
        if self._is_bfloat16:  # the upper half of a float32
            widened: NDArray[np.float32] = (rows.astype(np.uint32) << 16).view(np.float32)
            return widened
        return rows.astype(np.float32)

    def nearest(self, ids: Sequence[int], count: int) -> list[list[tuple[int, float]]]:
        """For each id the ``count`` other ids with the highest cosine, with it."""
        wanted = unit(self.block(list(ids)))
        scores = np.empty((len(ids), self.rows), np.float32)
        for start in range(0, self.rows, BLOCK):
            part = unit(self.block(slice(start, start + BLOCK)))
            scores[:, start : start + len(part)] = wanted @ part.T
        found = []
        for row, number in zip(scores, ids, strict=True):
            row[number] = -2.0
            top = np.argsort(row)[::-1][:count]
            found.append([(int(i), float(row[i])) for i in top])
        return found


def find_table(folder: Path, rows: int) -> EmbeddingTable | None:
    """The embedding table among a folder's safetensors files; None when there is none.

    Args:
        folder: of a model.
        rows: ids that it must have a vector for.
    """
    for path in sorted(folder.glob("*.safetensors")):
        for name, entry in read_header(path).items():
            shape: list[Any] = entry["shape"]
            fits = len(shape) == 2 and shape[0] >= rows and entry["dtype"] in _DTYPES
            if fits and name.endswith(NAMES):
                return EmbeddingTable(path, name)
    return None


def has_table(folder: Path | None) -> bool:
    """Whether a folder on this disk holds an embedding table, as far as its files' headers tell."""
    try:
        return folder is not None and folder.is_dir() and find_table(folder, 1) is not None
    except ModelError as error:  # a damaged file; a run on the model says what is wrong
        log.info("no table in %s: %s", folder, error)
        return False


def look_up(table: EmbeddingTable | None, tokens: Sequence[Token], piece_of: Any) -> Embedded:
    """Vectors and neighbours of the first ``MAX_TOKENS`` tokens.

    Args:
        table: of the model, or None.
        tokens: of a text.
        piece_of: id -> text of the token, or None for a row that is no token.

    Raises:
        ModelError: when the model came without its table.
        InputError: when there are no tokens.
    """
    if table is None:
        raise ModelError(
            "Only the tokenizer of this model is here, not its embedding table.",
            hint="Choose MiniLM or a local folder with the weights; those of a model of the Hub are "
            "on this disk once it has run in another tab.",
        )
    some = tokens[:MAX_TOKENS]
    if not some:
        raise InputError("The text has no tokens.", hint="Write a word.")
    ids = [token.id for token in some]
    values = table.block(ids)
    nearest = table.nearest(ids, NEIGHBOURS)
    vectors = tuple(
        Vector(
            token, tuple(float(v) for v in row),
            tuple(Neighbour(i, piece_of(i) or f"row {i}", cosine) for i, cosine in near),
        )
        for token, row, near in zip(some, values, nearest, strict=True)
    )  # fmt: skip
    return Embedded(vectors, len(tokens) - len(some), table.rows, table.dimensions, table.name)


def write_table(source: Path, name: str, out: Path) -> None:
    """Copies one tensor of a safetensors file into a file of its own."""
    entry = read_header(source)[name]
    start, end = entry["data_offsets"]
    with source.open("rb") as stream:
        stream.seek(8 + int.from_bytes(stream.read(8), "little") + start)
        data = stream.read(end - start)
    head = {name: {**entry, "data_offsets": [0, len(data)]}}
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)  # the format wants the data aligned
    out.write_bytes(len(text).to_bytes(8, "little") + text + data)
