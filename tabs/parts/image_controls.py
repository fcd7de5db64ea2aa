"""The image tab's settings: size and seed, a source picture, a grid; and what fills them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from models.drawing import MAX_COUNT, STRENGTH
from models.errors import AppError
from models.image_grid import SETTINGS, WORDS, axis
from models.image_sources import open_source
from models.spec import ModelCard
from tabs.parts.errors import alert
from tabs.parts.events import AT_ONCE
from tabs.parts.image_view import LEAST_STRENGTH, defaults, inline
from tabs.parts.numbers import Entered, entered, number_field, whole

#: Shapes on offer: (name, width to height). All have about the number of pixels that a model likes.
SHAPES = (
    ("Square 1:1", 1.0), ("Landscape 4:3", 4 / 3), ("Landscape 3:2", 3 / 2), ("Wide 16:9", 16 / 9),
    ("Portrait 3:4", 3 / 4), ("Portrait 2:3", 2 / 3), ("Tall 9:16", 9 / 16),
)  # fmt: skip
#: Sides are multiples of it, which every architecture here takes.
SIDE_STEP = 64
#: Models with a smaller side than this have learned one size only.
LEAST_SHAPED = 512


@dataclass(frozen=True)
class Controls:
    """The components of the settings; ``inputs`` names them as the tab's job does."""

    negative_prompt: gr.Textbox
    shape: gr.Dropdown
    width: gr.Number
    height: gr.Number
    steps: gr.Number
    guidance: gr.Number
    seed: gr.Number
    lot: gr.Checkbox
    variation: gr.Slider
    variation_seed: gr.Number
    count: gr.Slider
    source: gr.File
    strength: gr.Slider
    across: gr.Dropdown
    across_values: gr.Textbox
    down: gr.Dropdown
    down_values: gr.Textbox

    @property
    def numbers(self) -> list[Component]:
        """Width, height, steps and guidance."""
        return [self.width, self.height, self.steps, self.guidance]

    @property
    def inputs(self) -> list[Component]:
        """What a drawing is made of, in the order of ``settings``."""
        return [
            self.negative_prompt, *self.numbers, self.seed, self.lot, self.variation,
            self.variation_seed, self.count, self.source, self.strength, self.across,
            self.across_values, self.down, self.down_values,
        ]  # fmt: skip


def controls(card: ModelCard) -> Controls:
    """Adds the settings at this place of the page, closed, filled with a model's defaults."""
    width, height, steps, guidance = defaults(card)
    with gr.Accordion("Settings", open=False, elem_classes=["md-later"]):
        negative_prompt = gr.Textbox(label="Negative prompt", info="What to avoid.")
        shape = gr.Dropdown(**shape_values(card), label="Shape")
        with gr.Row():
            sides = [_number("Width, pixels", width), _number("Height, pixels", height)]
        with gr.Row():
            rest = [_number("Steps", steps), _number("Guidance", guidance)]
        with gr.Row():
            seed = _number("Seed", placeholder="drawn by lot")
            lot = gr.Checkbox(label="New seed for every run", value=True, min_width=90)
        count = gr.Slider(1, MAX_COUNT, 1, step=1, label="Pictures")
        with gr.Row():
            variation = gr.Slider(
                0, 1, 0, step=0.05, label="Variation", min_width=160,
                info="Above 0: pictures near the seed's own. 0.1 is close, 1 is another.",
            )  # fmt: skip
            variation_seed = _number("Variation seed", info="Empty: the ones after the seed.")
    with gr.Accordion("Start from a picture", open=False, elem_classes=["md-later"]):
        source = gr.File(
            label="PNG, JPEG or WebP", file_types=[".png", ".jpg", ".jpeg", ".webp"],
            type="filepath", height=120,
        )  # fmt: skip
        thumb = gr.HTML("")
        strength = gr.Slider(
            LEAST_STRENGTH, 1, STRENGTH, step=0.05, label="Strength",
            info="How much is redrawn: 0.3 keeps shapes and colours, 0.9 keeps a hint.",
        )  # fmt: skip
    with gr.Accordion("Grid over one or two settings", open=False, elem_classes=["md-later"]):
        names = [("none", ""), *[(name.capitalize(), name) for name in SETTINGS]]
        with gr.Row():
            across = gr.Dropdown(names, value="", label="Columns", min_width=110)
            across_values = gr.Textbox(label="Values", placeholder="10, 20, 30", min_width=130)
        with gr.Row():
            down = gr.Dropdown(names, value="", label="Rows", min_width=110)
            down_values = gr.Textbox(label="Values", placeholder="1, 4, 8", min_width=130)
    for side, values in ((across, across_values), (down, down_values)):
        side.change(values_look, side, values, **AT_ONCE)
    source.change(thumb_html, source, thumb, **AT_ONCE)
    shape.input(sides_of, shape, sides, **AT_ONCE)
    return Controls(
        negative_prompt, shape, sides[0], sides[1], rest[0], rest[1], seed, lot, variation,
        variation_seed, count, source, strength, across, across_values, down, down_values,
    )  # fmt: skip


