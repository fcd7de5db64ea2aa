"""The learner card of a tab: what the task is, how to read the result, what goes wrong."""

from __future__ import annotations

import gradio as gr

from tabs.parts.look import ASSETS


def learner_card(capability: str) -> None:
    """Adds the card from ``assets/learn``, closed, at this place of the page.

    Raises:
        FileNotFoundError: at start, when a tab has no card.
    """
    text = (ASSETS / "learn" / f"{capability}.md").read_text("utf-8")
    with gr.Accordion("How this works", open=False, elem_classes=["md-learn"]):
        gr.Markdown(text, elem_classes=["md-card-text"])
