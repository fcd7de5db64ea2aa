"""The model picker: starters and catalog by title, or any Hub id, found by a few letters and checked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from models.errors import AppError, ModelGated
from models.hub.search import LEAST, Found
from models.spec import ModelCard
from tabs.parts.deck import Deck
from tabs.parts.errors import alert, as_app_error
from tabs.parts.hub_access import token_box
from tabs.parts.metrics import short, size
from tabs.parts.model_card import asking_html, card_html, verdict_html
from tabs.parts.visitor import page_of

#: How long the typing must rest before the Hub is searched, in seconds.
REST_S = 0.25
_PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


class Turns:
    """Which of a page's events is the newest: what an older one finds out is not shown any more."""

    def __init__(self, kept: int = 1000) -> None:
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._kept, self._count = kept, 0

    def take(self, page: str) -> int:
        """The turn of an event that begins now."""
        self._count += 1
        self._newest[page] = self._count
        self._newest.move_to_end(page)
        while len(self._newest) > self._kept:
            self._newest.popitem(last=False)
        return self._count

    def over(self, page: str, turn: int) -> bool:
        """Whether a newer event of the page has begun."""
        return self._newest.get(page, turn) != turn


def model_picker(deck: Deck, capability: str) -> gr.Dropdown:
    """Adds the picker of a tab; its value is a model id, which may end in ``@revision``.

    The line under it says why a tab starts with the chosen model, or, for one of the Hub, whether it
    can be used here, before a byte of its weights is fetched.
    """
    default = deck.cards(capability)[0]
    picker = gr.Dropdown(
        choices=[(choice(card), card.id) for card in deck.cards(capability)],
        value=default.id,
        allow_custom_value=not deck.locked,
        label="Model",
        info=choosing(deck, searched=True),
        elem_classes=["md-picker"],
    )
    reason = deck.service.default_reason(default)
    verdict = gr.HTML("", elem_classes=["md-verdict-slot"])
    box = token_box(deck)
    about = gr.HTML(card_html(default, reason), elem_classes=["md-card-slot"])
    turns = Turns()

    async def describe(model: str, request: gr.Request) -> AsyncIterator[list[Any]]:
        page, hidden = page_of(request), gr.update(visible=False)
        turn = turns.take(page)
        try:
            card = deck.card(capability, model or "")
            why = reason if card.id == default.id else ""
            if not _asks(deck, card):
                yield ["", hidden, card_html(card, why)]
                return
            yield [asking_html(), hidden, card_html(card, why)]
            found = await deck.service.preflight(capability, model, deck.access)
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            told, gone = as_app_error(error), turns.over(page, turn)
            shown = gr.update(visible=isinstance(told, ModelGated))
            yield [gr.skip()] * 3 if gone else [alert(told), shown, gr.skip()]
            return
        if found is None or turns.over(page, turn):
            yield [gr.skip()] * 3
            return
        shown = gr.update(visible=isinstance(found.problem, ModelGated))
        yield [verdict_html(found), shown, card_html(card, why, found)]

    views = [verdict, box.row, about]
    for trigger in (picker.change, box.taken.then):
        trigger(
            describe, picker, views, concurrency_limit=None, trigger_mode="multiple", **_PRIVATE
        )
    if not deck.locked and not deck.service.settings.offline:
        suggest_while_typing(deck, capability, picker)
    return picker


def suggest_while_typing(deck: Deck, capability: str, picker: gr.Dropdown) -> None:
    """Puts models of the Hub under what is typed into a picker, once the typing rests."""
    turns, base = Turns(), [(choice(card), card.id) for card in deck.cards(capability)]

    async def suggest(key: gr.KeyUpData, request: gr.Request) -> Any:
        page, words = page_of(request), str(key.input_value or "").strip()
        turn = turns.take(page)
        await asyncio.sleep(REST_S)
        if turns.over(page, turn) or len(words) < LEAST or any(words == row[0] for row in base):
            return gr.skip()
        try:
            found = await deck.service.search(capability, words, deck.access)
        except AppError as error:
            return gr.skip() if turns.over(page, turn) else gr.update(info=error.message)
        if turns.over(page, turn):
            return gr.skip()
        return gr.update(choices=merged(base, found, words), info=choosing(deck, searched=True))

    picker.key_up(
        suggest, None, picker, concurrency_limit=None, trigger_mode="multiple", **_PRIVATE
    )


def merged(base: list[tuple[str, str]], found: list[Found], words: str) -> list[tuple[str, str]]:
    """The picker's rows while somebody types: listed ones that match, the Hub's, then the other ones."""
    low, known = words.lower(), {model for _, model in base}
    first = [row for row in base if low in row[0].lower() or low in row[1].lower()]
    more = [(found_choice(one), one.id) for one in found if one.id not in known]
    return [*first, *more, *(row for row in base if row not in first)]


def choosing(deck: Deck, *, searched: bool = False) -> str:
    """What may be chosen in a picker, as one sentence.

    Args:
        deck: the page.
        searched: whether the Hub is searched for what is typed.
    """
    if deck.locked:
        return "Choose one of these."
    if deck.service.settings.offline:
        return "Choose, or type org/name of a model in this machine's cache: the Hub is not asked."
    if searched:
        return "Choose, type to search the Hub, or type any id as org/name or org/name@revision."
    return "Choose, or type any Hub id as org/name."


def choice(card: ModelCard) -> str:
    """A row of the picker: title, where it comes from, size."""
    mass = f", {size(card.size_bytes)}" if card.size_bytes else ""
    return f"{card.title} ({_where(card)}{mass})"


def found_choice(found: Found) -> str:
    """A row of the picker for a model that a search found: its name, size, use and licence."""
    weights = f"{short(found.parameters)} weights" if found.parameters else ""
    stored = size(found.size_bytes) if found.size_bytes and not weights else ""
    used = f"{short(found.downloads)} downloads" if found.downloads else ""
    gate = "gated" if found.gated else ""
    facts = [text for text in (weights or stored, used, found.licence, gate) if text]
    return f"{found.id} ({', '.join(['Hub', *facts])})"


def _asks(deck: Deck, card: ModelCard) -> bool:
    """Whether the Hub is asked about a model: those of the Hub, unless offline."""
    return deck.service.admission.asks_hub(card) and not deck.service.settings.offline


def _where(card: ModelCard) -> str:
    """Where the model comes from, or the GPU memory it is meant for."""
    if card.is_starter:
        return "starter"
    if card.id.startswith("local/"):
        return "folder"
    return "Hub" if card.tier == "cpu" else f"Hub, {card.tier.upper()} GPU"
