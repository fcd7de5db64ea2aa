"""Checks what is asked of an image pipeline, and turns it into a drawing with nothing drawn yet.

What it refuses, what it warns of, and the shots that make up the drawing. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from models.drawing import (
    MAX_COUNT,
    MAX_GUIDANCE,
    MAX_STEPS,
    Drawing,
    Shot,
    check_text,
    known_concepts,
)
from models.errors import InputError
from models.image_grid import Axis, shots
from models.image_pipelines import Abilities
from models.image_sources import check_source, fingerprint, fitted
from models.ranges import MAX_SEED, seed_or_lot, within

#: Shares of a model's own number of pixels between which it draws well.
FEWEST_PIXELS, MOST_PIXELS = 0.5, 1.6


@dataclass(frozen=True)
class Wish:
    """What a caller asks for; the fields are those of ``ImageEngine.draw``."""

    prompt: str
    negative_prompt: str = ""
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    guidance: float | None = None
    seed: int | None = None
    count: int = 1
    variation: float = 0.0
    variation_seed: int | None = None
    source: Image.Image | None = None
    strength: float = 0.0
    across: Axis | None = None
    down: Axis | None = None


@dataclass(frozen=True)
class Planner:
    """Knows what a model can do.

    Attributes:
        can: what its pipeline takes.
        reader: counts a prompt's tokens; None where the pipeline has none that is known.
        concepts: things a small model knows; empty for a general one.
        starts_from_pictures: whether it takes a source picture.
        facts: fields that every drawing of the model has, such as its id and revision.
    """

    can: Abilities
    reader: Any
    concepts: tuple[str, ...]
    starts_from_pictures: bool
    facts: dict[str, Any]

    def plan(self, wish: Wish) -> Drawing:
        """The checked settings as a drawing with nothing drawn.

        Raises:
            InputError: for a value out of range, with the range; for a source picture where the
                model can't start from one.
        """
        check_text(wish.prompt, wish.negative_prompt)
        can, source = self.can, wish.source
        drawing = Drawing(
            prompt=wish.prompt,
            negative_prompt=wish.negative_prompt.strip() if can.supports_negative_prompt else "",
            width=self._side("width", can.width if wish.width is None else wish.width),
            height=self._side("height", can.height if wish.height is None else wish.height),
            shots=self._shots(wish),
            across=wish.across.labels if wish.across else (),
            down=wish.down.labels if wish.across and wish.down else (),
            **self.facts,
        )
        if source is not None:
            self._check_start(source, wish.strength, drawing)
            drawing = replace(drawing, strength=wish.strength, source=fingerprint(source))
        return replace(drawing, warnings=tuple(self._warnings(drawing, wish)))

    def _shots(self, wish: Wish) -> tuple[Shot, ...]:
        """The settings of each picture."""
        first = self._first(wish.steps, wish.guidance, wish.seed)
        if wish.across is not None:
            self._check_axes(wish.across, wish.down)
            return shots(first, wish.across, wish.down, wish.prompt)
        number = int(within("count", wish.count, 1, MAX_COUNT))
        return counted(first, number, wish.variation, wish.variation_seed)

    def _first(self, steps: int | None, guidance: float | None, seed: int | None) -> Shot:
        """The checked settings of the first picture."""
        can = self.can
        used = 0.0 if not can.supports_guidance else can.guidance if guidance is None else guidance
        return Shot(
            seed=int(within("seed", seed_or_lot(seed), 0, MAX_SEED)),
            steps=int(within("steps", can.steps if steps is None else steps, 1, MAX_STEPS)),
            guidance=within("guidance", used, 0, MAX_GUIDANCE),
        )

    def _check_axes(self, across: Axis, down: Axis | None) -> None:
        if "guidance" in (across.setting, down.setting if down else "") and not (
            self.can.supports_guidance
        ):
            raise InputError(
                "This model has no guidance, so that a grid over it would show one picture again "
                "and again.",
                hint="Choose steps or seed.",
            )

    def _side(self, name: str, pixels: int) -> int:
        can = self.can
        within(name, pixels, can.min_size, can.max_size)
        if pixels % can.size_multiple:
            below = pixels // can.size_multiple * can.size_multiple
            raise InputError(
                f"The {name} of {pixels} pixels is no multiple of {can.size_multiple}.",
                hint=f"Use {below} or {below + can.size_multiple}.",
            )
        return int(pixels)

    def _check_start(self, source: Image.Image, strength: float, plan: Drawing) -> None:
        """Refuses a source picture that can't be drawn from."""
        if not self.starts_from_pictures:
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

    def _warnings(self, plan: Drawing, wish: Wish) -> Iterator[str]:
        """What the model will not do as asked, and what it does badly."""
        can, shot, source = self.can, plan.first, wish.source
        if wish.negative_prompt.strip() and not can.supports_negative_prompt:
            yield "This model takes no negative prompt: it was not used."
        elif plan.negative_prompt and shot.guidance <= 1:
            yield f"At guidance {shot.guidance:g} a negative prompt has no effect."
        if wish.guidance and not can.supports_guidance:
            yield f"This model has no guidance: {wish.guidance:g} was not used."
        if source is not None and (cut := fitted(source, plan.width, plan.height)[1]):
            yield cut
        if source is not None and shot.variation:
            yield "Variation says nothing with a source picture: it was not used."
        yield from self._size_warning(plan)
        yield from self._length_warnings(plan)
        prompts = {shot.prompt or plan.prompt for shot in plan.shots}
        if self.concepts and not all(known_concepts(text, self.concepts) for text in prompts):
            yield (
                f"This model knows {len(self.concepts)} things and none of them is in the prompt: "
                "the picture is a guess."
            )

    def _size_warning(self, plan: Drawing) -> Iterator[str]:
        can = self.can
        if not FEWEST_PIXELS <= plan.width * plan.height / (can.width * can.height) <= MOST_PIXELS:
            yield (
                f"The model is made for {can.width} x {can.height} pixels; {plan.width} x "
                f"{plan.height} is far from it, and pictures come out repeated or broken."
            )

    def _length_warnings(self, plan: Drawing) -> Iterator[str]:
        """Prompts that go on after the last token that is read."""
        if self.reader is None:
            return
        for name, text in (("prompt", plan.prompt), ("negative prompt", plan.negative_prompt)):
            total, cut_off = self.reader.excess(text) if text else (0, 0)
            if cut_off:
                yield (
                    f"The model reads the first {total - cut_off} of the {name}'s {total} "
                    "tokens; what comes after has no effect."
                )


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
