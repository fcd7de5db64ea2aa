"""Which model each of the assistant's tools runs: the one that is chosen in the tool's own tab."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import gradio as gr

from models.errors import AppError
from models.tools import TOOLS
from tabs.parts.deck import Deck
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.markup import note

_WHAT = "Each tool runs the model that is chosen in its own tab."


def tool_models(deck: Deck) -> gr.State:
    """Adds the closed accordion "Models of the tools" at this place of the page.

    Returns:
        Capability -> id of the model that is chosen in its tab, for those that have been changed.
    """
    chosen = gr.State({})
    with gr.Accordion("Models of the tools", open=False, elem_classes=["md-later"]):
        gr.HTML(note(_WHAT))
        listing = gr.HTML(
            models_html(deck, usual(deck)), js_on_load="modeldeck.turns(element, trigger)"
        )

    def connect(tabs: gr.Tabs) -> None:
        pickers = {
            name: part
            for name in usual(deck)
            if (part := deck.linked.get(name, {}).get("model")) is not None
        }

        def follow(*ids: str | None) -> list[Any]:
            # a tab that was never opened tells nothing of its picker
            now = {
                name: str(one) for name, one in zip(pickers, ids, strict=True) if one is not None
            }
            return [now, models_html(deck, {**usual(deck), **now})]

        listing.select(_opened, None, tabs, **PRIVATE)
        if not pickers:
            return
        gr.on(
            [picker.change for picker in pickers.values()],  # type: ignore[attr-defined]
            follow, [*pickers.values()], [chosen, listing], trigger_mode="always_last", **AT_ONCE,
        )  # fmt: skip

    deck.late.append(connect)
    return chosen


def _opened(event: gr.EventData) -> Any:
    return gr.Tabs(selected=list(_titles())[int(event.turn)])


def _titles() -> dict[str, str]:
    """Capability of every tool -> what the page calls it."""
    return {tool.capability: tool.title for tool in TOOLS.values()}


def usual(deck: Deck) -> dict[str, str]:
    """Capability of every tool -> id of the model that its tab starts with."""
    return {name: deck.cards(name)[0].id for name in _titles()}


def models_html(deck: Deck, models: Mapping[str, str]) -> str:
    """Each tool with its model, and a button that opens its tab.

    Args:
        deck: the page.
        models: capability -> model id; empty for a picker that was emptied.
    """
    rows = "".join(
        f'<li><span>{html.escape(title)}</span><span dir="auto">{_model(deck, name, models[name])}</span>'
        f"{_change(place, title) if name in deck.service.settings.shown_tabs else ''}</li>"
        for place, (name, title) in enumerate(_titles().items())
    )
    return f'<ul class="md-tool-models">{rows}</ul>'


def _change(place: int, title: str) -> str:
    """The button that opens the tab where a tool's model is chosen."""
    return (
        f'<span class="md-turn-tools"><button type="button" data-act="pick" data-turn="{place}" '
        f'aria-label="Change the model of {html.escape(title)}">Change model</button></span>'
    )


def _model(deck: Deck, capability: str, model: str) -> str:
    if not model.strip():
        return '<em translate="yes">No model is chosen</em>'
    try:
        return html.escape(deck.card(capability, model).title)
    except AppError:  # a run of it says what is wrong
        return html.escape(model)
