"""The image tab: a prompt in, pictures out one by one, with a live view of the one in progress."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.errors import AppError
from tabs.parts import Deck, Job, model_picker, run_bar, send_to, wire
from tabs.parts.code_view import code_view
from tabs.parts.events import AT_ONCE
from tabs.parts.image_batch import draw_many
from tabs.parts.image_compare import compare_pictures
from tabs.parts.image_controls import controls, settings, shape_values
from tabs.parts.image_endpoints import endpoints
from tabs.parts.image_restore import restoring
from tabs.parts.image_results import Made, Showing, cache_of, picture_buttons, results, slider
from tabs.parts.image_view import advice_html, defaults
from tabs.parts.numbers import Entered, filled

NAME = "image_generation"
TITLE = "Image generation"
ABOUT = "Draws pictures from a description, with a live view of every picture in progress."

EXAMPLES = [
    ("A panda", ["a panda"]),
    ("A sunflower", ["a sunflower"]),
    ("A blue car", ["a blue car"]),
    ("A penguin", ["a penguin"]),
    ("A castle", ["a castle"]),
]
PRESETS = {
    "Quick sketch": {"steps": 8, "count": 1},
    "Four to choose from": {"count": 4},
    "With care": {"steps": 40, "count": 1},
}


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    card = deck.cards(NAME)[0]
    with gr.Row(elem_classes=["md-image_generation"]):
        with gr.Column():
            prompt = gr.Textbox(label="Prompt", lines=2, placeholder="Say what to draw.")
            examples = gr.Row(elem_classes=["md-examples"])
            bar = run_bar("Draw")
            model = model_picker(deck, NAME)
            advice = gr.HTML(advice_html(card), elem_classes=["md-later"])
            fields = controls(card)
            restoring(deck, NAME, prompt, fields, model)
        with gr.Column():
            found = results()
            picture_buttons(found, fields)
            slider(found)

    def job(
        prompt: str, negative_prompt: str | None, width: Entered, height: Entered, steps: Entered,
        guidance: Entered, seed: Entered, lot: bool | None, variation: float | None,
        variation_seed: Entered, count: float | None, source: str | None,
        strength: float | None, across: str | None, across_values: str | None, down: str | None,
        down_values: str | None, model: str, kept: list[Made],
    ) -> Job:  # fmt: skip
        wanted = settings(
            negative_prompt, width, height, steps, guidance, seed, lot, variation, variation_seed,
            count, source, strength, across, across_values, down, down_values,
        )  # fmt: skip
        showing = Showing(kept, deck.card(NAME, model).title, cache_of(found))
        return Job(
            model,
            lambda engine, stop: engine.draw(prompt, **wanted, stop=stop),
            showing.show,
            showing.show_final,
        )

    deck.accept(NAME, "text", prompt)
    send_to(deck, NAME, bar.tools, "text", prompt, "prompt")
    wire(
        deck, NAME, bar, job, [prompt, *fields.inputs, model, found.kept],
        [found.live, found.grid, found.gallery, fields.seed, found.last, found.kept],
        also=[prompt.submit, found.again.change], examples=EXAMPLES, example_inputs=[prompt],
        slot=examples, presets=PRESETS,
    )  # fmt: skip

    def follow(model: str) -> list[Any]:
        try:
            chosen = deck.card(NAME, model)
        except AppError:  # the picker itself shows why
            return [gr.skip()] * 2
        return [advice_html(chosen), gr.update(**shape_values(chosen))]

    def choose(model: str) -> list[Any]:
        try:
            return [filled(value) for value in defaults(deck.card(NAME, model))]
        except AppError:  # the picker itself shows why
            return [gr.skip()] * 4

    model.change(follow, model, [advice, fields.shape], **AT_ONCE)
    # not when a link, a preset or an earlier run fills in the model: they bring numbers of their own
    model.input(choose, model, fields.numbers, **AT_ONCE)

    compare_pictures(deck, NAME, [prompt, *fields.inputs])
    draw_many(deck, NAME, model, fields.inputs)
    code_view(deck, NAME, bar, {"prompt": prompt, **vars(fields)}, model)
    endpoints(deck, NAME)
