"""The image tab's results: pictures as files, what can be done with one, and two under a slider."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from PIL import Image

from models.drawing import Drawing, Shot
from models.image_png import png_bytes
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.image_controls import Controls
from tabs.parts.image_view import caption, grid_html, live_html, result_html
from tabs.parts.markup import empty, note
from tabs.parts.numbers import EMPTY as NO_NUMBER

EMPTY = "The pictures appear here, one by one."
#: Pictures of a visit that can be compared; older ones make room.
KEPT = 12
#: Characters of a prompt in a picture's name.
NAMED = 32
#: Share of another seed's noise, and pictures, behind the button "Vary".
NEARBY, NEIGHBOURS = 0.2, 4


@dataclass(frozen=True)
class Made:
    """A picture of this visit: where its file is, what makes it again, and its name in lists."""

    path: str
    shot: Shot
    name: str


@dataclass(frozen=True)
class Results:
    """The components of the results.

    Attributes:
        live: HTML with the picture in progress, in the end the settings used.
        grid: HTML with the labelled grid, where there is one.
        gallery: the finished pictures.
        last: ``Made`` of the gallery's pictures, in their order.
        kept: ``Made`` of this visit, the newest last.
        chosen: place of the picture that was clicked in the gallery.
        again: counts up when a button asks for a drawing.
    """

    live: gr.HTML
    grid: gr.HTML
    gallery: gr.Gallery
    last: gr.State
    kept: gr.State
    chosen: gr.State
    again: gr.State


def results() -> Results:
    """Adds the results' components at this place of the page."""
    live = gr.HTML(empty(EMPTY), label="In progress")
    grid = gr.HTML("", label="Grid")
    gallery = gr.Gallery(
        label="Pictures", show_label=False, format="png", columns=2, object_fit="contain",
        height="auto", interactive=False, elem_classes=["md-pictures"],
        buttons=["download", "fullscreen"],
    )  # fmt: skip
    return Results(live, grid, gallery, gr.State([]), gr.State([]), gr.State(0), gr.State(0))


class Showing:
    """Shapes the drawings of one run for (live, grid, gallery, seed, last, kept).

    Every picture is written once; grid and gallery are sent again only when there is a new one.

    Args:
        kept: what was made before.
        title: the model's human name.
        folder: gradio's cache.
    """

    def __init__(self, kept: list[Made], title: str, folder: str) -> None:
        self._kept, self._title, self._folder = kept, title, folder
        self._made: list[Made] = []
        self._sent = -1

    def show(self, drawing: Drawing) -> list[Any]:
        """While the run goes on."""
        # the slider follows ``kept``: it may wait, so that the page stays quick and Stop at hand
        return [*self._shown(drawing, live_html(drawing))[:-1], gr.skip()]

    def show_final(self, drawing: Drawing) -> list[Any]:
        """At its end, which may be Stop."""
        self._sent = -1
        # a picture that Stop cut short is shown only where there is nothing else
        live = "" if drawing.pictures else live_html(drawing)
        return self._shown(drawing, live + result_html(drawing))

    def _shown(self, drawing: Drawing, live: str) -> list[Any]:
        for picture in drawing.pictures[len(self._made) :]:
            content = png_bytes(picture.image, drawing.settings(picture))
            path = save_bytes_to_cache(content, f"seed-{picture.shot.seed}.png", self._folder)
            number = len(self._kept) + len(self._made) + 1
            line = caption(drawing, picture)
            name = f"{number}. {drawing.prompt[:NAMED].strip()}, {line}, {self._title}"
            self._made.append(Made(str(path), picture.shot, name))
        if len(self._made) == self._sent:
            return [live, gr.skip(), gr.skip(), drawing.first.seed, gr.skip(), gr.skip()]
        self._sent = len(self._made)
        lines = [caption(drawing, picture) for picture in drawing.pictures]
        shown = list(zip((made.path for made in self._made), lines, strict=True))
        gallery = gr.update(value=shown, columns=len(drawing.across) or 2)
        kept = [*self._kept, *self._made][-KEPT:]
        grid = grid_html(drawing)
        return [live, grid, gallery, drawing.first.seed, [*self._made], kept]


