"""The settings of a speech: voice, speed, file, seed; and what each model offers of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import gradio as gr

from models.languages import language_name
from models.spec import ModelCard
from tabs.parts.deck import Deck
from tabs.parts.events import AT_ONCE
from tabs.parts.numbers import Entered, hand_on, whole
from tabs.parts.sound_fields import file_field, seed_fields

#: Speeds that the page offers where a model's card names none.
_SPEEDS = (0.5, 2.0)
_OWN = ("The model's own", "")
_BARK = re.compile(r"(?:v2/)?([a-z]{2})_speaker_(\d+)")


@dataclass(frozen=True)
class Fields:
    """The settings of a speech, and where its voice can be heard."""

    voice: gr.Dropdown
    speed: gr.Slider
    kind: gr.Dropdown
    seed: gr.Number
    lot: gr.Checkbox
    slot: gr.Row
    sample: gr.HTML

    @property
    def inputs(self) -> list[gr.components.Component]:
        """In the order of the tab's handler."""
        return [self.voice, self.speed, self.kind, self.seed, self.lot]


def speech_fields(deck: Deck, capability: str) -> Fields:
    """Adds them at this place of the page."""
    card = deck.cards(capability)[0]
    low, high = speeds(card)
    with gr.Row(elem_classes=["md-voice"]) as slot:
        voice = gr.Dropdown(
            voices(card), value=first_voice(card), label="Voice", min_width=200, scale=4,
            info="Type to search.",
        )  # fmt: skip
    hand_on(voice)  # for a moment it is that of the model before, and its engine names those it has
    sample = gr.HTML("", elem_classes=["md-sample-slot"])
    with gr.Row(elem_classes=["md-voice"]):
        speed = gr.Slider(low, high, 1.0, step=0.05, label="Speed", min_width=150, scale=3)
        kind = file_field()
    seed, lot = seed_fields()
    return Fields(voice, speed, kind, seed, lot, slot, sample)


def follow_model(deck: Deck, capability: str, model: Any, fields: Fields) -> None:
    """Offers the voices and speeds of the model that is chosen.

    A model that a link, a preset or an earlier run fills in brings a voice and a speed of its own: they
    stay where it has them.
    """

    def offered(model: str, voice: str) -> list[tuple[str, str]]:
        card = deck.known(capability, model)
        if card is None:
            return [_OWN]
        own = [] if card.defaults.get("voices") or not voice else voice_choices([voice])
        return [*voices(card), *own]

    def follow(model: str, voice: str | None, speed: float) -> list[Any]:
        chosen = deck.known(capability, model)
        if chosen is None:
            return [gr.skip()] * 3
        choices, (low, high) = offered(model, voice or ""), speeds(chosen)
        voices_now = gr.update(choices=choices)
        if voice not in [name for _, name in choices]:
            voices_now = gr.update(choices=choices, value=choices[0][1])
        bounds = gr.update(minimum=low, maximum=high)
        if not low <= speed <= high:
            bounds = gr.update(minimum=low, maximum=high, value=1.0)
        return [voices_now, bounds, ""]

    def choose(model: str) -> list[Any]:
        chosen = deck.known(capability, model)
        if chosen is None:
            return [gr.skip()] * 2
        return [gr.update(choices=voices(chosen), value=first_voice(chosen)), 1.0]

    deck.by_model[fields.voice] = offered
    model.change(
        follow, [model, fields.voice, fields.speed], [fields.voice, fields.speed, fields.sample],
        **AT_ONCE,
    )  # fmt: skip
    model.input(choose, model, [fields.voice, fields.speed], **AT_ONCE)


def chosen_seed(seed: Entered, lot: bool | None) -> int | None:
    """The seed to speak with; None to have one drawn, as for an empty field."""
    return None if lot else whole(seed)


def voices(card: ModelCard) -> list[tuple[str, str]]:
    """Choices of the voice menu: what the card names, else only the model's own until it has run."""
    named = card.defaults.get("voices")
    return voice_choices(named) if isinstance(named, list) and named else [_OWN]


def first_voice(card: ModelCard) -> str:
    """The menu's value for a model that is chosen anew."""
    return voices(card)[0][1]


def speeds(card: ModelCard) -> tuple[float, float]:
    """Slowest and quickest that the page offers; the engine refuses what its model can't do."""
    named = card.defaults.get("speeds")
    return (float(named[0]), float(named[1])) if isinstance(named, list) else _SPEEDS


def voice_choices(names: tuple[str, ...] | list[Any]) -> list[tuple[str, str]]:
    """Voices for a menu: (label, name), with languages by their names where the voice says one."""
    return [(_label(str(name)), str(name)) for name in names]


def _label(name: str) -> str:
    preset = _BARK.fullmatch(name)
    if not preset:
        return name
    older = "" if name.startswith("v2/") else ", first version"
    return f"{language_name(preset[1])}, speaker {preset[2]}{older}"
