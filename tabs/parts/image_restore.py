"""A PNG gives back what it was made with, here or by another tool: the prompt, the settings, the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from models.errors import AppError, InputError
from models.image_parameters import read_any
from tabs.parts.deck import Deck, picked
from tabs.parts.errors import alert
from tabs.parts.events import AT_ONCE
from tabs.parts.image_controls import Controls
from tabs.parts.image_view import restored_html, restored_values


def restoring(
    deck: Deck, capability: str, prompt: gr.Textbox, fields: Controls, model: gr.Dropdown
) -> None:
    """Adds the closed accordion "Settings from a picture" at this place of the page."""
    with gr.Accordion("Settings from a picture", open=False, elem_classes=["md-later"]):
        dropped = gr.File(
            label="A PNG made here, by AUTOMATIC1111 or by SwarmUI",
            file_types=[".png"],
            type="binary",
            height=120,
        )
        told = gr.HTML("")
    sinks: Sequence[Component] = [
        prompt, fields.negative_prompt, *fields.numbers, fields.seed, fields.lot, fields.variation,
        fields.variation_seed, fields.strength, fields.across, fields.down, model,
    ]  # fmt: skip

    def restore(content: bytes | None) -> list[Any]:
        if content is None:
            return ["", *[gr.skip()] * len(sinks)]
        try:
            found = read_any(content)
        except AppError as error:
            return [alert(error), *[gr.skip()] * len(sinks)]
        chosen = usable(deck, capability, found.model)
        told_html, no_grid = restored_html(found, refused=not chosen), ["", ""]
        return [told_html, *restored_values(found), *no_grid, chosen or gr.skip()]

    dropped.change(restore, dropped, [told, *sinks], **AT_ONCE)


def usable(deck: Deck, capability: str, model: str) -> str:
    """The model id of a picture as the picker takes it; empty where this page may not use it.

    The picture may be a stranger's: its model is one on offer, or a Hub id where any may be typed.
    """
    wanted = model.strip()
    try:
        deck.card(capability, picked(wanted))
    except InputError:
        return ""
    return wanted
