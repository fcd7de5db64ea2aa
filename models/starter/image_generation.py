"""The image starter: a small Stable Diffusion trained by ``models.starter.train.image`` on drawings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.spec import ModelCard
from models.starter.recipe import RepoFile, Starter

FOLDER = "models/starter/weights/image"
_HERE = Path(__file__).parent / "weights" / "image"
#: The files of the folder, in diffusers' layout.
PARTS = (
    "model_index.json",
    "card.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "text_encoder/model.safetensors",
    "tokenizer/tokenizer.json",
    "tokenizer/tokenizer_config.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
    "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors",
)


def model_card() -> dict[str, Any]:
    """What the training script wrote about the weights: defaults, concepts, scores, licence."""
    card: dict[str, Any] = json.loads((_HERE / "card.json").read_text(encoding="utf-8"))
    return card


def concepts() -> tuple[str, ...]:
    """The things that the model was taught to draw."""
    return tuple(model_card()["concepts"])


def build(paths: Mapping[str, Path], out: Path) -> None:
    """Copies the folder; the roles are its relative paths."""
    for name, source in paths.items():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _starter() -> Starter:
    card = model_card()
    lock = _HERE.with_name("image.sha256.json")  # written by models.starter.weights_lock
    locked: dict[str, str] = json.loads(lock.read_text(encoding="utf-8"))
    return Starter(
        card=ModelCard(
            id="starter/small-drawings",
            capability="image_generation",
            engine="diffusers",
            title="Small drawings",
            licence="CC-BY-4.0",
            languages=("en",),
            size_bytes=sum((_HERE / part).stat().st_size for part in PARTS),
            parameters=int(card["parameters"]),
            original="a small Stable Diffusion trained by this project on drawings by Google (Noto "
            "Emoji), Twitter (Twemoji) and Microsoft (Fluent Emoji)",
            notes=_notes(card),
            defaults=dict(card["defaults"]),
            tier="starter",
        ),
        files={part: RepoFile(f"{FOLDER}/{part}", locked.get(part, "")) for part in PARTS},
        build=build,
    )


def _notes(card: Mapping[str, Any]) -> str:
    """What it is good at and what it gets wrong, with the measured share where there is one."""
    share = card["scores"].get("samples_recognised_top1_percent")
    judged = f" A separate classifier recognises {share:.0f} % of its drawings." if share else ""
    side = card["defaults"]["width"]
    return (
        f"Knows {len(card['concepts'])} things as drawings of {side} pixels, one at a time, and "
        f"colour words for many of them.{judged} No scenes, no counting, no words of place."
    )


STARTERS = (_starter(),)
