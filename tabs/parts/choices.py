"""The rows of a model picker as text: what is offered, and what a search of the Hub adds to it."""

from __future__ import annotations

from models.hub.search import Found
from models.offers import Offer
from models.spec import ModelCard
from tabs.parts.deck import Deck
from tabs.parts.metrics import short, size


def rows(deck: Deck, capability: str) -> list[tuple[str, str]]:
    """Text and id of every model on offer, the one that the tab starts with first."""
    return [row(offer) for offer in deck.service.offers(capability)]


def row(offer: Offer) -> tuple[str, str]:
    """Text and id of one model."""
    text = choice(offer.card)
    if offer.recommended:
        text = f"{text[:-1]}, recommended here)"
    return text, offer.card.id


def choice(card: ModelCard) -> str:
    """A model in one line: title, where it comes from, size."""
    mass = f", {size(card.size_bytes)}" if card.size_bytes else ""
    return f"{card.title} ({_where(card)}{mass})"


def found_choice(found: Found) -> str:
    """A model that a search found in one line: its name, size, use and licence."""
    weights = f"{short(found.parameters)} weights" if found.parameters else ""
    stored = size(found.size_bytes) if found.size_bytes and not weights else ""
    used = f"{short(found.downloads)} downloads" if found.downloads > 1 else ""
    used = "1 download" if found.downloads == 1 else used
    gate = "gated" if found.gated else ""
    facts = [text for text in (weights or stored, used, found.licence, gate) if text]
    return f"{found.id} ({', '.join(['Hub', *facts])})"


def merged(base: list[tuple[str, str]], found: list[Found], words: str) -> list[tuple[str, str]]:
    """The picker's rows while somebody types: listed ones that match, the Hub's, then the other ones."""
    low, known = words.lower(), {model for _, model in base}
    first = [row for row in base if low in row[0].lower() or low in row[1].lower()]
    more = [(found_choice(one), one.id) for one in found if one.id not in known]
    return [*first, *more, *(row for row in base if row not in first)]


def choosing(deck: Deck) -> str:
    """What may be chosen in a picker, as one sentence."""
    if deck.locked:
        return "Choose one of these."
    if deck.service.settings.offline:
        return "Choose one that is on this machine; offline, the Hub is not asked."
    return "Choose, type to search the Hub, or type any id as org/name or org/name@revision."


def _where(card: ModelCard) -> str:
    """Where the model comes from, or the GPU memory it is meant for."""
    if card.is_starter:
        return "starter"
    if card.id.startswith("local/"):
        return "folder"
    gate = ", gated" if card.gated else ""
    return (
        f"Hub{gate}" if card.tier == "cpu" else f"Hub, {card.tier.removesuffix('gb')} GB GPU{gate}"
    )
