"""Image generation: draws pictures from a text with any diffusers text-to-image pipeline.

One picture at a time, each from its own seed, with a report after every denoising step. What a
pipeline takes and its defaults come from ``models.image_pipelines``; previews of unfinished
pictures from ``models.image_previews``. Papers: latent diffusion (Rombach et al. 2022), flow
matching (Lipman et al. 2023). Model card of the starter: models/starter/weights/image/card.json.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from PIL import Image

from models.device import tensor_bytes
from models.drawing import (
    MAX_COUNT,
    MAX_GUIDANCE,
    MAX_SEED,
    MAX_STEPS,
    STRENGTH,
    Drawing,
    Picture,
    Shot,
    check_text,
    known_concepts,
    seed_or_lot,
    time_left,
    within,
)
from models.errors import InputError, ModelUnsupported
from models.image_grid import Axis, shots
from models.image_lora import SCALE, fuse, lora_files
from models.image_memory import MemoryMode, choose, settle
from models.image_pipelines import Abilities, abilities, fixed_arguments, longest_reader
from models.image_previews import Painter
from models.image_runs import Follower, Step, blend_noise, run_of_its_own
from models.image_sources import check_source, fingerprint, fitted, share_offloading, twin
from models.spec import Placement, Weights
from models.stepwise import stepwise
from models.stop import NEVER, StopToken

#: Shares of a model's own number of pixels between which it draws well.
FEWEST_PIXELS, MOST_PIXELS = 0.5, 1.6


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
        self._from_picture = from_picture
        self._model, self._revision = weights.card.id, weights.revision
        self.concepts, self.loras = concepts, loras
        self.has_safety_checker = getattr(pipe, "safety_checker", None) is not None
        self.supports_negative_prompt = abilities.supports_negative_prompt
        self.supports_guidance = abilities.supports_guidance
        self.supports_source = from_picture is not None
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
        first = self._shot(steps, guidance, seed)
        if across is not None:
            self._check_axes(across, down)
            wanted = shots(first, across, down)
        else:
            number = int(within("count", count, 1, MAX_COUNT))
            wanted = counted(first, number, variation, variation_seed)
        plan = self._plan(prompt, negative_prompt, width, height, wanted)
        start = self._start(source, strength, plan) if source is not None else None
        plan = replace(
            plan,
            across=across.labels if across else (),
            down=down.labels if across and down else (),
            strength=strength if source is not None else 0.0,
            source=fingerprint(source) if source is not None else "",
            warnings=tuple(self._warnings(plan, negative_prompt, guidance, source)),
        )
        for index in range(plan.count):
            stop.check()
            for drawing in self._picture(plan, index, start, stop):
                plan = drawing
                yield drawing

    def _shot(self, steps: int | None, guidance: float | None, seed: int | None) -> Shot:
        """The checked settings of the first picture."""
        can = self.abilities
        used = 0.0 if not can.supports_guidance else can.guidance if guidance is None else guidance
        return Shot(
            seed=int(within("seed", seed_or_lot(seed), 0, MAX_SEED)),
            steps=int(within("steps", can.steps if steps is None else steps, 1, MAX_STEPS)),
            guidance=within("guidance", used, 0, MAX_GUIDANCE),
        )

    def _check_axes(self, across: Axis, down: Axis | None) -> None:
        if "guidance" in (across.setting, down.setting if down else "") and not (
            self.supports_guidance
        ):
            raise InputError(
                "This model has no guidance, so that a grid over it would show one picture again "
                "and again.",
                hint="Choose steps or seed.",
            )

    def _plan(
        self,
        prompt: str,
        negative_prompt: str,
        width: int | None,
        height: int | None,
        wanted: tuple[Shot, ...],
    ) -> Drawing:
        """The checked settings as a drawing with nothing drawn."""
        can = self.abilities
        check_text(prompt, negative_prompt)
        return Drawing(
            prompt=prompt,
            negative_prompt=negative_prompt.strip() if can.supports_negative_prompt else "",
            width=self._side("width", can.width if width is None else width),
            height=self._side("height", can.height if height is None else height),
            shots=wanted,
            model=self._model,
            revision=self._revision,
            safety_checker=self.has_safety_checker,
            memory=self.memory.sentence,
            loras=self.loras,
        )

    def _side(self, name: str, pixels: int) -> int:
        within(name, pixels, self.min_size, self.max_size)
        if pixels % self.size_multiple:
            below = pixels // self.size_multiple * self.size_multiple
            raise InputError(
                f"The {name} of {pixels} pixels is no multiple of {self.size_multiple}.",
                hint=f"Use {below} or {below + self.size_multiple}.",
            )
        return int(pixels)

    def _start(self, source: Image.Image, strength: float, plan: Drawing) -> Image.Image:
        """The source picture in the size of the drawing."""
        if not self.supports_source:
            raise InputError(
                "This model can't start from a picture.",
                hint="Take the picture away, or choose a Stable Diffusion or FLUX model.",
            )
        check_source(source)
        fewest = min(shot.steps for shot in plan.shots)
        if int(fewest * within("strength", strength, 0, 1)) < 1:
            raise InputError(
                f"At strength {strength:g}, no step of {fewest} is left to draw with.",
                hint="Raise the strength or the steps.",
            )
        return fitted(source, plan.width, plan.height)[0]

    def _warnings(
        self, plan: Drawing, negative: str, guidance: float | None, source: Image.Image | None
    ) -> Iterator[str]:
        """What the model will not do as asked, and what it does badly."""
        shot = plan.first
        if negative.strip() and not self.supports_negative_prompt:
            yield "This model takes no negative prompt: it was not used."
        elif plan.negative_prompt and shot.guidance <= 1:
            yield f"At guidance {shot.guidance:g} a negative prompt has no effect."
        if guidance and not self.supports_guidance:
            yield f"This model has no guidance: {guidance:g} was not used."
        if source is not None and (cut := fitted(source, plan.width, plan.height)[1]):
            yield cut
        if source is not None and shot.variation:
            yield "Variation says nothing with a source picture: it was not used."
        yield from self._size_warning(plan)
        if self._reader is not None:
            for name, text in (("prompt", plan.prompt), ("negative prompt", plan.negative_prompt)):
                total, cut_off = self._reader.excess(text) if text else (0, 0)
                if cut_off:
                    yield (
                        f"The model reads the first {total - cut_off} of the {name}'s {total} "
                        "tokens; what comes after has no effect."
                    )
        if self.concepts and not known_concepts(plan.prompt, self.concepts):
            yield (
                f"This model knows {len(self.concepts)} things and none of them is in the prompt: "
                "the picture is a guess."
            )

    def _size_warning(self, plan: Drawing) -> Iterator[str]:
        can = self.abilities
        if not FEWEST_PIXELS <= plan.width * plan.height / (can.width * can.height) <= MOST_PIXELS:
            yield (
                f"The model is made for {can.width} x {can.height} pixels; {plan.width} x "
                f"{plan.height} is far from it, and pictures come out repeated or broken."
            )

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
            "prompt": plan.prompt,
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


def counted(
    first: Shot, count: int, variation: float = 0.0, variation_seed: int | None = None
) -> tuple[Shot, ...]:
    """The shots of pictures that are no grid.

    Args:
        first: the first one, without a variation.
        count: how many.
        variation: 0 for seeds that count up from the first one's; up to 1 for the first one's
            seed, varied by other seeds.
        variation_seed: the first of those; the one after the first one's when None.
    """
    share = within("variation", variation, 0, 1)
    if not share:
        return tuple(replace(first, seed=seed) for seed in _counting(first.seed, count))
    other = first.seed + 1 if variation_seed is None else variation_seed
    if variation_seed is not None:
        within("variation seed", variation_seed, 0, MAX_SEED)
    seeds = _counting(other, count)
    return tuple(replace(first, variation=share, variation_seed=seed) for seed in seeds)


def _counting(seed: int, count: int) -> list[int]:
    """Seeds that count up, and on from 0 after the last."""
    return [(seed + i) % (MAX_SEED + 1) for i in range(count)]


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
    loras = _fused(pipe, weights)
    from_picture = twin(pipe)
    memory = choose([tensor_bytes(part) for part in parts(pipe)], placement.device)
    readable = hasattr(getattr(pipe, "vae", None), "encode")
    painter = Painter(pipe, away=memory.offloads) if readable else None
    settle(pipe, memory, placement.device)
    if from_picture is not None:
        share_offloading(pipe, from_picture)
    return ImageEngine(pipe, can, weights, memory, painter, from_picture, _concepts(weights), loras)


def _fused(pipe: Any, weights: Weights) -> tuple[str, ...]:
    """Adds the LoRA files in the model's folder; a line for each."""
    scale = float(str(weights.card.defaults.get(SCALE, 1.0)))
    files = lora_files(weights.folder)
    for path in files:
        fuse(pipe, path, scale)
    return tuple(f"{path.stem} at {scale:g}" for path in files)


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
