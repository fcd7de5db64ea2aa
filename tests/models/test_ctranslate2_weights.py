"""Reading CTranslate2's weight files, byte by byte."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from models.errors import ModelBroken
from models.starter.ctranslate2_weights import read_weights


def text(value):
    raw = value.encode() + b"\0"
    return struct.pack("<H", len(raw)) + raw


def variable(name, array, kind):
    head = text(name) + struct.pack("<B", array.ndim) + struct.pack(f"<{array.ndim}I", *array.shape)
    return head + struct.pack("<BI", kind, array.nbytes) + array.tobytes()


def file(*variables, version=6, name="WhisperSpec"):
    head = struct.pack("<I", version) + text(name) + struct.pack("<II", 3, len(variables))
    return head + b"".join(variables) + struct.pack("<I", 0)


def test_names_shapes_and_types_come_back(tmp_path):
    path = tmp_path / "model.bin"
    matrix, scale = np.arange(6, dtype="<f2").reshape(2, 3), np.array(5, "<i4")
    path.write_bytes(file(variable("a/weight", matrix, 4), variable("a/scale", scale, 3)))
    found = read_weights(path, "WhisperSpec")
    assert np.array_equal(found["a/weight"], matrix)
    assert found["a/scale"].shape == ()
    assert int(found["a/scale"]) == 5


@pytest.mark.parametrize(
    "content",
    [
        file(version=5),
        file(name="TransformerSpec"),
        file(variable("a", np.zeros(4, "<f4"), 0))[:-12],
        file(variable("a", np.zeros(4, "<f4"), 9)),
        b"",
    ],
    ids=["version", "specification", "cut off", "unknown type", "empty"],
)
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(ModelBroken):
        read_weights(tmp_path / "model.bin", "WhisperSpec")
