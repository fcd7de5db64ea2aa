"""Which files of a repository a loader needs, and what kinds of weights it has to offer."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from pathlib import PurePosixPath

from models.errors import ModelUnsupported
from models.hub.facts import HubFile
from models.hub.parts import LORA, VARIANTS

#: Files that a transformers or diffusers folder needs: tensors, configuration, vocabularies.
NEEDED = (
    "*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken", "*.spm",
    "speaker_embeddings/*.npy",  # Bark's voices
)  # fmt: skip
#: Pickles of weights; other pickles, such as an optimizer's state, are never wanted.
_PICKLED = ("pytorch_model*.bin",)
#: Duplicates of the same weights for other frameworks or uses.
_NEVER = ("*.onnx", "onnx/*", "openvino/*", "*.msgpack", "*.h5", "*.tflite", "original/*", "*.gguf")
#: What else a repository may hold: ending -> what people call it.
_OTHER = {
    ".gguf": "GGUF, for llama.cpp",
    ".onnx": "ONNX",
    ".ckpt": "a training checkpoint",
    ".pth": "pickled PyTorch files of its own kind",
    ".pt": "pickled PyTorch files of its own kind",
    ".h5": "TensorFlow",
    ".msgpack": "Flax",
}


def choose(
    files: Sequence[HubFile], patterns: tuple[str, ...], parts: Sequence[str] = ()
) -> list[HubFile]:
    """What to fetch: safetensors where there are any, pickles only where not.

    Args:
        files: everything in the repository.
        patterns: file patterns of the engine; empty for the usual ones.
        parts: folders of a pipeline that its index says to load; empty where that is not known.

    Raises:
        ModelUnsupported: when there is nothing that the loader could read.
    """
    if patterns:
        chosen = [file for file in files if _matches(file.name, patterns)]
        if not chosen:
            raise ModelUnsupported(
                f"The repository has none of the files {', '.join(patterns[:4])}.",
                hint="Choose a repository made for this kind of model.",
            )
        return chosen
    plain = [file for file in files if not _matches(file.name, (*_NEVER, *VARIANTS))]
    has_tensors = any(file.name.endswith(".safetensors") for file in plain)
    wanted = NEEDED if has_tensors else (*NEEDED, *_PICKLED)
    chosen = [file for file in plain if _matches(file.name, wanted)]
    if _in_parts(files, chosen):
        # a diffusers folder: single-file checkpoints at the top repeat the parts below
        chosen = [f for f in chosen if "/" in f.name or not f.name.endswith(".safetensors")]
        if parts:
            kept = {*parts, LORA}
            chosen = [f for f in chosen if "/" not in f.name or f.name.split("/")[0] in kept]
    if not any(file.name.endswith((".safetensors", ".bin")) for file in chosen):
        raise _no_weights(files)
    return chosen


def only_pickled(chosen: Sequence[HubFile]) -> bool:
    """Whether the weights come as pickles: they are read without running what they hold."""
    names = [file.name for file in chosen]
    return not any(n.endswith(".safetensors") for n in names) and any(
        n.endswith(".bin") for n in names
    )


def _in_parts(files: Sequence[HubFile], chosen: Sequence[HubFile]) -> bool:
    parts = any("/" in f.name and f.name.endswith(".safetensors") for f in chosen)
    return parts and any(f.name == "model_index.json" for f in files)


def _no_weights(files: Sequence[HubFile]) -> ModelUnsupported:
    endings = {PurePosixPath(file.name).suffix for file in files}
    others = sorted({kind for ending, kind in _OTHER.items() if ending in endings})
    only = f" It has {' and '.join(others)} only." if others else ""
    return ModelUnsupported(
        f"The repository holds no safetensors and no PyTorch weights.{only}",
        hint="Choose a repository with transformers or diffusers weights, often the one it was made from.",
    )


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    last = PurePosixPath(name).name
    return any(fnmatch.fnmatch(name, p) or fnmatch.fnmatch(last, p) for p in patterns)
