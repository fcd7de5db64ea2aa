"""Which model takes a translation back into the language it came from, to check it.

The model itself where it goes both ways; else one that is on this disk without a download; else the
other direction of the same family, which OPUS-MT names by turning the pair round; else another one on
offer that needs no GPU. Nothing is chosen in silence: the page names the model before it runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from models.spec import ModelCard
from models.translation_cards import card_pairs, knows_pairs

#: The pair at the end of an OPUS-MT repository's name.
_PAIR = re.compile(r"(opus-mt(?:-tc-\w+)?-)([a-z]{2,3})-([a-z]{2,3})$")


def way_back(
    card: ModelCard, source: str, target: str, offered: Iterable[ModelCard],
    find: Callable[[str], ModelCard] | None = None,
) -> ModelCard | None:  # fmt: skip
    """The model that translates from ``target`` into ``source``.

    Args:
        card: the model of the translation.
        source, target: its pair, as codes; an empty source stands for any.
        offered: the models on offer, in their order.
        find: the card of a Hub id, where the Hub may be asked; None where it may not.

    Returns:
        None where there is none; ``card`` itself where it goes both ways.
    """
    if not target or card_pairs(card).leads_back(source, target):
        return card
    others = [c for c in offered if knows_pairs(c) and card_pairs(c).leads_back(source, target)]
    here = [c for c in others if not c.is_hub]
    turned = _turned(card.id)
    listed = [c for c in others if c.id == turned]
    if find is not None and turned and not listed:
        listed = [c for c in [find(turned)] if card_pairs(c).leads_back(source, target)]
    light = [c for c in others if c.tier == "cpu" and not c.gated]
    return next(iter([*here, *listed, *light]), None)


def _turned(model: str) -> str:
    """The repository of the other direction; empty where the name tells no pair."""
    found = _PAIR.search(model)
    return f"{model[: found.start()]}{found[1]}{found[3]}-{found[2]}" if found else ""
