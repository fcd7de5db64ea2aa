"""Trains the diffusion half of the starter text-to-image model, and writes its folder.

Knows: one training loop over latents made beforehand, and the Stable Diffusion folder that
comes out. Does not know: the networks' shapes, emoji packages, the autoencoder's training.
"""

import copy
import json
import logging
import os
import random
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from models.starter.train.image_autoencoder import cosine, follow, save
from models.starter.train.image_corpus import Concept
from models.starter.train.image_examples import caption
from models.starter.train.image_networks import (
    Networks,
    Sizes,
    build_scheduler,
    build_tokenizer,
    loss,
    token_ids,
)

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

log = logging.getLogger(__name__)

DROPPED_CAPTIONS = 0.1  # share of captions made empty, for guidance
COLOURED = 0.4  # share of examples with a colour word, where the concept has them


@dataclass
class Bank:
    """Latents made beforehand, filed by concept.

    Attributes:
        latents: (n, 4, 16, 16) float16.
        plain: For each concept, rows drawn as the vendor coloured them.
        coloured: For each concept, (row, colour word) of the recoloured ones.
    """

    latents: Tensor
    plain: list[list[int]] = field(default_factory=list)
    coloured: list[list[tuple[int, str]]] = field(default_factory=list)

    def batch(
        self, concepts: list[Concept], size: int, rng: random.Random
    ) -> tuple[Tensor, list[str]]:
        """Choose concepts evenly, then an example of each, and write captions."""
        rows, texts = [], []
        for index in rng.choices(range(len(concepts)), k=size):
            colour: str | None = None
            if self.coloured[index] and rng.random() < COLOURED:
                row, colour = rng.choice(self.coloured[index])
            else:
                row = rng.choice(self.plain[index])
            text = caption(concepts[index].word, colour, rng)
            rows.append(row)
            texts.append("" if rng.random() < DROPPED_CAPTIONS else text)
        return self.latents[rows].float(), texts


@dataclass(frozen=True)
class Plan:
    """How long and how fast to train.

    Attributes:
        steps: Steps in all; the learning rate falls to zero along a cosine over them.
        batch: Examples a step.
        rate: Highest learning rate.
        warmup: Steps over which the rate rises.
        save_every: Steps between checkpoints.
        decay: Memory of the running average of the weights.
    """

    steps: int
    batch: int = 32
    rate: float = 1e-3
    warmup: int = 200
    save_every: int = 100
    decay: float = 0.998


class Training:
    """A run that can be cut off and go on: the step's number alone seeds its randomness.

    Args:
        concepts: What the rows of the bank depict.
        bank: The latents.
        sizes: Widths of the networks.
        checkpoint: File to go on from, and to save to.
    """

    def __init__(self, concepts: list[Concept], bank: Bank, sizes: Sizes, checkpoint: Path) -> None:
        self.concepts, self.bank, self.sizes, self.checkpoint = concepts, bank, sizes, checkpoint
        self.tokenizer = build_tokenizer(concepts)
        torch.manual_seed(0)
        self.networks = Networks(sizes, self.tokenizer)
        self.average = copy.deepcopy(self.networks)
        self.optimizer = torch.optim.AdamW(
            self.networks.parameters(), betas=(0.9, 0.98), weight_decay=0.01
        )
        self.alphas: Tensor = build_scheduler().alphas_cumprod
        self.step, self.spent = 0, 0.0
        if checkpoint.exists():
            self._load(torch.load(checkpoint))

    def _load(self, state: dict[str, Any]) -> None:
        self.networks.load_state_dict(state["networks"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.spent = state["step"], state["spent"]

    def save(self) -> None:
        """Write the checkpoint."""
        parts = {
            name: getattr(self, name).state_dict() for name in ("networks", "average", "optimizer")
        }
        save(parts | {"step": self.step, "spent": self.spent}, self.checkpoint)

    def run(self, plan: Plan, until: int | None = None) -> None:
        """Train up to step `until` (the plan's last by default), saving on the way."""
        started, shown = time.monotonic(), 0.0
        while self.step < min(plan.steps, until or plan.steps):
            shown += self._one_step(plan)
            self.step += 1
            now = time.monotonic()
            self.spent, started = self.spent + now - started, now
            if self.step % 50 == 0:
                log.info("step %d, %.0f s, loss %.4f", self.step, self.spent, shown / 50)
                shown = 0.0
            if self.step % plan.save_every == 0:
                self.save()
        self.save()

    def _one_step(self, plan: Plan) -> float:
        torch.manual_seed(self.step)
        latents, texts = self.bank.batch(self.concepts, plan.batch, random.Random(self.step))  # noqa: S311
        warm = min(1.0, (self.step + 1) / plan.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = plan.rate * warm * cosine(self.step / plan.steps)
        value = loss(self.networks, latents, token_ids(self.tokenizer, texts), self.alphas)
        self.optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.networks.parameters(), 1.0)
        self.optimizer.step()
        follow(self.average, self.networks, min(plan.decay, (self.step + 1) / (self.step + 10)))
        return float(value.detach())


def export(training: Training, vae: "AutoencoderKL", folder: Path) -> None:
    """Write the averaged weights as a Stable Diffusion folder, float16, in one swap.

    Other files in the folder (the card) are carried over.
    """
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline(
        vae=copy.deepcopy(vae).half(),
        text_encoder=copy.deepcopy(training.average.text_encoder).half(),
        tokenizer=training.tokenizer,
        unet=copy.deepcopy(training.average.unet).half(),
        scheduler=build_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    pipeline.save_pretrained(fresh, safe_serialization=True)
    _load_as_float32(fresh)
    if folder.exists():
        for name in ("card.json",):
            if (folder / name).exists():
                shutil.copy2(folder / name, fresh / name)
        old = folder.with_name(f".{folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
        fresh.rename(folder)
        shutil.rmtree(old)
    else:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh.rename(folder)


def _load_as_float32(folder: Path) -> None:
    """Make a load that names no dtype give float32 throughout.

    diffusers reads float16 weights into float32 then, but transformers 5 follows the
    text encoder's config, and halves do not mix. The files also become readable by all.
    """
    path = folder / "text_encoder" / "config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | {"dtype": "float32"}
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for weights in folder.rglob("*.safetensors"):
        weights.chmod(0o644)
