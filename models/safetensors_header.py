"""Sizes weights without reading them: safetensors headers say shapes and dtypes up front.

Format: 8 bytes little-endian length, then JSON ``name -> {dtype, shape, data_offsets}``
(huggingface.co/docs/safetensors).
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from models.errors import ModelBroken
from models.hub.parts import INDEX, is_variant, named_parts

#: The library's own limit on a header, in bytes.
MAX_HEADER_BYTES = 100_000_000
_FLOATS = {"F64", "F32", "F16", "BF16"}
_TARGET_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_WEIGHT_SUFFIXES = (".bin", ".onnx", ".gguf", ".pt", ".npz")


def file_bytes(path: Path, dtype: str) -> int:
    """Memory of one file's tensors once floats are cast to ``dtype``; other dtypes stay.

    Raises:
        ModelBroken: when the header is no safetensors header.
    """
    total = 0
    for entry in read_header(path).values():
        start, end = entry["data_offsets"]
        size = end - start
        if entry["dtype"] in _FLOATS:
            size = _numel(entry["shape"]) * _TARGET_BYTES[dtype]
        total += size
    return total


def read_header(path: Path) -> dict[str, dict[str, Any]]:
    """Name -> dtype, shape and offsets of every tensor; the file's metadata entry left out.

    Raises:
        ModelBroken: when the file is too short or the header is no JSON object.
    """
    with path.open("rb") as stream:
        prefix = stream.read(8)
        length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else MAX_HEADER_BYTES + 1
        if length > MAX_HEADER_BYTES:
            raise ModelBroken(f"{path.name} is no safetensors file.", hint="Download it again.")
        try:
            header = json.loads(stream.read(length))
        except ValueError as error:
            raise ModelBroken(
                f"{path.name} has a damaged header.", hint="Download it again."
            ) from error
    header.pop("__metadata__", None)
    return dict(header)


def folder_bytes(folder: Path, dtype: str) -> int:
    """Estimated memory of all weights below ``folder``; 0 when there are none.

    Where a folder holds safetensors, other weight formats beside them are not counted: loaders
    take safetensors first. Of a diffusers pipeline only the parts that its index names are.
    """
    parts = part_bytes(folder, dtype)
    if parts:
        return sum(parts.values())
    tensors = list(folder.rglob("*.safetensors"))
    if tensors:
        return sum(file_bytes(path, dtype) for path in tensors)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.suffix in _WEIGHT_SUFFIXES)


def part_bytes(folder: Path, dtype: str) -> dict[str, int]:
    """Estimated memory of each part of a diffusers pipeline by name; empty for any other folder.

    Raises:
        ModelBroken: when its index can't be read.
    """
    index = folder / INDEX
    if not index.is_file():
        return {}
    try:
        names = named_parts(json.loads(index.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ModelBroken(f"{INDEX} is damaged.", hint="Download it again.") from error
    return {
        name: sum(
            file_bytes(path, dtype)
            for path in (folder / name).glob("*.safetensors")
            if not is_variant(path.name)
        )
        for name in names
    }


def _numel(shape: list[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
