"""Settings that every tab with sound as its result has: the file it becomes, and the seed."""

from __future__ import annotations

import gradio as gr

from models.audio import FORMATS
from tabs.parts.numbers import number_field


def file_field() -> gr.Dropdown:
    """The format of the file."""
    return gr.Dropdown(
        [(name.upper(), name) for name in FORMATS], value="wav", label="File", min_width=105,
        scale=2,
    )  # fmt: skip


def seed_fields() -> tuple[gr.Number, gr.Checkbox]:
    """The seed, and whether every run draws a new one."""
    with gr.Row(elem_classes=["md-voice"]):
        return (
            number_field("Seed", placeholder="drawn by lot", min_width=120, scale=2),
            gr.Checkbox(label="New seed for every run", value=True, min_width=150, scale=3),
        )
