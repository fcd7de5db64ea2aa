"""LoRA weights on top of a pipeline: small matrices that are added to its layers while it is built.

Each layer's weight becomes ``W + scale * alpha / rank * up @ down`` (Hu et al. 2021). Adding them once
costs no memory and no time while drawing, needs no further library, and serves text-to-image and
image-to-image alike, since both share the networks. Files lie in the folder ``lora`` of a model.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.errors import ModelUnsupported
from models.hub.parts import LORA

log = logging.getLogger(__name__)

#: Folder inside a model's folder, and the name in a card's defaults for how strongly they act.
FOLDER, SCALE = LORA, "lora_scale"
#: Ends of the names of the two matrices in the layouts of diffusers, peft and kohya.
_ROLES = (
    (re.compile(r"[._]lora(_A\.default|_A|\.down|_down)\.weight$"), "down"),
    (re.compile(r"[._]lora(_B\.default|_B|\.up|_up)\.weight$"), "up"),
    (re.compile(r"\.alpha$"), "alpha"),
)
#: Starts of names that say which network is meant, without the dots.
_NETWORKS = {
    "lora_te1_": "text_encoder_", "lora_te2_": "text_encoder_2_", "lora_te_": "text_encoder_",
    "lora_unet_": "unet_", "lora_transformer_": "transformer_", "base_model_model_": "",
}  # fmt: skip


#: The matrices for one layer, by their role.
_Pair = dict[str, Any]


def lora_files(folder: Path) -> list[Path]:
    """The LoRA files of a model's folder, by name."""
    return sorted((folder / FOLDER).glob("*.safetensors"))


def fuse(pipe: Any, path: Path, scale: float = 1.0) -> int:
    """Adds one LoRA file to a pipeline's layers, which must still lie on the CPU.

    Args:
        pipe: a diffusers pipeline.
        path: a safetensors file in the layout of diffusers, peft or kohya.
        scale: how strongly it acts; 1 as it was trained, 0 not at all.

    Returns:
        Layers that were changed.

    Raises:
        ModelUnsupported: when it holds something other than LoRA matrices, or belongs to another
            architecture. Nothing is changed then.
    """
    from safetensors.torch import load_file

    state = load_file(path)
    layers = _layers(pipe)
    pairs = _pairs(state)
    if not set(pairs) <= set(layers):
        pairs = _pairs(_converted(pipe, state))  # layouts that name blocks in another way
    strange = sorted(set(pairs) - set(layers))
    if strange or not pairs:
        example = f": it has no {strange[0][:80]}" if strange else ""
        raise ModelUnsupported(
            f"The LoRA {path.name} does not fit {type(pipe).__name__}{example}.",
            hint="Use a LoRA that was trained on this model.",
        )
    deltas = {name: _delta(pair, layers[name], path, name) for name, pair in pairs.items()}
    for name, delta in deltas.items():
        weight = layers[name].weight
        weight.data = (weight.data.float() + scale * delta).to(weight.dtype)
    log.info("LoRA %s: %d layers changed at scale %g", path.name, len(deltas), scale)
    return len(deltas)


def _layers(pipe: Any) -> dict[str, Any]:
    """Every layer with a weight, by its network's and its own name with the dots replaced."""
    return {
        f"{part}_{name}".replace(".", "_"): layer
        for part, network in pipe.components.items()
        if hasattr(network, "named_modules")
        for name, layer in network.named_modules()
        if getattr(layer, "weight", None) is not None
    }


def _pairs(state: Mapping[str, Any]) -> dict[str, _Pair]:
    """The matrices by layer; a name that is none of LoRA's stands for itself, and so is refused."""
    pairs: dict[str, _Pair] = {}
    for key, value in state.items():
        ending, role = next(
            ((found, role) for pattern, role in _ROLES if (found := pattern.search(key))),
            (None, ""),
        )
        name = _plain(key if ending is None else key[: ending.start()])
        pairs.setdefault(name, {})[role] = value
    return pairs


def _plain(name: str) -> str:
    """A layer's name without dots and without what older layouts put into it."""
    flat = name.replace(".processor", "").replace(".", "_")
    for start, network in _NETWORKS.items():
        if flat.startswith(start):
            return network + flat.removeprefix(start)
    return flat


def _converted(pipe: Any, state: Mapping[str, Any]) -> dict[str, Any]:
    """The file in diffusers' own layout, as far as diffusers knows how."""
    if not hasattr(pipe, "lora_state_dict"):
        return dict(state)
    more = {"unet_config": pipe.unet.config} if hasattr(pipe, "unet") else {}
    try:
        found = pipe.lora_state_dict(dict(state), **more)
    except Exception as error:  # noqa: BLE001 - its converters raise what they like on foreign names
        log.info("diffusers could not convert a LoRA: %s", error)
        return dict(state)
    plain, alphas = found[:2] if isinstance(found, tuple) else (found, None)
    return {**plain, **(alphas or {})}


def _delta(pair: _Pair, layer: Any, path: Path, name: str) -> Any:
    """What is added to a layer's weight, float32, in the weight's shape."""
    if not {"down", "up"} <= set(pair) <= {"down", "up", "alpha"}:
        raise ModelUnsupported(
            f"The LoRA {path.name} holds something other than pairs of matrices at {name[:80]}.",
            hint="LoHa, LoKr and DoRA files can't be used.",
        )
    down, up = pair["down"].float(), pair["up"].float()
    rank = down.shape[0]
    product = up.flatten(1) @ down.flatten(1)  # (out, in) or (out, in * height * width)
    if up.shape[1] != rank or product.numel() != layer.weight.numel():
        raise ModelUnsupported(
            f"The LoRA {path.name} has another shape at {name[:80]} than the model.",
            hint="Use a LoRA that was trained on this model.",
        )
    alpha = float(pair.get("alpha", rank))
    return (alpha / rank) * product.reshape(layer.weight.shape)
