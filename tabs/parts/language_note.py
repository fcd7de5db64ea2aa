"""A warning where a text is clearly in a language that the chosen model was not made for."""

from __future__ import annotations

import html
from collections.abc import Sequence

from models.errors import AppError
from models.language_guess import foreign_language
from models.languages import Pairs, language_name
from tabs.parts.deck import Deck

#: Languages that are named; of more, how many there are.
_NAMED = 3
#: What helps, around the name of the text's language.
_OTHER_MODEL = "Choose a model that knows {}."
_OTHER_SOURCE = "Choose {} under From."


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
    return _shown(code, f"this model was made for {_listed(card.languages)}", _OTHER_MODEL)


def source_note(pairs: Pairs, source: str, text: str) -> str:
    """The same for a translation, which reads a text as one language.

    Args:
        pairs: what the model can translate.
        source: code of the language chosen; empty where it is guessed.
        text: what is translated.
    """
    code = foreign_language(text, [source] if source else pairs.sources)
    if code is None:
        return ""
    read = f"it is read as {language_name(source)}"
    if not source:
        read = f"this model reads {_listed(pairs.sources)}"
    return _shown(code, read, _OTHER_SOURCE if code in pairs.sources else _OTHER_MODEL)


def _listed(codes: Sequence[str]) -> str:
    names = [language_name(code) for code in codes]
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} other languages"


def _shown(code: str, but: str, remedy: str) -> str:
    name = language_name(code)
    said = f"This text looks {name}, and {but}: the result may mean nothing. {remedy.format(name)}"
    return f'<p class="md-note md-foreign" role="note">{html.escape(said)}</p>'
