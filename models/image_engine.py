"""The engine that draws: one picture at a time, each from its own seed, a report after every step.

What is asked for is checked by ``models.image_plan``; what a pipeline takes and its defaults come from
``models.image_pipelines``, previews of unfinished pictures from ``models.image_previews``.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from PIL import Image

from models.caller import relieved
from models.drawing import STRENGTH, Drawing, Picture, Shot, time_left
from models.image_grid import Axis
from models.image_memory import MemoryMode
from models.image_pipelines import Abilities, fixed_arguments, longest_reader
from models.image_plan import Planner, Wish
from models.image_previews import Painter
from models.image_runs import Follower, Step, blend_noise, run_of_its_own
from models.image_sources import fitted
from models.spec import Weights
from models.stepwise import stepwise
from models.stop import NEVER, StopToken


class ImageEngine:
    """Draws with one pipeline. Runs share its networks, each has its own sampler.

    Args:
        pipe: a diffusers pipeline on its device.
        abilities: what it takes; see ``models.image_pipelines.abilities``.
        weights: what it was built from, for the metadata.
        memory: how it is laid out.
        painter: draws the previews; None for a pipeline whose latents it can't read.
        from_picture: the image-to-image pipeline over the same networks; None where there is none.
        concepts: things a small model knows; empty for a general one.
        loras: names and scales of the LoRA weights that were added.
    """

    reentrant = False  # the pipelines switch their tokenizers' padding while they run

    def __init__(
        self,
        pipe: Any,
        abilities: Abilities,
        weights: Weights,
        memory: MemoryMode,
        painter: Painter | None,
        from_picture: Any | None = None,
        concepts: tuple[str, ...] = (),
        loras: tuple[str, ...] = (),
    ) -> None:
        self._pipe, self.abilities, self.memory = pipe, abilities, memory
        self._from_picture, self._painter = from_picture, painter
        self.concepts, self.loras = concepts, loras
        self.has_safety_checker = getattr(pipe, "safety_checker", None) is not None
        self.supports_negative_prompt = abilities.supports_negative_prompt
        self.supports_guidance = abilities.supports_guidance
        self.supports_source = from_picture is not None
        self.size_multiple = abilities.size_multiple
        self.min_size, self.max_size = abilities.min_size, abilities.max_size
        reader = longest_reader(pipe, abilities.max_sequence_length)
        self.max_prompt_tokens = reader.capacity if reader else 0
        self.memory_bytes = memory.device_bytes
        facts = {
            "model": weights.card.id,
            "revision": weights.revision,
            "safety_checker": self.has_safety_checker,
            "memory": memory.sentence,
            "loras": loras,
        }
        self._planner = Planner(abilities, reader, concepts, self.supports_source, facts)

    def draw(
        self,
        prompt: str,
        *,
        negative_prompt: str = "",
        width: int | None = None,
        height: int | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        seed: int | None = None,
        count: int = 1,
        variation: float = 0.0,
        variation_seed: int | None = None,
        source: Image.Image | None = None,
        strength: float = STRENGTH,
        across: Axis | None = None,
        down: Axis | None = None,
        stop: StopToken = NEVER,
    ) -> Iterator[Drawing]:
        """Draws ``count`` pictures, or those of a grid, one after the other.

        Args:
            prompt: what to draw, 1 to ``MAX_CHARACTERS`` characters.
            negative_prompt: what to avoid, where the model takes it.
            width: pixels, a multiple of ``size_multiple``; the model's default when None.
            height: like width.
            steps: 1 to ``MAX_STEPS``; the model's default when None.
            guidance: 0 to ``MAX_GUIDANCE``; the model's default when None.
            seed: 0 to ``MAX_SEED``; drawn by lot when None. Picture i has ``seed + i``.
            count: 1 to ``MAX_COUNT``; says nothing with ``across``.
            variation: 0 to 1. Above 0, every picture starts from ``seed``'s noise with this share
                of another seed's mixed in: 0.1 is close, 1 is another picture.
            variation_seed: that other seed, of the first picture; then it counts up. ``seed + 1``
                when None.
            source: RGB picture to start from; its middle is fitted to width and height.
            strength: above 0 to 1, how much of ``source`` is redrawn.
            across: the columns of a grid.
            down: its rows; None for a grid of one row.
            stop: polled at every step; finished pictures are kept.

        Yields:
            The drawing so far, after every step and every picture.

        Raises:
            InputError: for a value out of range, with the range; for a source picture where the
                model can't start from one.
            Stopped: when Stop was pressed.
        """
        wish = Wish(
            prompt, negative_prompt, width, height, steps, guidance, seed, count, variation,
            variation_seed, source, strength, across, down,
        )  # fmt: skip
        plan = self._planner.plan(wish)
        start = None if source is None else fitted(source, plan.width, plan.height)[0]
        for index in range(plan.count):
            stop.check()
            for drawing in self._surely(plan, index, start, stop):
                plan = drawing
                yield drawing

    def _surely(
        self, plan: Drawing, index: int, start: Image.Image | None, stop: StopToken
    ) -> Iterator[Drawing]:
        """One picture, begun again where memory ran out, as it does in the decoder, and some was freed."""
        while True:
            failed = None
            try:
                yield from self._picture(plan, index, start, stop)
            except Exception as error:  # noqa: BLE001 - raised again where it is not about memory
                failed = error
            if failed is None:
                return
            if not relieved(failed):
                raise failed

    def _picture(
        self, plan: Drawing, index: int, start: Image.Image | None, stop: StopToken
    ) -> Iterator[Drawing]:
        """One picture: drawings that grow by a step, then one that holds it."""
        shot, began = plan.shots[index], time.perf_counter()
        first_step = began
        drawn = self._steps(plan, shot, start, stop)
        try:
            for item in drawn:
                now = time.perf_counter()
                if isinstance(item, Step):
                    first_step = now if item.index == 1 else first_step
                    plan = _advanced(plan, item, index, now - first_step)
                else:
                    image, blocked = item
                    picture = Picture(image, shot, now - began, blocked)
                    plan = replace(
                        plan, pictures=(*plan.pictures, picture), step=0, preview=None
                    )  # fmt: skip
                yield plan
        finally:
            drawn.close()

    def _steps(self, plan: Drawing, shot: Shot, start: Image.Image | None, stop: StopToken) -> Any:
        """Steps, then (image, blocked), from a thread that runs the pipeline."""
        pipe = run_of_its_own(self._pipe if start is None else self._from_picture)
        if shot.variation and start is None:
            blend_noise(pipe, shot)
        taken = self._arguments(pipe, plan, shot, start)

        def call(report: Callable[[Any], None]) -> None:
            follower = Follower(pipe, self._painter, plan, stop, report)
            try:
                answer = pipe(**taken, **follower.hooks(_parameters(pipe)))
            finally:
                pipe.maybe_free_model_hooks()
            flagged = getattr(answer, "nsfw_content_detected", None)
            report((answer.images[0].convert("RGB"), bool(flagged and flagged[0])))

        return stepwise(call)

    def _arguments(
        self, pipe: Any, plan: Drawing, shot: Shot, start: Image.Image | None
    ) -> dict[str, Any]:
        """What the pipeline's call is given: of our settings, those that it takes."""
        import torch

        parameters = _parameters(pipe)
        arguments = {
            "prompt": shot.prompt or plan.prompt,
            "width": plan.width,
            "height": plan.height,
            "num_inference_steps": shot.steps,
            "guidance_scale": shot.guidance,
            "generator": torch.Generator("cpu").manual_seed(shot.seed),
            "max_sequence_length": self.abilities.max_sequence_length,
            **fixed_arguments(pipe, parameters),
        }
        if self.supports_negative_prompt and plan.negative_prompt:
            arguments["negative_prompt"] = plan.negative_prompt
        if start is not None:
            arguments |= {"image": start, "strength": plan.strength}
        return {name: value for name, value in arguments.items() if name in parameters}


def _parameters(pipe: Any) -> frozenset[str]:
    return frozenset(inspect.signature(type(pipe).__call__).parameters)


def _advanced(plan: Drawing, step: Step, index: int, since_first_s: float) -> Drawing:
    """The plan after one more step of the picture at ``index``."""
    left = None
    if step.index > 1:
        pace = since_first_s / (step.index - 1)
        later = plan.shots[index + 1 :]
        left = time_left(pace, step.index, step.total, later, plan.shots[index])
    preview = step.preview if step.preview is not None else plan.preview
    return replace(
        plan, step=step.index, steps_total=step.total, preview=preview,
        left_s=plan.left_s if left is None else left,
    )  # fmt: skip
