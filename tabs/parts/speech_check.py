"""Checks a speech: a recogniser writes it down, and the words it heard otherwise are marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from models.audio import read_audio
from models.errors import InputError, ModelUnsupported
from models.runs import Verb
from models.spec import ModelCard
from models.speech_recogniser import SAMPLE_RATE
from models.word_errors import word_errors
from tabs.parts.deck import Deck
from tabs.parts.errors import alert, as_app_error
from tabs.parts.markup import empty, note
from tabs.parts.run import RunBar
from tabs.parts.several import Errand, Side, wire_several
from tabs.parts.speech_view import Done
from tabs.parts.word_errors import word_errors_html

#: Whose engines listen.
LISTENS = "speech_to_text"
_WHAT = (
    "A recogniser writes the speech down, and what it heard is compared with the text as the voice reads "
    "it. An error is the voice's or the recogniser's: listen to the marked words."
)


def check_speech(
    deck: Deck, capability: str, done: gr.State, model: gr.components.Component
) -> None:
    """Adds the closed accordion "Check it with speech to text".

    Args:
        deck: the page.
        capability: whose speech is checked.
        done: holds the finished speech, a ``Done``.
        model: the picker of the voice model, whose language is listened for.
    """
    with gr.Accordion("Check it with speech to text", open=False, elem_classes=["md-later"]):
        gr.HTML(note(_WHAT))
        with gr.Row(elem_classes=["md-part-bar"]):
            run = gr.Button("Check it", variant="primary", scale=3, elem_classes=["md-part-run"])
            stop = gr.Button(
                "Stop", interactive=False, scale=1, min_width=80, elem_classes=["md-part-stop"]
            )
        status = gr.HTML("", elem_classes=["md-status-slot"])
        result = gr.HTML(empty("The word error rate and the differences appear here."))
        bar = RunBar(run, stop, status, gr.Row(visible=False))

    def errand(speech: Done | None, voice_model: str) -> Errand:
        if speech is None:
            raise InputError("There is no speech to check.", hint="Press Speak first.")
        card = recogniser(deck.cards(LISTENS), deck.card(capability, voice_model))
        language = spoken_language(deck.card(capability, voice_model), card)
        return Errand(
            [card.id],
            listen(Path(speech.path), language),
            lambda sides: [checked(sides, speech.text)],
        )

    wire_several(deck, LISTENS, f"check:{capability}", bar, errand, [done, model], [result])


def recogniser(cards: Sequence[ModelCard], voice: ModelCard) -> ModelCard:
    """The first recogniser that is here without a network and knows the voice's language.

    Raises:
        ModelUnsupported: when there is none.
    """
    wanted = voice.languages[:1]
    for card in cards:
        if card.is_starter and (not wanted or not card.languages or wanted[0] in card.languages):
            return card
    raise ModelUnsupported(
        f"No recogniser that is here without a download knows the language of {voice.title}.",
        hint="Send the speech to the tab Speech to text and choose a model there.",
    )


def spoken_language(voice: ModelCard, card: ModelCard) -> str:
    """The language to listen for; empty where the recogniser knows one only, or finds it out."""
    return voice.languages[0] if voice.languages and len(card.languages) != 1 else ""


def listen(path: Path, language: str) -> Verb[Any]:
    """Writes a file down."""
    return lambda engine, stop: engine.transcribe(
        read_audio(path, SAMPLE_RATE), language=language, stop=stop
    )


def checked(sides: Sequence[Side], text: str) -> str:
    """The comparison, and with what it was heard."""
    side = sides[0]
    try:
        found = word_errors(text, side.value.text)
    except InputError as error:
        return alert(as_app_error(error))
    return word_errors_html(found) + note(f"Heard by {side.title}.")
