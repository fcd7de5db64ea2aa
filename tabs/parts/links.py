"""Ways between tabs: a link that restores a tab with its input, and sending a value to another tab.

Both need the whole page, so tabs only say what they have (``Deck.accept``, ``send_to`` and the run
bar's link button), and ``connect`` wires it all once every tab is there. Nothing is kept on the server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping
from typing import Any

import gradio as gr
from gradio.components import Component

from tabs.parts.deck import Deck, Sender

#: Longest link, in characters: what browsers, chats and mail clients carry safely.
MAX_LINK = 6_000
_PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "queue": False,
}
#: Components whose value fits into an address.
_LINKABLE = (gr.Textbox, gr.Dropdown, gr.Radio, gr.Number, gr.Slider, gr.Checkbox)


def link_button(deck: Deck, capability: str, inputs: Mapping[str, Component]) -> None:
    """Adds "Copy link" at this place of the page and remembers what the link restores."""
    kept: dict[str, Component] = {
        name: part for name, part in inputs.items() if isinstance(part, _LINKABLE)
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
    components = [part for parts in deck.linked.values() for part in parts.values()]

    def restore(request: gr.Request) -> list[Any]:
        return restored(deck.linked, dict(request.query_params), titles)

    page.load(restore, None, [tabs, *components], **_PRIVATE)


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
    menu.input(
        _moved(list(targets), sender.what), [menu, sender.source],
        [menu, tabs, *targets.values()], **_PRIVATE,
    )  # fmt: skip


def _moved(targets: list[str], what: str) -> Callable[[str | None, Any], list[Any]]:
    def move(target: str | None, value: Any) -> list[Any]:
        stay = [gr.skip()] * len(targets)
        if target not in targets:
            return ["", gr.skip(), *stay]
        if value is None or value == "":
            gr.Info(f"There is no {what} yet.")
            return ["", gr.skip(), *stay]
        filled = [value if name == target else gr.skip() for name in targets]
        return ["", gr.Tabs(selected=target), *filled]

    return move


def restored(
    linked: Mapping[str, Mapping[str, Component]], query: Mapping[str, str], tabs: Container[str]
) -> list[Any]:
    """Updates for the tabs and every linkable component, in the order of ``connect``.

    Values of the address that a component does not take are left out; unknown names too.
    """
    wanted = query.get("tab", "")
    first = gr.Tabs(selected=wanted) if wanted in tabs else gr.skip()
    rest = [
        _value(part, query[name]) if capability == wanted and name in query else gr.skip()
        for capability, parts in linked.items()
        for name, part in parts.items()
    ]
    return [first, *rest]


def _value(part: Component, text: str) -> Any:
    """The component's value from its text in an address, or a skip when it does not fit."""
    if isinstance(part, gr.Textbox):
        return text
    if isinstance(part, gr.Checkbox):
        return text == "true"
    if isinstance(part, (gr.Number, gr.Slider)):
        return _number(part, text)
    choices = {str(value): value for _, value in getattr(part, "choices", None) or ()}
    if text in choices:
        return choices[text]
    return text if getattr(part, "allow_custom_value", False) else gr.skip()


def _number(part: gr.Number | gr.Slider, text: str) -> Any:
    try:
        value = float(text)
    except ValueError:
        return gr.skip()
    low, high = part.minimum, part.maximum
    fits = (low is None or value >= low) and (high is None or value <= high)
    whole = isinstance(part, gr.Number) and part.precision == 0
    return (int(value) if whole else value) if fits and value == value else gr.skip()


def _default(part: Component) -> Any:
    value = part.value
    return value if isinstance(value, (str, int, float, bool)) else None
