"""Image generation: draws pictures from a text with any diffusers text-to-image pipeline.

One picture at a time, each from its own seed, with a report after every denoising step. What a
pipeline takes and its defaults come from ``models.image_pipelines``; previews of unfinished
pictures from ``models.image_previews``. Papers: latent diffusion (Rombach et al. 2022), flow
matching (Lipman et al. 2023). Model card of the starter: models/starter/weights/image/card.json.
"""

from __future__ import annotations

import copy
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from models.device import tensor_bytes
from models.drawing import (
    MAX_COUNT,
    MAX_GUIDANCE,
    MAX_SEED,
    MAX_STEPS,
    Drawing,
    Picture,
    check_text,
    known_concepts,
    seed_or_lot,
    within,
)
from models.errors import InputError, ModelUnsupported
from models.image_memory import MemoryMode, choose, settle
from models.image_pipelines import Abilities, abilities, fixed_arguments, longest_reader
from models.image_previews import Painter, believed
from models.spec import Placement, Weights
from models.stepwise import stepwise
from models.stop import NEVER, StopToken

log = logging.getLogger(__name__)

#: Previews for each picture, spread over its steps.
PREVIEWS = 8


class ImageEngine:
    """Draws with one pipeline. Runs share its networks, each has its own sampler.

    Args:
        pipe: a diffusers pipeline on its device.
        abilities: what it takes; see ``models.image_pipelines.abilities``.
        weights: what it was built from, for the metadata.
        memory: how it is laid out.
        painter: draws the previews; None for a pipeline whose latents it can't read.
        concepts: things a small model knows; empty for a general one.
    """

    reentrant = False  # the pipelines switch their tokenizers' padding while they run

    def __init__(
        self,
        pipe: Any,
        abilities: Abilities,
        weights: Weights,
        memory: MemoryMode,
        painter: Painter | None,
        concepts: tuple[str, ...] = (),
    ) -> None:
        self._pipe, self.abilities, self.memory = pipe, abilities, memory
        self._model, self._revision = weights.card.id, weights.revision
        self.concepts = concepts
        self.has_safety_checker = getattr(pipe, "safety_checker", None) is not None
        self.supports_negative_prompt = abilities.supports_negative_prompt
        self.supports_guidance = abilities.supports_guidance
        self.size_multiple = abilities.size_multiple
        self.min_size, self.max_size = abilities.min_size, abilities.max_size
        self._reader = longest_reader(pipe, abilities.max_sequence_length)
        self.max_prompt_tokens = self._reader.capacity if self._reader else 0
        self._painter = painter
        self.memory_bytes = memory.weight_bytes

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
        stop: StopToken = NEVER,
    ) -> Iterator[Drawing]:
        """Draws ``count`` pictures, one after the other.

        Args:
            prompt: what to draw, 1 to ``MAX_CHARACTERS`` characters.
            negative_prompt: what to avoid, where the model takes it.
            width: pixels, a multiple of ``size_multiple``; the model's default when None.
            height: like width.
            steps: 1 to ``MAX_STEPS``; the model's default when None.
            guidance: 0 to ``MAX_GUIDANCE``; the model's default when None.
            seed: 0 to ``MAX_SEED``; drawn by lot when None. Picture i has ``seed + i``.
            count: 1 to ``MAX_COUNT``.
            stop: polled at every step; finished pictures are kept.

        Yields:
            The drawing so far, after every step and every picture.

        Raises:
            InputError: for a value out of range, with the range.
            Stopped: when Stop was pressed.
        """
        plan = self._plan(prompt, negative_prompt, width, height, steps, guidance, seed, count)
        for index in range(count):
            stop.check()
            for drawing in self._picture(plan, (plan.seed + index) % (MAX_SEED + 1), stop):
                plan = drawing
                yield drawing

    def _plan(
        self,
        prompt: str,
        negative_prompt: str,
        width: int | None,
        height: int | None,
        steps: int | None,
        guidance: float | None,
        seed: int | None,
        count: int,
    ) -> Drawing:
        """The checked settings as a drawing with nothing drawn."""
        can = self.abilities
        check_text(prompt, negative_prompt)
        used = 0.0 if not can.supports_guidance else can.guidance if guidance is None else guidance
        plan = Drawing(
            prompt=prompt,
            negative_prompt=negative_prompt.strip() if can.supports_negative_prompt else "",
            width=self._side("width", can.width if width is None else width),
            height=self._side("height", can.height if height is None else height),
            steps=int(within("steps", can.steps if steps is None else steps, 1, MAX_STEPS)),
            guidance=within("guidance", used, 0, MAX_GUIDANCE),
            seed=int(within("seed", seed_or_lot(seed), 0, MAX_SEED)),
            count=int(within("count", count, 1, MAX_COUNT)),
            model=self._model,
            revision=self._revision,
        )
        return replace(plan, warnings=tuple(self._warnings(plan, negative_prompt, guidance)))

    def _side(self, name: str, pixels: int) -> int:
        within(name, pixels, self.min_size, self.max_size)
        if pixels % self.size_multiple:
            below = pixels // self.size_multiple * self.size_multiple
            raise InputError(
                f"The {name} of {pixels} pixels is no multiple of {self.size_multiple}.",
                hint=f"Use {below} or {below + self.size_multiple}.",
            )
        return int(pixels)

    def _warnings(self, plan: Drawing, negative: str, guidance: float | None) -> Iterator[str]:
        """What the model will not do as asked."""
        if negative.strip() and not self.supports_negative_prompt:
            yield "This model takes no negative prompt: it was not used."
        elif plan.negative_prompt and plan.guidance <= 1:
            yield f"At guidance {plan.guidance:g} a negative prompt has no effect."
        if guidance and not self.supports_guidance:
            yield f"This model has no guidance: {guidance:g} was not used."
        if self._reader is not None:
            for name, text in (("prompt", plan.prompt), ("negative prompt", plan.negative_prompt)):
                total, cut = self._reader.excess(text) if text else (0, 0)
                if cut:
                    yield (
                        f"The model reads the first {total - cut} of the {name}'s {total} tokens; "
                        "what comes after has no effect."
                    )
        if self.concepts and not known_concepts(plan.prompt, self.concepts):
            yield (
                f"This model knows {len(self.concepts)} things and none of them is in the prompt: "
                "the picture is a guess."
            )

    def _picture(self, plan: Drawing, seed: int, stop: StopToken) -> Iterator[Drawing]:
        """One picture: drawings that grow by a step, then one that holds it."""
        began = time.perf_counter()
        drawn = self._steps(plan, seed, stop)
        try:
            for item in drawn:
                if isinstance(item, _Step):
                    preview = item.preview if item.preview is not None else plan.preview
                    plan = replace(
                        plan, step=item.index, steps_total=item.total, preview=preview
                    )  # fmt: skip
                else:
                    image, blocked = item
                    picture = Picture(image, seed, time.perf_counter() - began, blocked)
                    plan = replace(
                        plan, pictures=(*plan.pictures, picture), step=0, preview=None
                    )  # fmt: skip
                yield plan
        finally:
            drawn.close()

    def _steps(self, plan: Drawing, seed: int, stop: StopToken) -> Any:
        """Steps, then (image, blocked), from a thread that runs the pipeline."""
        import torch

        pipe = self._run_of_its_own()
        arguments = {
            "prompt": plan.prompt,
            "negative_prompt": plan.negative_prompt or None,
            "width": plan.width,
            "height": plan.height,
            "num_inference_steps": plan.steps,
            "guidance_scale": plan.guidance,
            "generator": torch.Generator("cpu").manual_seed(seed),
            "max_sequence_length": self.abilities.max_sequence_length,
            **fixed_arguments(pipe, self.abilities.parameters),
        }
        if not self.supports_negative_prompt or not plan.negative_prompt:
            del arguments["negative_prompt"]
        taken = {k: v for k, v in arguments.items() if k in self.abilities.parameters}

        def call(report: Callable[[Any], None]) -> None:
            follower = _Follower(pipe, self._painter, plan, stop, report)
            try:
                answer = pipe(**taken, **follower.hooks(self.abilities.parameters))
            finally:
                pipe.maybe_free_model_hooks()
            flagged = getattr(answer, "nsfw_content_detected", None)
            report((answer.images[0].convert("RGB"), bool(flagged and flagged[0])))

        return stepwise(call)

    def _run_of_its_own(self) -> Any:
        """The pipeline with a fresh sampler and its own run state; the networks are shared."""
        pipe = copy.copy(self._pipe)
        scheduler = self._pipe.scheduler
        pipe.scheduler = type(scheduler).from_config(scheduler.config)
        pipe.set_progress_bar_config(disable=True)
        return pipe


