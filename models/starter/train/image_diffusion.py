"""The diffusion half of the starter text-to-image model: tokenizer, text encoder, UNet.

Knows: the networks, the noise, the loss, one training loop over latents made
beforehand, and the Stable Diffusion folder that comes out. Does not know: emoji
packages and the autoencoder's training.

The UNet hears the caption twice: by cross-attention, and as a pooled vector added
to the time embedding, which teaches it the concept sooner.
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
from models.starter.train.image_corpus import COLOURS, Concept, caption

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, DDIMScheduler
    from transformers import CLIPTokenizer

log = logging.getLogger(__name__)

TOKENS = 16  # longest prompt, start and end included; the rest is cut off
DROPPED_CAPTIONS = 0.1  # share of captions made empty, for guidance
COLOURED = 0.4  # share of examples with a colour word, where the concept has them
SNR_CLAMP = 5.0
START, END = "<|startoftext|>", "<|endoftext|>"
EXTRA_WORDS = (
    "a an the of on in and with picture drawing icon cartoon cute white background photo image "
    "painting emoji small big little one two please draw black"
)


@dataclass(frozen=True)
class Sizes:
    """Widths of the networks; the defaults are the shipped model's."""

    text: int = 128
    text_layers: int = 2
    unet: tuple[int, ...] = (64, 128, 192)
    attention: tuple[bool, ...] = (False, True, False)
    groups: int = 16
    latent: int = 16  # pixels of the latent's side


# --- tokenizer ----------------------------------------------------------------


def build_tokenizer(concepts: list[Concept]) -> "CLIPTokenizer":
    """Make a byte-level BPE tokenizer in which each known word is one token.

    A word it has never seen falls apart into pieces and bytes; nothing is unknown.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import CLIPTokenizer

    words = sorted({w for c in concepts for w in c.word.split()} | {*COLOURS, *EXTRA_WORDS.split()})
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=4096,
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    bpe.train_from_iterator([words], trainer)
    learned = json.loads(bpe.to_str())["model"]
    pieces = set(learned["vocab"]) | {f"{c}</w>" for c in alphabet}
    vocab = {piece: i for i, piece in enumerate(sorted(pieces))}
    vocab |= {START: len(vocab), END: len(vocab) + 1}
    merges = [tuple(m) for m in learned["merges"]]
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=TOKENS)


def token_ids(tokenizer: "CLIPTokenizer", texts: list[str]) -> Tensor:
    """Tokenize as the pipeline does: cut and padded to `TOKENS`, (n, 16)."""
    made = tokenizer(
        texts, padding="max_length", max_length=TOKENS, truncation=True, return_tensors="pt"
    )
    ids: Tensor = made.input_ids
    return ids


# --- networks -----------------------------------------------------------------


class Networks(torch.nn.Module):  # type: ignore[misc]
    """The text encoder and the UNet, trained together.

    Args:
        sizes: Their widths.
        tokenizer: Gives the vocabulary's size and the special tokens.
    """

    def __init__(self, sizes: Sizes, tokenizer: "CLIPTokenizer") -> None:
        super().__init__()
        from diffusers import UNet2DConditionModel
        from diffusers.models.attention_processor import AttnProcessor
        from transformers import CLIPTextConfig, CLIPTextModel

        self.text_encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=len(tokenizer),
                hidden_size=sizes.text,
                intermediate_size=sizes.text * 3,
                num_hidden_layers=sizes.text_layers,
                num_attention_heads=4,
                max_position_embeddings=TOKENS,
                projection_dim=sizes.text,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.pad_token_id,
                initializer_factor=1.0,
            )
        )
        down = ("DownBlock2D", "CrossAttnDownBlock2D")
        up = ("UpBlock2D", "CrossAttnUpBlock2D")
        self.unet = UNet2DConditionModel(
            sample_size=sizes.latent,
            down_block_types=tuple(down[a] for a in sizes.attention),
            up_block_types=tuple(up[a] for a in reversed(sizes.attention)),
            block_out_channels=sizes.unet,
            layers_per_block=1,
            cross_attention_dim=sizes.text,
            attention_head_dim=4,
            norm_num_groups=sizes.groups,
            resnet_time_scale_shift="scale_shift",
            addition_embed_type="text",
            addition_embed_type_num_heads=4,
        )
        # The fused attention's backward pass took 18 % of a step on a CPU; plain products take 3 %.
        self.unet.set_attn_processor(AttnProcessor())
        self.text_encoder.set_attn_implementation("eager")

    def forward(self, noisy: Tensor, steps: Tensor, ids: Tensor) -> Tensor:
        """Predict the velocity. Shapes: (n, 4, 16, 16), (n,), (n, 16)."""
        hidden = self.text_encoder(ids).last_hidden_state  # (n, 16, text)
        out: Tensor = self.unet(noisy, steps, hidden).sample
        return out


def build_scheduler() -> "DDIMScheduler":
    """Make the noise schedule and sampler: velocity, zero signal at the last step."""
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,  # trailing steps pass over it; the pipeline warns about 0
    )


def loss(networks: torch.nn.Module, latents: Tensor, ids: Tensor, alphas: Tensor) -> Tensor:
    """Mean squared error of the velocity at random steps.

    Steps with a signal-to-noise ratio above `SNR_CLAMP` count less (min-SNR weighting
    on the clean-latent scale, https://arxiv.org/abs/2303.09556), noisy ones fully.
    """
    steps = torch.randint(0, len(alphas), (len(latents),))
    noise = torch.randn_like(latents)
    signal = alphas[steps].sqrt().view(-1, 1, 1, 1)
    spread = (1 - alphas[steps]).sqrt().view(-1, 1, 1, 1)
    velocity = signal * noise - spread * latents
    with torch.autocast("cpu", torch.bfloat16):
        guess = networks(signal * latents + spread * noise, steps, ids).float()
    snr = alphas[steps] / (1 - alphas[steps]).clamp(min=1e-5)
    weight = (snr + 1).clamp(max=SNR_CLAMP) / (snr + 1)
    return (weight * (guess - velocity).pow(2).flatten(1).mean(1)).mean()


# --- data ---------------------------------------------------------------------


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


# --- training -----------------------------------------------------------------


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


# --- the folder ---------------------------------------------------------------


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
