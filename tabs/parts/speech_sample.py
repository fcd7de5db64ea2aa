"""A short sample of the chosen voice, with one click."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
from gradio.components import Component

from models.runs import Snapshot
from models.spec import ModelCard
from models.speech_recording import SpeechRecording
from tabs.parts.deck import Deck
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import PRIVATE
from tabs.parts.files import address, new_folder
from tabs.parts.metrics import status
from tabs.parts.run import session_of

#: What a voice says of itself, by the language of its model; English where there is none.
SAMPLES = {
    "en": "This is how I sound when I read to you.",
    "fr": "Voici ma voix quand je vous fais la lecture.",
    "de": "So klinge ich, wenn ich Ihnen vorlese.",
    "es": "Así suena mi voz cuando le leo un texto.",
    "pt": "É assim que soa a minha voz quando leio para si.",
}


def sample_button(
    deck: Deck, capability: str, inputs: list[Component], slot: gr.HTML, player: gr.Audio
) -> gr.Button:
    """Adds "Hear the voice" at this place of the page; the sample is drawn and played in ``slot``.

    Args:
        deck: the page.
        capability: whose engines speak.
        inputs: the tab's voice, speed and model.
        slot: where the sample is played.
        player: the tab's player, in whose cache the files lie.
    """
    button = gr.Button(
        "▶ Hear it", size="sm", min_width=90, scale=1, elem_classes=["md-sample-run"]
    )

    async def sample(
        request: gr.Request, voice: str | None, speed: float, model: str
    ) -> AsyncIterator[Any]:
        key = f"sample:{capability}"
        stop = deck.start(session_of(request), key)
        recording = SpeechRecording(new_folder(player), "wav", patience_s=float("inf"))
        player.temp_files.add(str(recording.whole))
        try:
            words = sample_text(deck.card(capability, model))
            async for update in deck.stream(
                capability,
                model,
                lambda engine, stop: recording.follow(
                    engine.speak(words, voice=voice or "", speed=speed, seed=1, stop=stop)
                ),
                stop,
            ):
                done = isinstance(update, Snapshot) and update.final
                yield sample_html(recording, update.value.voice) if done else status(update)  # type: ignore[union-attr]
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            yield alert(as_app_error(error))
        finally:
            stop.set()
            deck.finish(session_of(request), key, stop)

    button.click(sample, inputs, slot, **PRIVATE, concurrency_limit=None, trigger_mode="once")
    return button


def sample_text(card: ModelCard) -> str:
    """What the voices of a model say of themselves."""
    return SAMPLES.get(card.languages[0] if card.languages else "en", SAMPLES["en"])


def sample_html(recording: SpeechRecording, voice: str) -> str:
    """A small player that starts by itself."""
    label = html.escape(f"Sample of {voice}")
    return (
        f'<figure class="md-sample"><figcaption>{label}</figcaption>'
        f'<audio class="md-heard" controls autoplay src="{address(recording.whole)}" '
        f'aria-label="{label}"></audio></figure>'
    )
