"""What a picker offers: which models, in which order, which one is recommended on this machine, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.catalog import Catalog
from models.catalog_file import TIERS
from models.device import DTYPE_BYTES
from models.hub.facts import HubFacts
from models.hub.here import usable
from models.languages import language_name
from models.machine import Machine
from models.sources import file_patterns
from models.spec import CPU_ENGINES, ModelCard
from models.units import size

#: Engines whose weights are used as they lie on the disk.
_AS_STORED = {*CPU_ENGINES, "ctranslate2"}
#: Capabilities that need no hardware, so that none of their models is recommended for it.
_WEIGHTLESS = {"tokenizer"}
#: Languages that a reason names; more are counted.
_NAMED = 2


@dataclass(frozen=True)
class Offer:
    """A row of a picker.

    Attributes:
        card: the model.
        recommended: whether it is the one that is recommended on this machine.
    """

    card: ModelCard
    recommended: bool = False


def offers(
    catalog: Catalog, capability: str, machine: Machine, here: Sequence[HubFacts] | None = None
) -> list[Offer]:
    """The rows of a picker: the one that a tab starts with, the recommended one, the others.

    Args:
        catalog: the models on offer.
        capability: whose picker.
        machine: what it has to run on.
        here: models in the cache of a machine that may not ask the Hub, which then are the only ones
            of the Hub; None when the Hub may be asked.
    """
    cards = catalog.of(capability)
    if here is not None:
        cards = _at_hand(catalog, capability, cards, here)
    best = recommended(cards, machine)
    first = [card for card in (cards[0], best) if card is not None]
    ordered = dict.fromkeys([*first, *cards])
    return [Offer(card, card is best) for card in ordered]


def recommended(cards: Iterable[ModelCard], machine: Machine) -> ModelCard | None:
    """The first model of the highest tier that this machine takes; None where there is none."""
    suitable = [card for card in cards if _suits(card, machine)]
    return max(suitable, key=lambda card: TIERS.index(card.tier), default=None)


def reason(card: ModelCard, machine: Machine) -> str:
    """Why this model is the recommended one, as one sentence: memory, languages, licence."""
    needs, memory = need_bytes(card, machine.dtype), f"on {machine.label}"
    if machine.budget_bytes:
        memory = f"of {machine.room}"
    tongues = " and ".join(map(language_name, card.languages))
    if len(card.languages) > _NAMED:
        tongues = f"{len(card.languages)} languages"
    facts = [f"about {size(needs)} {memory}", tongues, f"licence {card.licence}"]
    return f"Recommended for this machine: {'; '.join(filter(None, facts))}."


def fit(card: ModelCard, machine: Machine) -> str:
    """What to expect of a listed model of the Hub on this machine, as one sentence; may be empty."""
    if not card.parameters:
        return ""
    needs = need_bytes(card, machine.dtype)
    if machine.budget_bytes and needs > machine.budget_bytes:
        return f"Too large for this machine: about {size(needs)}, of {machine.room}."
    if TIERS.index(card.tier) > TIERS.index(machine.tier):
        return f"Meant for a GPU with {card.tier.removesuffix('gb')} GB: it will be slow here."
    return ""


def need_bytes(card: ModelCard, dtype: str) -> int:
    """About what a listed model takes in memory: its weights in the dtype that it will be read in."""
    if card.engine in _AS_STORED:
        return card.size_bytes
    return card.parameters * DTYPE_BYTES[str(card.defaults.get("dtype", dtype))]


def _suits(card: ModelCard, machine: Machine) -> bool:
    if not card.is_hub or card.gated or not card.size_bytes or card.capability in _WEIGHTLESS:
        return False
    fits = not machine.budget_bytes or need_bytes(card, machine.dtype) <= machine.budget_bytes
    return fits and TIERS.index(card.tier) <= TIERS.index(machine.tier)


def _at_hand(
    catalog: Catalog, capability: str, cards: Sequence[ModelCard], here: Sequence[HubFacts]
) -> list[ModelCard]:
    """The models that can be had without the Hub: those that came with the app, and those in the cache."""
    by_name = {facts.id: facts for facts in here}
    listed = [
        card
        for card in cards
        if not card.is_hub
        or card is cards[0]  # what a tab starts with is never left out
        or usable(capability, file_patterns(card), [by_name[i] for i in [card.id] if i in by_name])
    ]
    more: list[ModelCard] = []
    if not catalog.locked:
        known = {card.id for card in cards}
        others = [facts for facts in here if facts.id not in known]
        bare = [catalog.find(capability, facts.id) for facts in others]
        more = [
            ModelCard(card.id, capability, card.engine, card.title, size_bytes=found[0].size_bytes)
            for card, facts in zip(bare, others, strict=True)
            if (found := usable(capability, file_patterns(card), [facts]))
        ]
    return [*listed, *more]
