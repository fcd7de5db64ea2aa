"""The model picker: starters and catalog by title, or any Hub id, found by a few letters and checked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import gradio as gr

from models.errors import AppError, ModelGated
from models.estimates import memory_told, with_variant
from models.hub.search import LEAST
from models.offers import Offer
from models.spec import ModelCard
from tabs.parts.choices import choosing, merged, rows
from tabs.parts.deck import Deck, picked
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import PRIVATE
from tabs.parts.hub_access import token_box
from tabs.parts.model_card import asking_html, card_html, verdict_html
from tabs.parts.visitor import page_of

#: How long the typing must rest before the Hub is searched, in seconds.
REST_S = 0.25


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
    offered = {offer.card.id: offer for offer in deck.service.offers(capability)}
    default = next(iter(offered.values()))
    picker = gr.Dropdown(
        choices=rows(deck, capability),
        value=default.card.id,
        allow_custom_value=not deck.locked,
        label="Model",
        info=choosing(deck),
        elem_classes=["md-picker"],
    )
    verdict = gr.HTML("", elem_classes=["md-verdict-slot"])
    box = token_box(deck)
    about = gr.HTML(
        card_html(
            default.card,
            deck.service.reason(default, default=True),
            memory=_memory(deck, default.card),
        ),
        elem_classes=["md-card-slot"],
    )
    turns = Turns()

    async def describe(model: str, request: gr.Request) -> AsyncIterator[list[Any]]:
        page, hidden = page_of(request), gr.update(visible=False)
        turn, card = turns.take(page), None
        try:
            card = deck.card(capability, picked(model))
            why = _why(deck, card, offered, default)
            if not _asks(deck, card):
                memory = await asyncio.to_thread(_memory, deck, card)
                yield ["", hidden, card_html(card, why, memory=memory)]
                return
            yield [asking_html(), hidden, card_html(card, why)]
            found = await deck.service.preflight(capability, model, deck.access)
            if found is not None:
                found = await asyncio.to_thread(with_variant, found, card, deck.service)
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            told, gone = as_app_error(error), turns.over(page, turn)
            shown = gr.update(visible=isinstance(told, ModelGated))
            bare = card_html(card) if card else ""  # what stands there is of another model
            yield [gr.skip()] * 3 if gone else [alert(told), shown, bare]
            return
        if found is None or turns.over(page, turn):
            yield [gr.skip()] * 3
            return
        shown = gr.update(visible=isinstance(found.problem, ModelGated))
        yield [verdict_html(found), shown, card_html(card, "" if found.problem else why, found)]

    views = [verdict, box.row, about]
    for trigger in (picker.change, box.taken.then):
        trigger(describe, picker, views, concurrency_limit=None, trigger_mode="multiple", **PRIVATE)
    suggest_while_typing(deck, capability, picker)
    return picker


def suggest_while_typing(
    deck: Deck,
    capability: str,
    picker: gr.Dropdown,
    task: gr.Dropdown | None = None,
    *,
    first: Sequence[tuple[str, str]] = (),
    hint: str = "",
) -> None:
    """Puts models of the Hub under what is typed into a picker, once the typing rests.

    Args:
        deck: the page; nothing is searched on one that is locked or offline.
        capability: whose models.
        picker: where somebody types.
        task: holds the capability instead, where it can be chosen.
        first: rows that stand above the models, whatever is typed.
        hint: what the line under the picker begins with.
    """
    if deck.locked or deck.service.settings.offline:
        return
    turns = Turns()

    async def suggest(key: gr.KeyUpData, request: gr.Request, chosen: str = capability) -> Any:
        base = [*first, *rows(deck, chosen)]
        page, words = page_of(request), str(key.input_value or "").strip()
        turn = turns.take(page)
        await asyncio.sleep(REST_S)
        if turns.over(page, turn) or len(words) < LEAST or any(words == row[0] for row in base):
            return gr.skip()
        try:
            found = await deck.service.search(chosen, words, deck.access)
        except AppError as error:
            return gr.skip() if turns.over(page, turn) else gr.update(info=error.message)
        if turns.over(page, turn):
            return gr.skip()
        return gr.update(choices=merged(base, found, words), info=hint + choosing(deck))

    picker.key_up(suggest, task, picker, concurrency_limit=None, trigger_mode="multiple", **PRIVATE)


def _why(deck: Deck, card: ModelCard, offered: Mapping[str, Offer], default: Offer) -> str:
    """The reason under the picker for a model on offer; empty for any other."""
    offer = offered.get(card.id)
    return deck.service.reason(offer, default=offer is default) if offer else ""


def _memory(deck: Deck, card: ModelCard) -> str:
    """What a model will take in memory, as far as it can be told; a run says what is wrong with it."""
    try:
        return memory_told(card, deck.service)
    except AppError:
        return ""


def _asks(deck: Deck, card: ModelCard) -> bool:
    """Whether the Hub is asked about a model: those of the Hub, unless offline."""
    return deck.service.admission.asks_hub(card) and not deck.service.settings.offline
