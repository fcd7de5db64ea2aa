"""Whose resident does a card's work: a causal language model is in memory once, whatever is asked of it.

It chats, plans for the assistant, summarises and translates. The resident is the chat's; an engine of
another capability is put over it for a run (``OVER`` in that capability's module), and is gone with the run.
So one load, one charge, one pin: it leaves when nobody uses it for anything.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

from models.loading import ModelSpec
from models.runs import R, Verb
from models.spec import ModelCard
from models.starter import starters
from models.stop import StopToken

#: Capability and engine -> whose resident does the work. A model that was typed by its id has its engine
#: from its files.
BORROWED = {
    ("assistant", "causal"): "text_generation",
    ("assistant", "transformers"): "text_generation",
    ("summarization", "causal"): "text_generation",
    ("translation", "causal"): "text_generation",
}


def lender(card: ModelCard) -> ModelCard:
    """The card of the resident that does a card's work: mostly its own; see ``BORROWED``."""
    if card.network:
        return starters()[card.network].card
    capability = BORROWED.get((card.capability, card.engine), card.capability)
    return card if capability == card.capability else replace(card, capability=capability)


def over(engine: Any, card: ModelCard) -> Any:
    """A card's own kind of engine, over the resident that does its work.

    Args:
        engine: of ``lender(card)``; one that only stands for an engine elsewhere makes it there.
        card: what was asked for.

    Raises:
        ModelUnsupported: when the resident can't do that.
    """
    if (elsewhere := getattr(engine, "over", None)) is not None:
        return elsewhere(card)
    module = importlib.import_module(f"models.{card.capability}")
    made = getattr(module, "OVER", {}).get(card.engine)
    return engine if made is None else made(engine, card)


def borrowed(card: ModelCard, spec: ModelSpec, verb: Verb[R]) -> tuple[ModelSpec, Verb[R]]:
    """What is run of which resident, for a card whose work another's resident may do.

    Args:
        card: what was asked for.
        spec: of ``lender(card)``. Where that is the card itself, its files may have told its engine
            meanwhile (``models.hub.kinds``), and so that another's resident does its work.
        verb: of the card's own kind of engine.
    """
    asked = spec.card if lender(card) is card else card
    whose = lender(asked)
    if whose is asked:
        return spec, verb

    def borrowing(engine: Any, stop: StopToken) -> Any:
        return verb(over(engine, asked), stop)

    return replace(spec, card=whose, borrower=asked), borrowing


def homes(card: ModelCard) -> set[tuple[str, str]]:
    """Capability and id of the residents that may do a card's work, as far as its engine is known."""
    own = lender(card)
    other = BORROWED.get((card.capability, "causal")) if card.engine == "transformers" else None
    return {(own.capability, own.id), (other or own.capability, own.id)}
