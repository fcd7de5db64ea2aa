"""Vectors of texts as files: CSV, JSON, and NPY for numpy."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import numpy as np

from models.embeddings import Embeddings
from models.spreadsheets import file_bytes, guarded

#: Kinds of files -> their names.
FILES = {"CSV": "embeddings.csv", "JSON": "embeddings.json", "NPY": "embeddings.npy"}


def written(texts: Sequence[str], found: Embeddings) -> tuple[bytes, ...]:
    """The contents of ``FILES``, in their order.

    Args:
        texts: those that were read come first.
        found: their vectors.
    """
    read = list(texts[: len(found.vectors)])
    return _csv(read, found), _json(read, found), _npy(found)


def _csv(texts: Sequence[str], found: Embeddings) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["text", *(f"v{n}" for n in range(1, found.dimensions + 1))])
    for text, row in zip(texts, found.vectors, strict=True):
        writer.writerow([guarded(text), *map(rounded, row)])
    return file_bytes(FILES["CSV"], buffer.getvalue())


def _json(texts: Sequence[str], found: Embeddings) -> bytes:
    facts = {
        "dimensions": found.dimensions,
        "pooling": list(found.recipe.pooling),
        "normalised": found.recipe.normalised,
        "prefix": found.prefix,
        "texts": list(texts),
        "vectors": [[rounded(value) for value in row] for row in found.vectors],
    }
    return json.dumps(facts, ensure_ascii=False).encode("utf-8", "replace")


def _npy(found: Embeddings) -> bytes:
    """(texts, dimensions) float32, as ``numpy.load`` reads it."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(found.vectors), allow_pickle=False)
    return buffer.getvalue()


def rounded(value: float) -> float:
    """A float32's nine significant digits, which bring back the same float32."""
    return float(f"{float(value):.9g}")
