"""The small autoencoder of the starter text-to-image model: 64-pixel RGB to 16x16x4 and back.

Knows: the network, its loss, its training loop, and how its latents are made to
have unit variance and no correlation. Does not know: captions and diffusion.
"""

import copy
import logging
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from models.starter.train.image_colours import COLOURS, recolour
from models.starter.train.image_corpus import Drawing
from models.starter.train.image_examples import place

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

log = logging.getLogger(__name__)

CHANNELS = (24, 48, 96)  # per resolution: 64, 32 and 16 pixels
KL_WEIGHT = 1e-4
EDGE_WEIGHT = 1.0
LATENT_NOISE = 0.1  # of the latents' own spread: the decoder must forgive small errors


def build() -> "AutoencoderKL":
    """Make an untrained autoencoder in diffusers' own class."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(CHANNELS),
        up_block_types=("UpDecoderBlock2D",) * len(CHANNELS),
        block_out_channels=CHANNELS,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=64,
        scaling_factor=1.0,
        mid_block_add_attention=False,
    )


def as_tensor(pictures: npt.NDArray[np.uint8]) -> Tensor:
    """Convert (n, 64, 64, 3) bytes to (n, 3, 64, 64) floats in [-1, 1]."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def picture_batch(drawings: list[Drawing], size: int, rng: random.Random) -> Tensor:
    """Draw a batch of placed drawings, half of them in a random colour word's colour."""
    pictures = []
    for drawing in rng.choices(drawings, k=size):
        colour = rng.choice([*COLOURS, *[None] * len(COLOURS)])
        pictures.append(place(recolour(drawing.pixels, colour) if colour else drawing.pixels, rng))
    return as_tensor(np.stack(pictures))


def loss(model: "AutoencoderKL", x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the training loss and the plain mean absolute error of one batch."""
    posterior = model.encode(x).latent_dist
    z = posterior.mean + posterior.std * torch.randn_like(posterior.mean)
    z = z + LATENT_NOISE * z.detach().std() * torch.randn_like(z)
    y = model.decode(z).sample.float()
    plain = (y - x).abs().mean()
    kl = posterior.kl().mean() / x[0].numel()
    return plain + EDGE_WEIGHT * _edge_loss(y, x) + KL_WEIGHT * kl, plain.detach()


def _edge_loss(y: Tensor, x: Tensor) -> Tensor:
    """Mean absolute difference of horizontal and vertical gradients at three scales."""
    total = torch.zeros(())
    for _ in range(3):
        for axis in (2, 3):
            total = total + (y.diff(dim=axis) - x.diff(dim=axis)).abs().mean()
        y, x = functional.avg_pool2d(y, 2), functional.avg_pool2d(x, 2)
    return total / 3


def train(
    drawings: list[Drawing], checkpoint: Path, minutes: float, batch: int = 16
) -> "AutoencoderKL":
    """Train for a number of minutes in all, going on from the checkpoint where there is one.

    The learning rate falls to zero along a cosine over those minutes. The result is
    the running average of the weights, with whitened latents.
    """
    model = build()
    average = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-3, betas=(0.9, 0.95))
    step, spent = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent = state["step"], state["spent"]
    while spent < minutes * 60:
        started = time.monotonic()
        torch.manual_seed(step)
        x = picture_batch(drawings, batch, random.Random(step))  # noqa: S311
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 50) * cosine(spent / (minutes * 60))
        with torch.autocast("cpu", torch.bfloat16):
            value, plain = loss(model, x)
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        follow(average, model, min(0.995, step / (step + 10)))
        step, spent = step + 1, spent + time.monotonic() - started
        if step % 25 == 0:
            log.info("autoencoder step %d, %.0f s, L1 %.4f, loss %.4f", step, spent, plain, value)
        if step % 200 == 0 or spent >= minutes * 60:
            state = {"model": model.state_dict(), "average": average.state_dict()}
            save(
                state | {"optimizer": optimizer.state_dict(), "step": step, "spent": spent},
                checkpoint,
            )
    whiten(average, drawings)
    return average


def cosine(done: float) -> float:
    """Factor of the learning rate after a share `done` in [0, 1] of the training."""
    return float(0.01 + 0.99 * (0.5 + 0.5 * np.cos(np.pi * min(1.0, done))))


def follow(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    """Move a running average of the weights a little towards the model's."""
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def save(state: dict[str, object], path: Path) -> None:
    """Write a checkpoint so that a cut-off leaves the one before it whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


@torch.no_grad()  # type: ignore[untyped-decorator]
def whiten(model: "AutoencoderKL", drawings: list[Drawing]) -> None:
    """Fold mean, spread and correlation of the latents into the 1x1 convolutions around them.

    After this the latents of the corpus have zero mean and the identity as covariance,
    which is what the noise of a diffusion model has; `scaling_factor` can stay 1.
    """
    model.eval()
    x = picture_batch(drawings, 512, random.Random("whiten"))  # noqa: S311
    moments = torch.cat([model.encode(part).latent_dist.mean for part in x.split(64)])
    flat = moments.permute(1, 0, 2, 3).flatten(1).double()  # (4, n)
    mean = flat.mean(1)
    values, vectors = torch.linalg.eigh(torch.cov(flat))
    there = (vectors * values.rsqrt()) @ vectors.T
    back = (vectors * values.sqrt()) @ vectors.T
    assert model.quant_conv is not None
    assert model.post_quant_conv is not None
    weight, bias = model.quant_conv.weight, model.quant_conv.bias
    assert bias is not None
    weight[:4] = torch.einsum("oi,ijkl->ojkl", there.float(), weight[:4])
    bias[:4] = there.float() @ (bias[:4] - mean.float())
    post, shift = model.post_quant_conv.weight, model.post_quant_conv.bias
    assert shift is not None
    shift += post[:, :, 0, 0] @ mean.float()
    post.copy_(torch.einsum("oi,ijkl->ojkl", post[:, :, 0, 0], back.float()[:, :, None, None]))


@torch.no_grad()  # type: ignore[untyped-decorator]
def encode(model: "AutoencoderKL", pictures: npt.NDArray[np.uint8]) -> Tensor:
    """Encode (n, 64, 64, 3) bytes to latent means, (n, 4, 16, 16) float16."""
    parts = []
    for start in range(0, len(pictures), 64):
        with torch.autocast("cpu", torch.bfloat16):
            parts.append(
                model.encode(as_tensor(pictures[start : start + 64])).latent_dist.mean.half()
            )
    return torch.cat(parts)
