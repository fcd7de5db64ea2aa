"""The models tab: what is in memory, how much it takes, and what to do with it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr

from models.errors import InputError
from models.hub.client import tokens_page
from models.loading import Resident
from models.spec import CAPABILITIES
from models.warming import Loaded
from tabs.parts import Deck
from tabs.parts.cache_view import cache_view
from tabs.parts.choices import choosing, rows
from tabs.parts.deck import picked
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.hub_access import sign_in_button, token_box, who_html
from tabs.parts.markup import note, outside, said
from tabs.parts.metrics import seconds
from tabs.parts.picker import suggest_while_typing
from tabs.parts.resident_view import (
    figures_html,
    find,
    label,
    models_html,
    row,
    task_names,
    visible,
)
from tabs.parts.run import header_html
from tabs.parts.traffic import traffic_panel

NAME = "models"
TITLE = "Models"
ABOUT = (
    "Shows which models are in memory and on the disk, what they take and how they are used; loads, "
    "frees and deletes them."
)

_ACCESS = (
    "Gated and private models need a token of an account that may read them: make one of the kind Read "
    "in your settings at the Hub. An empty one makes the page forget it."
)
_CHOOSE = "Choose a model that is in memory."


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    may_change = not deck.service.public
    figures = gr.HTML(figures_html(deck))
    table = gr.HTML(models_html([]), elem_classes=["md-models"])
    line = gr.HTML("")
    with gr.Row(elem_classes=["md-models-bar"]):
        refresh = gr.Button("Refresh", size="sm", elem_classes=["md-tool"], scale=0, min_width=90)
    if may_change:
        with gr.Row(elem_classes=["md-to-foot"]):
            chosen = gr.Dropdown([], label="A model in memory", min_width=220, scale=3)
            unload = gr.Button("Unload", min_width=90, scale=1)
            pin = gr.Button("Pin or unpin", min_width=110, scale=1)
        with gr.Row(elem_classes=["md-to-foot"]):
            task = gr.Dropdown(
                [(text, name) for name, text in task_names().items()], value=CAPABILITIES[0],
                label="Task", min_width=160, scale=2,
            )  # fmt: skip
            model = gr.Dropdown(
                rows(deck, CAPABILITIES[0]), value=deck.cards(CAPABILITIES[0])[0].id,
                label="Model to load", info=choosing(deck), allow_custom_value=not deck.locked,
                min_width=220, scale=3,
            )  # fmt: skip
            load = gr.Button("Load now", variant="primary", min_width=110, scale=1)
    else:
        gr.HTML(note("On a public page models load by use, and nobody unloads them."))

    def drawn(message: str = "", chosen: str | None = None) -> list[Any]:
        residents = visible(deck)
        shown = [figures_html(deck), models_html(residents), message, header_html(deck)]
        return [*shown, menu_of(residents, chosen)] if may_change else shown

    views = [figures, table, line, deck.header, *([chosen] if may_change else [])]
    traffic_panel(deck)
    refresh.click(lambda: drawn(), None, views, **AT_ONCE)
    deck.when_opened(NAME, lambda: drawn(), views)
    if may_change:
        _changes(deck, drawn, views, chosen, unload, pin, task, model, load)
        cache_view(deck)
    _hub_access(deck)
    _endpoint(deck)


def _hub_access(deck: Deck) -> None:
    """Adds who the Hub is asked as, the box for a token, and on a Space the sign-in."""
    with gr.Accordion("Hub access", open=False, elem_classes=["md-later"]) as opened:
        who = gr.HTML("")
        if offers_sign_in(os.environ):
            sign_in_button(opened)
        gr.HTML(note(_ACCESS) + outside(tokens_page(), "Tokens of your account at the Hub"))
        box = token_box(deck, visible=True)

    async def tell() -> str:
        access = deck.access
        return who_html(access, await deck.service.account(access))

    opened.expand(tell, None, who, **PRIVATE)
    box.taken.then(tell, None, who, **PRIVATE)


def offers_sign_in(environ: Mapping[str, str]) -> bool:
    """Whether this is a Space that lets visitors sign in at the Hub."""
    return "SPACE_ID" in environ and "OAUTH_CLIENT_ID" in environ


def _changes(
    deck: Deck, drawn: Callable[..., list[Any]], views: list[Any], chosen: gr.Dropdown,
    unload: gr.Button, pin: gr.Button, task: gr.Dropdown, model: gr.Dropdown, load: gr.Button,
) -> None:  # fmt: skip
    """Wires unload, pin and load."""
    registry = deck.service.registry

    async def drop(chosen: str | None) -> list[Any]:
        found = find(visible(deck), chosen)
        if found is None:
            return drawn(said(_CHOOSE))
        gone = await asyncio.to_thread(registry.unload, found.key)
        why = "pinned" if found.pinned else "in use"
        told = f"{found.card.title} is {'gone' if gone else f'{why} and stays'}."
        return drawn(said(told), chosen)

    def hold(chosen: str | None) -> list[Any]:
        found = find(visible(deck), chosen)
        if found is None or not registry.pin(found.key, not found.pinned):
            return drawn(said(_CHOOSE))
        now = "may leave again" if found.pinned else "stays until it is unpinned"
        return drawn(said(f"{found.card.title} {now}."), chosen)

    async def fetch(task: str, model: str) -> list[Any]:
        try:
            done = await deck.answer(task, picked(model), lambda engine, stop: Loaded())
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            return drawn(alert(as_app_error(error)))
        loaded = done.metrics.load_s
        how = f"loaded in {seconds(loaded)}" if loaded else "was in memory already"
        return drawn(said(f"{done.metrics.title} {how}."))

    unload.click(drop, chosen, views, **PRIVATE)
    pin.click(hold, chosen, views, **PRIVATE)
    load.click(fetch, [task, model], views, concurrency_limit=None, **PRIVATE)
    suggest_while_typing(deck, CAPABILITIES[0], model, task)
    task.change(
        lambda task: gr.update(choices=rows(deck, task), value=deck.cards(task)[0].id),
        task, model, **AT_ONCE,
    )  # fmt: skip


def _endpoint(deck: Deck) -> None:
    """Publishes ``/models``."""

    async def models(task: str = "") -> dict[str, Any]:
        """Lists the models in memory, the device, and what may be loaded.

        Args:
            task: one of the capabilities, to list what it offers; every one when empty.

        Returns:
            ``device``, ``reason``, ``memory_bytes``, ``budget_bytes``, ``loads``, ``evictions``,
            ``loaded`` (one row a model in memory) and ``offered`` (model ids by task, default first).
        """
        if task and task not in CAPABILITIES:
            raise InputError(f"{task!r} is no task.", hint=f"Choices: {', '.join(CAPABILITIES)}.")
        registry = deck.service.registry
        label, reason = deck.service.device_label
        loads, evictions = registry.counts
        return {
            "device": label,
            "reason": reason,
            "memory_bytes": registry.charged_bytes(),
            "budget_bytes": registry.budget_bytes,
            "loads": loads,
            "evictions": evictions,
            "loaded": [row(resident) for resident in visible(deck)],
            "offered": {
                name: [card.id for card in deck.cards(name)]
                for name in ([task] if task else CAPABILITIES)
            },
        }

    deck.endpoint(models, NAME, tool=True)


def menu_of(residents: Sequence[Resident], chosen: str | None) -> Any:
    """The menu of models in memory; what was chosen stays chosen only while it is there.

    gradio refuses every event of a menu whose value is none of its choices, in words of its own.
    """
    choices = [(f"{r.card.title} ({task_names()[r.card.capability]})", label(r)) for r in residents]
    kept = chosen if chosen in [value for _, value in choices] else None
    return gr.update(choices=choices, value=kept)
