"""A warning where a text is clearly in a language that the chosen model was not made for."""

from __future__ import annotations

import html

from models.errors import AppError
from models.language_guess import foreign_language
from models.languages import language_name
from tabs.parts.deck import Deck

#: Languages that are named; of more, how many there are.
_NAMED = 3


def language_note(deck: Deck, capability: str, model: str, text: str) -> str:
    """One sentence as HTML; empty where the language fits, is unclear, or the model's is not known.

    Args:
        deck: the page.
        capability: of the tab.
        model: id from the picker.
        text: what the model reads.
    """
    try:
        card = deck.card(capability, model)
    except AppError:  # the run itself says what is wrong with the id
        return ""
    code = foreign_language(text, card.languages) if card.languages else None
    if code is None:
        return ""
    names = [language_name(known) for known in card.languages]
    known = ", ".join(names) if len(names) <= _NAMED else f"{len(names)} other languages"
    said = (
        f"This text looks {language_name(code)}, and this model was made for {known}: the result may "
        f"mean nothing. Choose a model that knows {language_name(code)}."
    )
    return f'<p class="md-note md-foreign" role="note">{html.escape(said)}</p>'
