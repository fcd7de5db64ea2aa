"""One run of a pipeline: its own sampler over shared networks, its noise, and who hears of its steps.

Knows diffusers pipelines by what they offer, not by their names.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from models.drawing import Drawing, Shot
from models.image_previews import Painter, believed
from models.stop import StopToken

#: Previews for each picture, spread over its steps.
PREVIEWS = 8


def run_of_its_own(pipe: Any) -> Any:
    """The pipeline with a fresh sampler and its own run state; the networks are shared."""
    own = copy.copy(pipe)
    scheduler = pipe.scheduler
    own.scheduler = type(scheduler).from_config(scheduler.config)
    own.set_progress_bar_config(disable=True)
    return own


def blend_noise(pipe: Any, shot: Shot) -> None:
    """Lets a run start from a mix of two seeds' noise; ``pipe`` is that run's own.

    The pipeline prepares its latents once with each seed, whatever their shape and packing, and the
    two are mixed along the arc between them.
    """
    import torch

    prepare = pipe.prepare_latents

    def other(value: Any) -> Any:
        if not isinstance(value, torch.Generator):
            return value
        return torch.Generator(value.device).manual_seed(shot.variation_seed)

    def prepared(*args: Any, **kwargs: Any) -> Any:
        ours = prepare(*args, **kwargs)
        theirs = prepare(*map(other, args), **{k: other(v) for k, v in kwargs.items()})
        if isinstance(ours, tuple):  # FLUX also returns the positions of its tokens
            return (between(ours[0], theirs[0], shot.variation), *ours[1:])
        return between(ours, theirs, shot.variation)

    pipe.prepare_latents = prepared


def between(ours: Any, theirs: Any, share: float) -> Any:
    """The point at ``share`` of the arc between two tensors of noise: spherical interpolation.

    A straight mix would have less variance than noise has (Shoemake 1985; White 2016).
    """
    import torch

    a, b = ours.float(), theirs.float()
    angle = torch.arccos(((a * b).sum() / (a.norm() * b.norm())).clamp(-1, 1))
    if angle < 1e-4:
        return ours
    mixed = torch.sin((1 - share) * angle) * a + torch.sin(share * angle) * b
    return (mixed / torch.sin(angle)).to(ours.dtype)


@dataclass(frozen=True)
class Step:
    """A step that is done.

    Attributes:
        index: steps done, from 1.
        total: steps of this picture.
        preview: the picture so far, or None.
    """

    index: int
    total: int
    preview: Image.Image | None


class Follower:
    """Hears of a pipeline's steps: reports them with previews, and ends the run on Stop."""

    def __init__(
        self,
        pipe: Any,
        painter: Painter | None,
        plan: Drawing,
        stop: StopToken,
        report: Callable[[Any], None],
    ) -> None:
        self._pipe, self._painter, self._plan = pipe, painter, plan
        self._stop, self._report, self._before = stop, report, None

    def hooks(self, parameters: frozenset[str]) -> dict[str, Any]:
        """The arguments that make the pipeline call back, by what it offers."""
        if "callback_on_step_end" in parameters:
            return {"callback_on_step_end": self._step_end}
        return {"callback": self._step, "callback_steps": 1}

    def _step_end(
        self, _: Any, index: int, timestep: Any, values: dict[str, Any]
    ) -> dict[str, Any]:
        self._step(index, timestep, values["latents"])
        return values

    def _step(self, index: int, timestep: Any, latents: Any) -> None:
        self._stop.check()
        planned = len(self._pipe.scheduler.timesteps)
        total = getattr(self._pipe, "_num_timesteps", planned)  # fewer with a source picture
        preview = self._preview(index, total, planned - total, latents)
        self._report(Step(index + 1, total, preview))
        self._before = latents

    def _preview(self, index: int, total: int, skipped: int, latents: Any) -> Image.Image | None:
        if self._painter is None or self._before is None or (index + 1) % max(1, total // PREVIEWS):
            return None
        clean = believed(self._pipe.scheduler, index + skipped, self._before, latents)
        if clean is None:
            return None
        return self._painter.paint(clean, self._plan.width, self._plan.height)
