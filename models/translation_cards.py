"""What a model for translation can do, as far as its card and its name tell before it is loaded."""

from __future__ import annotations

import re

from models.languages import FAMILIES, LANGUAGES, Pairs
from models.spec import ModelCard

#: Why a model has no other wordings, and what to do.
ONE_WORDING = (
    "This model gives its best translation only.",
    "Choose an OPUS-MT, M2M100, NLLB or instruct model for other wordings.",
)
#: Repositories of OPUS-MT name their pair: Helsinki-NLP/opus-mt-en-de.
_OPUS = re.compile(r"opus-mt(?:-tc-\w+)?-([a-z]{2,3})-([a-z]{2,3})$")
#: Those of NLLB and M2M100 name their family: facebook/nllb-200-3.3B, facebook/m2m100_418M.
_FAMILY = re.compile(r"(nllb|m2m100)[-_]\d")


def card_pairs(card: ModelCard) -> Pairs:
    """What a model can translate, as far as its card and name tell before it is loaded.

    ``defaults["pairs"]`` lists pairs such as ``en-pt``; else the languages of the card are taken
    as each into every other; else the pair in the name of an OPUS-MT repository; else those of
    the family in its name; else all of the table, and the model itself refuses what it can't
    do.
    """
    listed = card.defaults.get("pairs")
    if isinstance(listed, list):
        return Pairs.listed([str(pair) for pair in listed])
    named = _OPUS.search(card.id)
    if named:
        return Pairs.listed([f"{named[1]}-{named[2]}"])
    family = _FAMILY.search(card.id.lower())
    return Pairs.among(card.languages or (FAMILIES[family[1]] if family else tuple(LANGUAGES)))


def knows_pairs(card: ModelCard) -> bool:
    """Whether a card or its name tells what the model can translate, so that nothing is guessed."""
    told = card.defaults.get("pairs") or card.languages
    return bool(told or _OPUS.search(card.id) or _FAMILY.search(card.id.lower()))


def gives_wordings(card: ModelCard) -> bool:
    """Whether a model can search for other wordings, as far as its card tells before it is loaded."""
    return card.engine != "bergamot"
