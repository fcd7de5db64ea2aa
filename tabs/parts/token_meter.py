"""The token meter under a text box: how much of the model's window the text fills, while it is written."""

from __future__ import annotations

import gradio as gr

from models.errors import AppError
from models.snippets import source_of
from models.token_meter import Metered, metered
from models.units import counted
from tabs.parts.deck import Deck
from tabs.parts.events import AT_ONCE
from tabs.parts.markup import Ours, bars, note


def token_meter(deck: Deck, capability: str, text: gr.Textbox, model: gr.Dropdown) -> None:
    """Adds the meter at this place of the page.

    Args:
        deck: the page.
        capability: whose model.
        text: what is measured, whoever writes into it.
        model: the picker.
    """
    shown = gr.HTML("", elem_classes=["md-meter"])

    def measure(text: str, model: str) -> str:
        if not text.strip():
            return ""
        try:
            card = deck.card(capability, model)
            found = metered(text, card, source_of(card, deck.service, model))
        except AppError:  # the picker shows why
            return ""
        return meter_html(found)

    gr.on(
        [text.change, model.change], measure, [text, model], shown,
        trigger_mode="always_last", **AT_ONCE,
    )  # fmt: skip


def meter_html(found: Metered) -> str:
    """A bar where the window is known, and one sentence."""
    about = "" if found.counted else "about "
    length = f"{about}{counted(found.tokens, 'token')}"
    if found.by_sentence:
        return note(f"{length.capitalize()}; the model reads sentence by sentence, however many.")
    if not found.room:
        return note(f"{length.capitalize()}; the model's window is known once it is here.")
    parts = -(-found.tokens // found.room)
    how = "read at once" if parts <= 1 else f"read in {parts} parts or more"
    bar = bars(
        [(Ours("window filled"), found.tokens / found.room)], label="share of the model's window"
    )
    return bar + note(f"{length.capitalize()} of {found.room:,}: {how}.")
