"""Reads the weights of a CTranslate2 ``model.bin``, version 6, as NumPy arrays.

Layout (github.com/OpenNMT/CTranslate2, python/ctranslate2/specs/model_spec.py, ``_serialize``), all
little-endian: version u32; specification name; its revision u32; count u32; then per variable its
name, rank u8, dimensions u32 each, type u8, bytes u32 and data; then count u32 and pairs of aliases.
A string is its length u16, with the closing zero byte, and the bytes.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelBroken

VERSION = 6
_TYPES = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}


def read_weights(path: Path, specification: str) -> dict[str, NDArray[np.generic]]:
    """Every variable of the file by name, scalars as arrays of rank 0.

    Args:
        path: the ``model.bin``.
        specification: name that the file must carry, such as ``WhisperSpec``.

    Raises:
        ModelBroken: for another version, another specification or a file that ends too soon.
    """
    try:
        with path.open("rb") as stream:
            version, name = _number(stream, "<I"), _string(stream)
            if (version, name) != (VERSION, specification):
                raise ModelBroken(
                    f"{path.name} is {name} version {version}, not {specification} {VERSION}."
                )
            _number(stream, "<I")  # revision of the specification
            return dict(_variable(stream) for _ in range(_number(stream, "<I")))
    except (struct.error, KeyError, ValueError) as error:
        raise ModelBroken(f"{path.name} is no CTranslate2 model or is cut off.") from error


def _variable(stream: BinaryIO) -> tuple[str, NDArray[np.generic]]:
    name = _string(stream)
    shape = [_number(stream, "<I") for _ in range(_number(stream, "<B"))]
    kind = _TYPES[_number(stream, "<B")]
    data = stream.read(_number(stream, "<I"))
    return name, np.frombuffer(data, kind).reshape(shape)


def _string(stream: BinaryIO) -> str:
    return stream.read(_number(stream, "<H")).rstrip(b"\0").decode()


def _number(stream: BinaryIO, kind: str) -> int:
    return int(struct.unpack(kind, stream.read(struct.calcsize(kind)))[0])