def values_look(side: str | None) -> Any:
    """What the field for the values of a grid's side says it takes."""
    if side == WORDS:
        return gr.update(label="Words, the first from the prompt", placeholder="cat, dog, owl")
    return gr.update(label="Values", placeholder="10, 20, 30")


def _number(label: str, value: Any = None, **look: Any) -> gr.Number:
    return number_field(label, value, min_width=90, **look)


def settings(
    negative_prompt: str | None, width: Entered, height: Entered, steps: Entered,
    guidance: Entered, seed: Entered, lot: bool | None, variation: float | None,
    variation_seed: Entered, count: float | None, source: str | None, strength: float | None,
    across: str | None, across_values: str | None, down: str | None, down_values: str | None,
) -> dict[str, Any]:  # fmt: skip
    """The fields as arguments of ``ImageEngine.draw``.

    Every field is None until its part of the page was opened: that means its default, as does an
    empty number.

    Raises:
        InputError: for a source picture that can't be read, or a side of a grid that is none.
    """
    columns, rows = axis(across or "", across_values or ""), axis(down or "", down_values or "")
    if columns is None:
        columns, rows = rows, None
    return {
        "negative_prompt": negative_prompt or "",
        "width": whole(width),
        "height": whole(height),
        "steps": whole(steps),
        "guidance": entered(guidance),
        "seed": None if lot is None or lot else whole(seed),
        "variation": variation or 0.0,
        "variation_seed": whole(variation_seed),
        "count": 1 if count is None else int(count),
        "source": None if source is None else open_source(Path(source)),
        "strength": STRENGTH if strength is None else strength,
        "across": columns,
        "down": rows,
    }


def thumb_html(source: str | None) -> str:
    """The source picture, small, or why it is refused."""
    if source is None:
        return ""
    try:
        image = open_source(Path(source))
    except AppError as error:
        return alert(error)
    return f'<div class="md-source">{inline(image, "The picture to start from", 192)}</div>'


def sides(card: ModelCard) -> list[tuple[str, int, int]]:
    """(name, width, height) of the shapes that suit a model; empty where it knows one size only."""
    width, height, *_ = defaults(card)
    if not isinstance(width, int) or not isinstance(height, int) or width < LEAST_SHAPED:
        return []
    area = width * height
    return [(name, *_sides(area, ratio)) for name, ratio in SHAPES]


def _sides(area: int, ratio: float) -> tuple[int, int]:
    width = round(math.sqrt(area * ratio) / SIDE_STEP) * SIDE_STEP
    return width, round(math.sqrt(area / ratio) / SIDE_STEP) * SIDE_STEP


def shape_values(card: ModelCard) -> dict[str, Any]:
    """Choices, value and visibility of the shape field for a model."""
    offered = sides(card)
    choices = [(f"{name} ({w} x {h})", f"{w}x{h}") for name, w, h in offered]
    first = choices[0][1] if choices else None
    return {"choices": choices, "value": first, "visible": bool(choices)}


def sides_of(shape: str | None) -> list[Any]:
    """Width and height of a chosen shape."""
    if not shape:
        return [gr.skip(), gr.skip()]
    return [int(side) for side in shape.split("x")]
