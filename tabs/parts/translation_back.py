"""Check by translating back: the translation goes back, and the two texts are compared."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr

from models.errors import AppError, InputError
from models.language_guess import guess_language
from models.languages import language_name
from models.translation import Translation
from models.translation_back import way_back
from models.translation_cards import card_pairs
from tabs.parts.code_view import code_view
from tabs.parts.deck import Deck
from tabs.parts.differences import word_diff_html
from tabs.parts.events import AT_ONCE
from tabs.parts.markup import block, note
from tabs.parts.run import Job, run_bar, wire


class Way(NamedTuple):
    """How a translation goes back.

    Attributes:
        model: id of the model that takes it there; empty where there is none.
        said: what is to be known beforehand, as sentences; empty where it is the tab's own model.
    """

    model: str
    said: str


def back_translation(
    deck: Deck, capability: str, text: gr.Textbox, output: gr.Textbox, source: gr.Dropdown,
    target: gr.Dropdown, model: gr.Dropdown,
) -> None:  # fmt: skip
    """Adds "Check by translating back" at this place of the page."""
    found = way(deck, capability, model.value, source.value, target.value)
    with gr.Accordion("Check by translating back", open=False, elem_classes=["md-later"]):
        reason = gr.HTML(_told(found))
        bar = run_bar("Translate back", ready=bool(found.model))
        back = gr.HTML("")
        place = gr.Column()
    goes_by = gr.State(found.model)

    def chosen(model: str, source: str, target: str) -> list[Any]:
        now = way(deck, capability, model, source, target)
        return [_told(now), gr.update(interactive=bool(now.model)), now.model]

    gr.on(
        [part.change for part in (model, source, target)], chosen, [model, source, target],
        [reason, bar.run, goes_by], trigger_mode="always_last", **AT_ONCE,
    )  # fmt: skip

    def job(text: str, output: str, source: str, target: str, model: str) -> Job:
        if not output:
            raise InputError("There is no translation yet.", hint="Translate the text first.")
        by = way(deck, capability, model, source, target)
        if by.model == model or not by.model:
            return Job(
                model,
                lambda engine, stop: engine.back(text, output, source, target, stop=stop),
                lambda result: back_html(text, result),
            )
        there, here = pair(deck, capability, model, text, source, target)
        return Job(
            by.model,
            lambda engine, stop: engine.translate(output, source=here, target=there, stop=stop),
            lambda result: back_html(text, result),
        )

    inputs = [text, output, source, target, model]
    wire(deck, capability, bar, job, inputs, [back], link=False)

    def settings_of(given: dict[str, Any]) -> dict[str, Any]:
        there, here = pair(
            deck, capability, given["model"], given["original"], given["source"], given["target"]
        )
        return {"text": given["text"], "source": here, "target": there}

    with place:
        code_view(
            deck, capability, bar,
            {"text": output, "original": text, "source": source, "target": target, "model": model},
            goes_by, settings_of,
        )  # fmt: skip


def pair(
    deck: Deck, capability: str, model: str, text: str, source: str, target: str
) -> tuple[str, str]:
    """The pair of a translation, with what was left empty guessed as its engine does.

    Raises:
        InputError: when the model can't do the pair.
    """
    pairs = card_pairs(deck.card(capability, model))
    guess = None if source else guess_language(text, pairs.sources)
    return pairs.choose(source or (guess[0] if guess else ""), target)


def way(deck: Deck, capability: str, model: str, source: str, target: str) -> Way:
    """The model that takes a translation back, and what is to be said of it beforehand."""
    service = deck.service
    reach = not (deck.locked or service.settings.offline or service.settings.zero_gpu)
    try:
        card = deck.card(capability, model)
        found = way_back(
            card, source, target, (offer.card for offer in service.offers(capability)),
            (lambda wanted: deck.card(capability, wanted)) if reach else None,
        )  # fmt: skip
    except AppError:  # the picker itself shows why
        return Way(model, "")
    if found is None:
        into = f" into {language_name(source)}" if source else ""
        return Way(
            "",
            f"This model does not translate from {language_name(target)}{into}, and no other one "
            "here does: choose one that goes both ways.",
        )
    if found is card:
        return Way(model, "")
    fetched = " It is fetched from the Hub unless it is on this disk." if found.is_hub else ""
    return Way(
        found.id,
        f"This model goes one way only; {found.title} takes the translation back.{fetched}",
    )


def back_html(text: str, result: Translation) -> str:
    """The text as it came back, and its difference to what was written."""
    said = (
        "Changed words are a hint, not a fault: another word may mean the same, and an error may "
        "come back as it went."
    )
    done = result.sentences == result.sentences_total
    return block(result.text) + (word_diff_html(text, result.text) + note(said) if done else "")


def _told(found: Way) -> str:
    return note(found.said) if found.said else ""