def picture_buttons(found: Results, fields: Controls) -> None:
    """Adds the buttons for the chosen picture: its seed, pictures near it, a new one from it."""
    with gr.Row(visible=False, elem_classes=["md-tools"]) as row:
        reuse = gr.Button(
            "Use its seed", size="sm", elem_classes=["md-tool"], min_width=90, scale=0
        )
        vary = gr.Button("Vary it", size="sm", elem_classes=["md-tool"], min_width=70, scale=0)
        start = gr.Button(
            "Start from it", size="sm", elem_classes=["md-tool"], min_width=100, scale=0
        )  # fmt: skip
    told = gr.HTML("")

    def choose(event: gr.SelectData) -> int:
        return int(event.index)

    def offer(last: list[Made]) -> list[Any]:
        return [gr.update(visible=bool(last)), max(0, len(last) - 1), ""]

    def use_seed(last: list[Made], chosen: int) -> list[Any]:
        shot = picked(last, chosen).shot
        return [shot.seed, False, note(f"Seed {shot.seed} stays until you ask for a new one.")]

    def near(last: list[Made], chosen: int, again: int) -> list[Any]:
        return [picked(last, chosen).shot.seed, False, NEARBY, NO_NUMBER, NEIGHBOURS, None, "",
                "",
                again + 1]  # fmt: skip

    def source(last: list[Made], chosen: int) -> list[Any]:
        text = "The picture is set under Start from a picture: change the prompt and draw."
        return [picked(last, chosen).path, note(text)]

    found.gallery.select(choose, None, found.chosen, **AT_ONCE)
    found.last.change(offer, found.last, [row, found.chosen, told], **AT_ONCE)
    of_picture = [found.last, found.chosen]
    reuse.click(use_seed, of_picture, [fields.seed, fields.lot, told], **AT_ONCE)
    # through the queue: without it gradio's page does not hear that a state has changed
    vary.click(
        near, [*of_picture, found.again],
        [fields.seed, fields.lot, fields.variation, fields.variation_seed, fields.count,
         fields.source, fields.across, fields.down, found.again], **PRIVATE,
    )  # fmt: skip
    start.click(source, of_picture, [fields.source, told], **AT_ONCE)


def picked(last: list[Made], chosen: int) -> Made:
    """The picture at a place of the gallery, the newest where the gallery has changed since."""
    return last[min(chosen, len(last) - 1)]


def slider(found: Results) -> None:
    """Adds the comparison of two pictures of this visit under a slider."""
    with gr.Accordion("Compare two pictures", open=True, visible=False) as part:
        with gr.Row():
            left = gr.Dropdown(label="Left", min_width=220)
            right = gr.Dropdown(label="Right", min_width=220)
        pair = gr.ImageSlider(
            label="Left and right", show_label=False, format="png", interactive=False,
            elem_classes=["md-pair"], buttons=["fullscreen"],
        )  # fmt: skip
        told = gr.HTML("")

    def follow(kept: list[Made]) -> list[Any]:
        choices = [(made.name, made.path) for made in kept]
        if len(choices) < 2:
            return [gr.update(visible=False), *[gr.skip()] * 4]
        ends = [choices[-2][1], choices[-1][1]]
        chosen = [gr.update(choices=choices, value=end) for end in ends]
        return [gr.update(visible=True), *chosen, *under_slider(ends[0], ends[1], kept)]

    found.kept.change(follow, found.kept, [part, left, right, pair, told], **AT_ONCE)
    gr.on(
        [left.input, right.input], under_slider, [left, right, found.kept], [pair, told], **AT_ONCE
    )


def under_slider(left: str | None, right: str | None, kept: list[Made]) -> list[Any]:
    """The two pictures in one size, and a sentence when one had to be scaled.

    A path that is not of this visit is ignored: it came from outside.
    """
    names = {made.path: made.name for made in kept}
    if left not in names or right not in names:
        return [gr.skip(), gr.skip()]
    with Image.open(left) as first, Image.open(right) as second:
        if first.size == second.size:
            return [(left, right), ""]
        scaled = second.convert("RGB").resize(first.size, Image.Resampling.LANCZOS)
        text = f"The right one has {second.width} x {second.height} pixels and is scaled to fit."
    return [(left, scaled), note(text)]


def cache_of(found: Results) -> str:
    """The folder that gradio serves the gallery's pictures from."""
    return str(Path(found.gallery.GRADIO_CACHE))