@dataclass(frozen=True)
class _Step:
    index: int
    total: int
    preview: Image.Image | None


class _Follower:
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
        total = len(self._pipe.scheduler.timesteps)
        self._report(_Step(index + 1, total, self._preview(index, total, latents)))
        self._before = latents

    def _preview(self, index: int, total: int, latents: Any) -> Image.Image | None:
        if self._painter is None or self._before is None or (index + 1) % max(1, total // PREVIEWS):
            return None
        clean = believed(self._pipe.scheduler, index, self._before, latents)
        if clean is None:
            return None
        return self._painter.paint(clean, self._plan.width, self._plan.height)


def parts(pipe: Any) -> list[Any]:
    """The networks of a pipeline."""
    return [part for part in pipe.components.values() if hasattr(part, "parameters")]


def load(weights: Weights, placement: Placement) -> ImageEngine:
    """Builds the engine from a diffusers folder.

    Raises:
        ModelUnsupported: when the folder holds no text-to-image pipeline of diffusers.
    """
    _check_folder(weights)
    import torch
    from diffusers import DiffusionPipeline

    pipe = DiffusionPipeline.from_pretrained(
        weights.folder,
        dtype=getattr(torch, placement.dtype),
        local_files_only=True,
        use_safetensors=True,
    )
    can = abilities(pipe, weights.card.defaults)
    memory = choose([tensor_bytes(part) for part in parts(pipe)], placement.device)
    readable = hasattr(getattr(pipe, "vae", None), "encode")
    painter = Painter(pipe, away=memory.offloads) if readable else None
    settle(pipe, memory, placement.device)
    return ImageEngine(pipe, can, weights, memory, painter, _concepts(weights))


def _check_folder(weights: Weights) -> None:
    """Refuses what diffusers would fail on with words that help nobody."""
    index = weights.folder / "model_index.json"
    if not index.is_file():
        raise ModelUnsupported(
            f"{weights.card.id} is no diffusers pipeline: model_index.json is missing.",
            hint="Choose a text-to-image model in diffusers' folder layout.",
        )
    import diffusers

    name = json.loads(index.read_text(encoding="utf-8")).get("_class_name")
    kind = getattr(diffusers, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, diffusers.DiffusionPipeline)):
        raise ModelUnsupported(
            f"{weights.card.id} asks for {name!r}, which is no pipeline of this diffusers.",
            hint="Choose a model that runs without code of its own.",
        )
    if not any(weights.folder.glob("*/*.safetensors")):
        raise ModelUnsupported(
            f"{weights.card.id} has no safetensors weights.", hint="Choose another version of it."
        )


def _concepts(weights: Weights) -> tuple[str, ...]:
    """What a starter knows, from the model card in its folder."""
    card = weights.folder / "card.json"
    if not (weights.card.is_starter and card.is_file()):
        return ()
    return tuple(json.loads(card.read_text(encoding="utf-8"))["concepts"])


LOADERS: dict[str, Callable[[Weights, Placement], ImageEngine]] = {"diffusers": load}
