"""Starter for text to speech: the hibari voice "heart", from the package hibari-tts.

The network is copied into the cache; the pronunciation files stay in the package, whose code reads
them. All of them are checked.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from models.spec import ModelCard
from models.starter.recipe import PackageFile, Starter


def _build(paths: Mapping[str, Path], out: Path) -> None:
    """Copies the network; everything else is only there to be checked."""
    shutil.copyfile(paths["hibari.onnx"], out / "hibari.onnx")


def _asset(name: str, sha256: str) -> PackageFile:
    return PackageFile("hibari-tts", "0.2.1", f"hibari/assets/{name}", sha256)


#: The network and the pronunciation files: lexicons, taggers, networks for unknown words.
_ASSETS = {
    "hibari.onnx": "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
    "normalize.json": "d478ff05404bc43ac3e0468e306674e51085f1b1afc94cdef7c7ea4fb0d56bd8",
    "oov.json": "b462e6e5dbdf0e7346c732385d0dd844f612f1770871441c56932bff4ca75d8c",
    "oov.onnx": "d3cfd8122c5f172a98c8de38268bf1213ee09f2c2ae4df6e055fc6532590fe76",
    "oov_gb.json": "e29077fc3548f08f2fab82a87e03309f614658d91d0ba464e653265e9a4d0cad",
    "oov_gb.onnx": "0997e3219543247de5646078d770f8ca77011d8fd0abb29fe48d12c60f53e9e1",
    "tagger.json.gz": "d2da7502284bbbe45d49e0b7ce3ce67bdab82254150f4317f1b8559b4d38d0eb",
    "vocab.json": "70abefbe8a1c8865e43e0a43bbdc25b91a33e4aa053479d443ccf23e20a59e5d",
}

STARTERS = (
    Starter(
        card=ModelCard(
            id="starter/hibari",
            capability="text_to_speech",
            engine="hibari",
            title="hibari Heart",
            licence="Apache-2.0",
            languages=("en",),
            size_bytes=11_854_622,
            parameters=6_150_000,
            original="maureesewilliams/hibari, distilled from hexgrad/Kokoro-82M (af_heart)",
            notes=(
                "A clear American English voice, far quicker than real time on one core. Its British "
                "accent is the same voice with British pronunciations; four of their vowels, which it never "
                "learnt, sound like the nearest American ones. "
                "Flat in long sentences; no other languages."
            ),
            defaults={"voices": ["Heart, American", "Heart, British accent"], "speeds": [0.5, 2.0]},
            tier="starter",
        ),
        files={name: _asset(name, digest) for name, digest in _ASSETS.items()},
        build=_build,
    ),
)
