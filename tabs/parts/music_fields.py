"""The settings of a piece of music: length, file, seed, temperature and guidance; and each model's own."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import gradio as gr

from models.music import MIN_SECONDS
from models.spec import ModelCard
from tabs.parts.deck import Deck
from tabs.parts.events import AT_ONCE
from tabs.parts.markup import note
from tabs.parts.numbers import Entered, entered, filled, number_field, whole
from tabs.parts.sound_fields import file_field, seed_fields

#: Length of a piece and the longest that the page offers where a model's card names neither; its engine
#: refuses what it can't do.
SECONDS, LONGEST = 10.0, 30.0
#: Settings that some models have -> what they do.
NUMBERS = {
    "temperature": "Below 1 tamer, above 1 wilder.",
    "guidance": "How closely it keeps to the prompt; 1 is off.",
    "steps": "More take longer and are often better.",
}


@dataclass(frozen=True)
class Fields:
    """The components of the settings."""

    seconds: gr.Slider
    kind: gr.Dropdown
    seed: gr.Number
    lot: gr.Checkbox
    temperature: gr.Number
    guidance: gr.Number
    steps: gr.Number
    advice: gr.HTML

    @property
    def inputs(self) -> list[gr.components.Component]:
        """In the order of the tab's handler."""
        return [self.seconds, self.kind, self.seed, self.lot, *self.numbers]

    @property
    def made_of(self) -> list[gr.components.Component]:
        """Those that change the sound, in the order of ``settings``."""
        return [self.seconds, self.seed, self.lot, *self.numbers]

    @property
    def numbers(self) -> list[gr.Number]:
        """Those that some models have only, in the order of ``NUMBERS``."""
        return [self.temperature, self.guidance, self.steps]


def music_fields(card: ModelCard) -> Fields:
    """Adds them at this place of the page, filled with a model's defaults."""
    with gr.Row(elem_classes=["md-voice"]):
        seconds = gr.Slider(
            MIN_SECONDS, longest(card), own_seconds(card), step=1, label="Seconds", min_width=180,
            scale=3,
        )  # fmt: skip
        kind = file_field()
    seed, lot = seed_fields()
    with gr.Accordion("Settings", open=False, elem_classes=["md-later"]):
        with gr.Row():
            numbers = [
                number_field(
                    name.capitalize(), card.defaults.get(name), info=info, min_width=120,
                    visible=has(card, name),
                )
                for name, info in NUMBERS.items()
            ]  # fmt: skip
    advice = gr.HTML(advice_html(card), elem_classes=["md-later"])
    temperature, guidance, steps = numbers
    return Fields(seconds, kind, seed, lot, temperature, guidance, steps, advice)


def follow_model(deck: Deck, capability: str, model: Any, fields: Fields) -> None:
    """Offers what the chosen model can do, and fills in its own settings.

    A model that a link, a preset or an earlier run fills in brings settings of its own: they stay
    where it has them.
    """

    def follow(model: str, seconds: float) -> list[Any]:
        chosen = deck.known(capability, model)
        if chosen is None:
            return [gr.skip()] * (2 + len(NUMBERS))
        most = longest(chosen)
        length = gr.update(maximum=most, value=min(seconds, most))
        offered = [gr.update(visible=has(chosen, name)) for name in NUMBERS]
        return [length, advice_html(chosen), *offered]

    def choose(model: str) -> list[Any]:
        chosen = deck.known(capability, model)
        if chosen is None:
            return [gr.skip()] * (1 + len(NUMBERS))
        length = gr.update(maximum=longest(chosen), value=own_seconds(chosen))
        return [length, *(filled(chosen.defaults.get(name)) for name in NUMBERS)]

    model.change(
        follow, [model, fields.seconds], [fields.seconds, fields.advice, *fields.numbers], **AT_ONCE
    )
    model.input(choose, model, [fields.seconds, *fields.numbers], **AT_ONCE)


def settings(
    seconds: float, seed: Entered, lot: bool | None, temperature: Entered, guidance: Entered,
    steps: Entered,
) -> dict[str, Any]:  # fmt: skip
    """The fields as arguments of ``MusicEngine.compose``; an empty number is the model's own."""
    return {
        "seconds": seconds,
        "seed": None if lot else whole(seed),
        "temperature": entered(temperature),
        "guidance": entered(guidance),
        "steps": whole(steps),
    }


def has(card: ModelCard, name: str) -> bool:
    """Whether a model may have a setting of ``NUMBERS``: its card says so, or says nothing at all."""
    return name in card.defaults or not card.defaults


def longest(card: ModelCard) -> float:
    """The longest piece that the page offers, in seconds."""
    return float(str(card.defaults.get("max_seconds", LONGEST)))


def own_seconds(card: ModelCard) -> float:
    """The length of a piece where nobody has chosen one."""
    return min(float(str(card.defaults.get("seconds", SECONDS))), longest(card))


def advice_html(card: ModelCard) -> str:
    """What to know before a run: the model's own settings, and the words that it understands."""
    return note(advice(card)) + words_html(card)


def advice(card: ModelCard) -> str:
    """The model's own settings in a sentence."""
    if not card.defaults:
        return "Empty fields take the model's own settings; the result says which."
    facts = [f"{own_seconds(card):g} of at most {longest(card):g} seconds"]
    for name in NUMBERS:
        if card.defaults.get(name) is not None:
            facts.append(f"{name} {float(str(card.defaults[name])):g}")
    return f"Set for {card.title}: {', '.join(facts)}."


def words_html(card: ModelCard) -> str:
    """The words that a model which writes notes acts on; empty for one that reads any text."""
    words = card.defaults.get("words")
    if not isinstance(words, list) or not words:
        return ""
    items = "".join(f"<li>{html.escape(str(word))}</li>" for word in words)
    return (
        f'<details class="md-concepts"><summary>The {len(words)} words it understands</summary>'
        f"<ul>{items}</ul></details>"
    )
