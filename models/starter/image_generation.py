"""The image starter: a small Stable Diffusion trained by ``models.starter.train.image`` on drawings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.spec import ModelCard
from models.starter.committed import Committed
from models.starter.recipe import Starter

#: In diffusers' layout.
FOLDER = Committed(
    "image",
    (
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
    ),
)


def concepts() -> tuple[str, ...]:
    """The things that the model was taught to draw."""
    return tuple(FOLDER.card["concepts"])


def _starter() -> Starter:
    card = FOLDER.card
    return Starter(
        card=ModelCard(
            id="starter/small-drawings",
            capability="image_generation",
            engine="diffusers",
            title="Small drawings",
            licence="CC-BY-4.0",
            languages=("en",),
            size_bytes=FOLDER.size_bytes,
            parameters=int(card["parameters"]),
            original="a small Stable Diffusion trained by this project on drawings by Google (Noto "
            "Emoji), Twitter (Twemoji) and Microsoft (Fluent Emoji)",
            notes=_notes(card),
            defaults=dict(card["defaults"]),
            tier="starter",
        ),
        files=FOLDER.files,
        build=FOLDER.build,
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
