"""The models tab: what is in memory, how much it takes, and what to do with it."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import gradio as gr

from models.errors import InputError
from models.loading import Resident, State
from models.spec import CAPABILITIES, Work
from tabs.parts import Deck, empty
from tabs.parts.errors import alert, as_app_error
from tabs.parts.metrics import seconds, size
from tabs.parts.run import header_html
from tabs.parts.traffic import traffic_panel

NAME = "models"
TITLE = "Models"
ABOUT = (
    "Shows which models are in memory, what they take and how they are used; loads and frees them."
)

_PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_NAMES = {name: name.replace("_", " ") for name in CAPABILITIES}


@dataclass(frozen=True)
class Ready:
    """The result of a load that runs nothing."""

    work: Work = field(default_factory=lambda: Work(0, "models"))


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    may_change = not (deck.service.settings.share or deck.service.settings.on_space)
    table = gr.HTML(models_html(deck.service.registry.residents()), elem_classes=["md-models"])
    note = gr.HTML("")
    with gr.Row(elem_classes=["md-models-bar"]):
        refresh = gr.Button("Refresh", size="sm", elem_classes=["md-tool"], scale=0, min_width=90)
    if may_change:
        with gr.Row():
            chosen = gr.Dropdown([], label="A model in memory", min_width=220, scale=3)
            unload = gr.Button("Unload", min_width=90, scale=1)
            pin = gr.Button("Pin or unpin", min_width=110, scale=1)
        with gr.Row():
            task = gr.Dropdown(
                [(text, name) for name, text in _NAMES.items()], value=CAPABILITIES[0],
                label="Task", min_width=160, scale=2,
            )  # fmt: skip
            model = gr.Dropdown(
                _choices(deck, CAPABILITIES[0]), label="Model to load", allow_custom_value=True,
                value=deck.cards(CAPABILITIES[0])[0].id, min_width=220, scale=3,
            )  # fmt: skip
            load = gr.Button("Load now", variant="primary", min_width=110, scale=1)
    else:
        gr.HTML(
            '<p class="md-note">On a public page models load by use, and nobody unloads them.</p>'
        )

    def drawn(message: str = "") -> list[Any]:
        residents = deck.service.registry.residents()
        shown = [models_html(residents), message, header_html(deck)]
        return [*shown, gr.update(choices=_menu(residents))] if may_change else shown

    views = [table, note, deck.header, *([chosen] if may_change else [])]
    traffic_panel(deck)
    refresh.click(lambda: drawn(), None, views, queue=False, **_PRIVATE)
    deck.when_opened(NAME, lambda: drawn(), views)
    if may_change:
        _changes(deck, drawn, views, chosen, unload, pin, task, model, load)
    _endpoint(deck)


def _changes(
    deck: Deck, drawn: Callable[..., list[Any]], views: list[Any], chosen: gr.Dropdown,
    unload: gr.Button, pin: gr.Button, task: gr.Dropdown, model: gr.Dropdown, load: gr.Button,
) -> None:  # fmt: skip
    """Wires unload, pin and load."""
    registry = deck.service.registry

    async def drop(chosen: str | None) -> list[Any]:
        found = _find(registry.residents(), chosen)
        if found is None:
            return drawn(_said("Choose a model that is in memory."))
        gone = await asyncio.to_thread(registry.unload, found.key)
        why = "pinned" if found.pinned else "in use"
        return drawn(_said(f"{found.card.title} is {'gone' if gone else f'{why} and stays'}."))

    def hold(chosen: str | None) -> list[Any]:
        found = _find(registry.residents(), chosen)
        if found is None or not registry.pin(found.key, not found.pinned):
            return drawn(_said("Choose a model that is in memory."))
        now = "may leave again" if found.pinned else "stays until it is unpinned"
        return drawn(_said(f"{found.card.title} {now}."))

    async def fetch(task: str, model: str) -> list[Any]:
        try:
            done = await deck.answer(task, model, lambda engine, stop: Ready())
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            return drawn(alert(as_app_error(error)))
        loaded = done.metrics.load_s
        how = f"loaded in {seconds(loaded)}" if loaded else "was in memory already"
        return drawn(_said(f"{done.metrics.title} {how}."))

    unload.click(drop, chosen, views, **_PRIVATE)
    pin.click(hold, chosen, views, **_PRIVATE)
    load.click(fetch, [task, model], views, concurrency_limit=None, **_PRIVATE)
    task.change(
        lambda task: gr.update(choices=_choices(deck, task), value=deck.cards(task)[0].id),
        task, model, queue=False, **_PRIVATE,
    )  # fmt: skip


def _endpoint(deck: Deck) -> None:
    """Publishes ``/models``."""

    async def models(task: str = "") -> dict[str, Any]:
        """Lists the models in memory, the device, and what may be loaded.

        Args:
            task: one of the nine capabilities, to list what it offers; every one when empty.

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
            "loaded": [row(resident) for resident in registry.residents()],
            "offered": {
                name: [card.id for card in deck.cards(name)]
                for name in ([task] if task else CAPABILITIES)
            },
        }

    deck.endpoint(models, NAME, tool=True)


def row(resident: Resident) -> dict[str, Any]:
    """One model in memory as plain JSON."""
    facts = asdict(resident)
    facts.pop("card")
    facts.pop("placement")
    card, place = resident.card, resident.placement
    return {
        "model": card.id,
        "task": card.capability,
        "device": place.device if place else "",
        "dtype": place.dtype if place else "",
        **facts,
        "state": resident.state.name.lower(),
    }


def models_html(residents: list[Resident]) -> str:
    """The models in memory as a table, most recently used first."""
    if not residents:
        return empty("No model is in memory yet: the first run of a tab loads its model.")
    head = ("model", "task", "state", "memory", "device", "load", "reuses", "last use")
    cells = "".join(f"<th>{name}</th>" for name in head)
    rows = "".join(_row_html(resident) for resident in residents)
    return (
        '<div class="md-models-scroll" tabindex="0"><table class="md-models-table">'
        f"<thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row_html(resident: Resident) -> str:
    place = resident.placement
    state = resident.state.name.lower()
    if resident.state is State.READY:
        state = "in use" if resident.claims else "pinned" if resident.pinned else "idle"
    last = "now" if resident.claims else f"{seconds(resident.idle_s)} ago"
    where = f"{place.device} {place.dtype}" if place else ""
    values = (
        resident.card.title, _NAMES.get(resident.card.capability, ""), state,
        size(resident.size_bytes), where, seconds(resident.load_s), str(resident.hits), last,
    )  # fmt: skip
    cells = "".join(f"<td>{html.escape(value)}</td>" for value in values)
    return f'<tr title="{html.escape(place.reason if place else "")}">{cells}</tr>'


def _said(text: str) -> str:
    return f'<div class="md-status" role="status">{html.escape(text)}</div>'


def _choices(deck: Deck, task: str) -> list[tuple[str, str]]:
    return [(card.title, card.id) for card in deck.cards(task)]


def _menu(residents: list[Resident]) -> list[tuple[str, str]]:
    return [(f"{r.card.title} ({_NAMES[r.card.capability]})", _label(r)) for r in residents]


def _label(resident: Resident) -> str:
    return f"{resident.card.capability} {resident.card.id}"


def _find(residents: list[Resident], label: str | None) -> Resident | None:
    return next((r for r in residents if _label(r) == label), None)
