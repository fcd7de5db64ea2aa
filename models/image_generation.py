"""Image generation: loads any diffusers text-to-image pipeline as an engine that draws.

Papers: latent diffusion (Rombach et al. 2022), flow matching (Lipman et al. 2023).
Model card of the starter: models/starter/weights/image/card.json.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from models.device import tensor_bytes
from models.errors import ModelUnsupported
from models.image_engine import ImageEngine
from models.image_lora import SCALE, fuse, lora_files
from models.image_memory import choose, cuda_capacity_bytes, device_need, settle
from models.image_pipelines import abilities
from models.image_previews import Painter
from models.image_sources import share_offloading, twin
from models.safetensors_header import part_bytes
from models.spec import Placement, Weights
from models.token_loading import forget_words


def parts(pipe: Any) -> list[Any]:
    """The networks of a pipeline."""
    return [part for part in pipe.components.values() if hasattr(part, "parameters")]


def load(weights: Weights, placement: Placement) -> ImageEngine:
    """Builds the engine from a diffusers folder.

    Raises:
        ModelUnsupported: when the folder holds no text-to-image pipeline of diffusers.
    """
    _check_folder(weights)
    import torch
    from diffusers import DiffusionPipeline

    pipe = DiffusionPipeline.from_pretrained(
        weights.folder,
        dtype=getattr(torch, placement.dtype),
        local_files_only=True,
        use_safetensors=True,
    )
    for part in pipe.components.values():
        forget_words(part)
    can = abilities(pipe, weights.card.defaults)
    loras = _fused(pipe, weights)
    from_picture = twin(pipe)
    memory = choose([tensor_bytes(part) for part in parts(pipe)], placement.device)
    readable = hasattr(getattr(pipe, "vae", None), "encode")
    painter = Painter(pipe, away=memory.offloads) if readable else None
    settle(pipe, memory, placement.device)
    if from_picture is not None:
        share_offloading(pipe, from_picture)
    return ImageEngine(pipe, can, weights, memory, painter, from_picture, _concepts(weights), loras)


def estimate_bytes(
    weights: Weights,
    placement: Placement,
    capacity_bytes: Callable[[str], int] = cuda_capacity_bytes,
) -> int:
    """Bytes of its device that the pipeline will keep: of a GPU that is too small, a part at a time.

    Args:
        weights: its folder; only the parts that its index names are loaded.
        placement: where it is to be built.
        capacity_bytes: asked for a CUDA device only; the seam for tests.
    """
    sizes = list(part_bytes(weights.folder, placement.dtype).values())
    if not placement.device.startswith("cuda"):
        return sum(sizes) or weights.card.size_bytes
    return device_need(sizes, capacity_bytes(placement.device))


def _fused(pipe: Any, weights: Weights) -> tuple[str, ...]:
    """Adds the LoRA files in the model's folder; a line for each."""
    scale = float(str(weights.card.defaults.get(SCALE, 1.0)))
    files = lora_files(weights.folder)
    for path in files:
        fuse(pipe, path, scale)
    return tuple(f"{path.stem} at {scale:g}" for path in files)


def _check_folder(weights: Weights) -> None:
    """Refuses what diffusers would fail on with words that help nobody."""
    index = weights.folder / "model_index.json"
    if not index.is_file():
        raise ModelUnsupported(
            f"{weights.card.id} is no diffusers pipeline: model_index.json is missing.",
            hint="Choose a text-to-image model in diffusers' folder layout.",
        )
    import diffusers

    name = json.loads(index.read_text(encoding="utf-8")).get("_class_name")
    kind = getattr(diffusers, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, diffusers.DiffusionPipeline)):
        raise ModelUnsupported(
            f"{weights.card.id} asks for {name!r}, which is no pipeline of this diffusers.",
            hint="Choose a model that runs without code of its own.",
        )
    if not any(weights.folder.glob("*/*.safetensors")):
        raise ModelUnsupported(
            f"{weights.card.id} has no safetensors weights.", hint="Choose another version of it."
        )


def _concepts(weights: Weights) -> tuple[str, ...]:
    """What a starter knows, from the model card in its folder."""
    card = weights.folder / "card.json"
    if not (weights.card.is_starter and card.is_file()):
        return ()
    return tuple(json.loads(card.read_text(encoding="utf-8"))["concepts"])


LOADERS: dict[str, Callable[[Weights, Placement], ImageEngine]] = {"diffusers": load}
