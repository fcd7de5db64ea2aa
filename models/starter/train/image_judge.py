"""The judge: a small classifier that says which concept a picture depicts.

It learns from drawings of vendors that the generator never sees.
"""

import logging
import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.starter.train.image_autoencoder import as_tensor, cosine, save
from models.starter.train.image_corpus import Drawing
from models.starter.train.image_examples import place

log = logging.getLogger(__name__)

TWIN = 6.0  # mean difference in bytes under which two drawings count as one


def without_twins(theirs: list[Drawing], ours: list[Drawing]) -> list[Drawing]:
    """Leave out the judge's drawings that nearly equal one the generator has seen."""
    rng = random.Random(0)  # noqa: S311
    seen: dict[str, list[npt.NDArray[np.float32]]] = {}
    for drawing in ours:
        seen.setdefault(drawing.emoji, []).append(
            place(drawing.pixels, rng, still=True).astype(np.float32)
        )
    kept = []
    for drawing in theirs:
        p = place(drawing.pixels, rng, still=True).astype(np.float32)
        gaps = [
            min(np.abs(p - q).mean(), np.abs(p[:, ::-1] - q).mean())
            for q in seen.get(drawing.emoji, [])
        ]
        if not gaps or min(gaps) >= TWIN:
            kept.append(drawing)
    return kept


def _stage(inward: int, outward: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inward, outward, 3, padding=1, bias=False),
        nn.BatchNorm2d(outward),
        nn.ReLU(),
        nn.Conv2d(outward, outward, 3, padding=1, bias=False),
        nn.BatchNorm2d(outward),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )


def build_judge(classes: int) -> nn.Sequential:
    """Make the untrained classifier of (n, 3, 64, 64) pictures in [-1, 1]."""
    stages = [_stage(a, b) for a, b in ((16, 32), (32, 64), (64, 128))]
    stem = [nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU()]
    return nn.Sequential(*stem, *stages, _Head(128, 256, classes))


class _Head(nn.Module):  # type: ignore[misc]
    """Two more convolutions, then mean and maximum over the picture, then the classes."""

    def __init__(self, inward: int, width: int, classes: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(
            nn.Conv2d(inward, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(width * 2, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mix(x)
        pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
        logits: Tensor = self.out(self.drop(pooled))
        return logits


def shake(x: Tensor) -> Tensor:
    """Rotate, scale, move, flip, tint, blur and fade a batch of pictures on white, at random."""
    n = len(x)
    angle = (torch.rand(n) - 0.5) * 0.7
    scale = 0.9 + torch.rand(n) * 0.5
    flip = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    shift = (torch.rand(n, 2) - 0.5) * 0.3
    stretch = 0.85 + torch.rand(n) * 0.3
    row_x = torch.stack([cos * flip, -sin, shift[:, 0]], 1)
    row_y = torch.stack([sin * flip * stretch, cos * stretch, shift[:, 1]], 1)
    grid = functional.affine_grid(
        torch.stack([row_x, row_y], 1), list(x.shape), align_corners=False
    )
    ink = functional.grid_sample(1 - x, grid, align_corners=False)  # white is 0: no border
    mix = torch.eye(3) + (torch.rand(n, 3, 3) - 0.5) * torch.rand(n, 1, 1) * 0.9
    grey = torch.rand(n, 1, 1) < 0.1
    mix = torch.where(grey, torch.full((3, 3), 1 / 3), mix / mix.sum(2, keepdim=True))
    ink = torch.einsum("nij,njhw->nihw", mix, ink)
    soft = functional.avg_pool2d(ink, 3, stride=1, padding=1)
    amount = torch.rand(n, 1, 1, 1) * (torch.rand(n, 1, 1, 1) < 0.5)
    ink = (ink + amount * (soft - ink)) * (0.8 + torch.rand(n, 1, 1, 1) * 0.4)
    return (1 - ink + 0.06 * torch.rand(n, 1, 1, 1) * torch.randn_like(ink)).clamp(-1, 1)


def stack(drawings: list[Drawing]) -> tuple[Tensor, Tensor]:
    """Place drawings in the middle: pictures (n, 3, 64, 64) and concept indices (n,)."""
    rng = random.Random(0)  # noqa: S311
    pictures = np.stack([place(d.pixels, rng, still=True) for d in drawings])
    return as_tensor(pictures), torch.tensor([d.concept for d in drawings])


def train_judge(
    drawings: list[Drawing], classes: int, checkpoint: Path, steps: int
) -> nn.Sequential:
    """Train the judge, or go on from its checkpoint."""
    torch.manual_seed(1)
    judge = build_judge(classes)
    optimizer = torch.optim.AdamW(judge.parameters(), weight_decay=0.05)
    done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        judge.load_state_dict(state["judge"])
        optimizer.load_state_dict(state["optimizer"])
        done = state["step"]
    x, y = stack(drawings)
    for step in range(done, steps):
        torch.manual_seed(step)
        chosen = torch.randint(0, len(x), (64,))
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1, (step + 1) / 100) * cosine(step / steps)
        with torch.autocast("cpu", torch.bfloat16):
            value = functional.cross_entropy(
                judge(shake(x[chosen])).float(), y[chosen], label_smoothing=0.1
            )
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        if (step + 1) % 200 == 0:
            log.info("judge step %d, loss %.3f", step + 1, value.item())
        if (step + 1) % 200 == 0 or step + 1 == steps:
            parts = {
                "judge": judge.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step + 1,
            }
            save(parts, checkpoint)
    return judge.eval()


@torch.no_grad()  # type: ignore[untyped-decorator]
def ranks(judge: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Rank of the right concept for each picture, 0 being first; (n,)."""
    scores = sum(judge(v).softmax(1) for v in (x, x.flip(3)))
    assert isinstance(scores, Tensor)
    return (scores > scores.gather(1, y[:, None])).sum(1)


def shares(found: Tensor) -> dict[str, float]:
    """Share of pictures whose concept came first, and among the first five, in percent."""
    return {f"top{k}": round(100 * float((found < k).float().mean()), 1) for k in (1, 5)}
