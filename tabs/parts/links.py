"""Ways between tabs: a link that restores a tab with its input, and sending a value to another tab.

Both need the whole page, so tabs only say what they have (``Deck.accept``, ``send_to`` and the run
bar's link button), and ``connect`` wires it all once every tab is there. Nothing is kept on the server.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import gradio as gr
from gradio.components import Component

from models.errors import InputError
from tabs.parts.deck import Deck, Place, Sender
from tabs.parts.events import PRIVATE
from tabs.parts.values import NONE_BY_MODEL, PLAIN, ByModel, fitted_by_model

#: Longest link, in characters: what browsers, chats and mail clients carry safely.
MAX_LINK = 6_000
#: In the queue, since gradio shows messages of queued events only.
_PRIVATE: dict[str, Any] = {**PRIVATE, "concurrency_limit": None}


def link_button(
    deck: Deck, capability: str, inputs: Mapping[str, Component], place: Place | None = None
) -> None:
    """Adds "Copy link" at this place of the page and remembers what the link restores.

    Args:
        deck: the page.
        capability: the tab, or the name of a view inside one.
        inputs: name -> component.
        place: where that view is.
    """
    if place is not None:
        deck.places[capability] = place
    kept: dict[str, Component] = {
        name: part for name, part in inputs.items() if isinstance(part, PLAIN)
    }
    deck.linked[capability] = kept
    button = gr.Button(
        "Copy link", size="sm", elem_id=f"link-{capability}", elem_classes=["md-tool"],
        min_width=90, scale=0,
    )  # fmt: skip
    facts = [
        json.dumps(value)
        for value in (capability, list(kept), [_default(p) for p in kept.values()], MAX_LINK)
    ]
    script = f"(...values) => window.modeldeck.copyLink({', '.join(facts)}, values)"
    button.click(None, list(kept.values()), None, js=script, api_visibility="private")


def send_to(
    deck: Deck, capability: str, slot: gr.Row, kind: str, source: Component, what: str
) -> None:
    """Asks for a menu that moves a value into another tab; ``connect`` draws it.

    Args:
        deck: the page.
        capability: the tab that the value comes from.
        slot: where the menu is drawn, such as the run bar's ``tools``.
        kind: ``text``, ``audio`` or ``image``.
        source: component that holds the value.
        what: name of the value for the menu, such as ``summary``.
    """
    deck.senders.append(Sender(capability, kind, source, what, slot))


def connect(deck: Deck, tabs: gr.Tabs, page: gr.Blocks, titles: Mapping[str, str]) -> None:
    """Wires links and menus between all tabs of the page."""
    for sender in deck.senders:
        _menu(deck, sender, tabs, titles)
    for wire in deck.late:
        wire(tabs)
    components = [part for parts in deck.linked.values() for part in parts.values()]
    inner = list(dict.fromkeys(place.views for place in deck.places.values()))

    def restore(request: gr.Request) -> list[Any]:
        query = dict(request.query_params)
        (opened, *values), problems = restored(
            deck.linked, query, {**titles, **deck.places}, deck.by_model
        )
        if problems:  # a message may hold HTML, and an address is anybody's
            gr.Warning(html.escape(" ".join(problems)), title="Left out of the link")
        place = deck.places.get(query.get("tab", ""))
        if place is not None:
            opened = gr.Tabs(selected=place.tab)
        turned = [
            gr.Tabs(selected=place.view) if place and place.views is views else gr.skip()
            for views in inner
        ]
        values = list(_once(components, values).values())
        return [opened, *turned, *values, *_drawn_anew(deck, query.get("tab", ""))]

    views = [part for _, parts in deck.opened.values() for part in parts]
    sinks = [tabs, *inner, *dict.fromkeys(components), *views]
    loaded = page.load(restore, None, sinks, **_PRIVATE)
    for draw, inputs, outputs in deck.redrawn:
        loaded = loaded.then(draw, inputs, outputs, **_PRIVATE)


def _drawn_anew(deck: Deck, opened: str) -> list[Any]:
    """What a tab draws when it is opened: gradio tells of a click on a tab, not of one chosen by a link."""
    return [
        value
        for name, (refresh, parts) in deck.opened.items()
        for value in (refresh() if name == opened else [gr.skip()] * len(parts))
    ]


def _once(components: Sequence[Component], values: Sequence[Any]) -> dict[Component, Any]:
    """A value for each component, of which views may share some: the one that changes it."""
    found: dict[Component, Any] = {}
    for part, value in zip(components, values, strict=True):
        if part not in found or value != gr.skip():
            found[part] = value
    return found


def _menu(deck: Deck, sender: Sender, tabs: gr.Tabs, titles: Mapping[str, str]) -> None:
    targets = {
        name: part
        for (name, kind), part in deck.accepted.items()
        if kind == sender.kind and part is not sender.source and name in titles
        and name != sender.capability
    }  # fmt: skip
    if not targets:
        return
    with sender.slot:
        rest = f"Send the {sender.what} to \N{HORIZONTAL ELLIPSIS}"
        menu = gr.Dropdown(
            [(rest, ""), *((titles[name], name) for name in targets)], value="", label=rest,
            show_label=False, container=False, min_width=180, filterable=False,
            elem_classes=["md-send-menu"],
        )  # fmt: skip
    inner = {
        name: deck.inside[name, sender.kind]
        for name in targets
        if (name, sender.kind) in deck.inside
    }
    opened = {name: place for name, (_, place) in inner.items()}
    menu.input(
        _moved(list(targets), sender.what, opened), [menu, sender.source],
        [menu, tabs, *targets.values(), *(part for part, _ in inner.values())], **_PRIVATE,
    )  # fmt: skip


def _moved(
    targets: list[str], what: str, opened: Mapping[str, str] = MappingProxyType({})
) -> Callable[[str | None, Any], list[Any]]:
    """The event handler; ``opened`` names the tab within a target that is to be shown."""

    def move(target: str | None, value: Any) -> list[Any]:
        stay = [gr.skip()] * (len(targets) + len(opened))
        if target not in targets:
            return ["", gr.skip(), *stay]
        if value is None or value == "":
            gr.Info(f"There is no {what} yet.")
            return ["", gr.skip(), *stay]
        filled = [value if name == target else gr.skip() for name in targets]
        inner = [
            gr.Tabs(selected=place) if name == target else gr.skip()
            for name, place in opened.items()
        ]
        return ["", gr.Tabs(selected=target), *filled, *inner]

    return move


def restored(
    linked: Mapping[str, Mapping[str, Component]], query: Mapping[str, str], tabs: Container[str],
    by_model: ByModel = NONE_BY_MODEL,
) -> tuple[list[Any], list[str]]:  # fmt: skip
    """What an address restores.

    Names that a tab does not know are passed over: hosts and mail programs add their own.

    Returns:
        Updates for the tabs and every linkable component, in the order of ``connect``; and what is
        wrong with the values that are left out.
    """
    wanted, problems = query.get("tab", ""), list[str]()
    first = gr.Tabs(selected=wanted) if wanted in tabs else gr.skip()
    if wanted and wanted not in tabs:
        problems.append(f"There is no tab {wanted[:40]!r}.")
    rest = []
    for capability, parts in linked.items():
        for name, part in parts.items():
            named = capability == wanted and name in query
            value, problem = _value(part, name, query, by_model) if named else (gr.skip(), "")
            rest.append(value)
            problems += [problem] if problem else []
    return [first, *rest], problems


def _value(
    part: Component, name: str, query: Mapping[str, str], by_model: ByModel
) -> tuple[Any, str]:
    """What an address sets a component to, and what is wrong with that."""
    try:
        return fitted_by_model(part, name, query[name], query.get("model", ""), by_model), ""
    except InputError as error:
        # an empty menu is that of another model, whose choice fills it again
        passed_over = isinstance(part, gr.Dropdown) and not query[name]
        return gr.skip(), "" if passed_over else str(error)


def _default(part: Component) -> Any:
    value = part.value
    return value if isinstance(value, (str, int, float, bool)) else None
