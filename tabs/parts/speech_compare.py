"""Two voice models on the same text: both speeches to be heard, and how long and how quick they are."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from models.runs import Verb
from models.spec import Work
from models.speech import Speech
from models.speech_recording import SpeechRecording
from tabs.parts.compare import compare
from tabs.parts.deck import Deck
from tabs.parts.differences import grid, sentence
from tabs.parts.files import address, new_folder
from tabs.parts.markup import note
from tabs.parts.metrics import number, seconds
from tabs.parts.speech_fields import chosen_seed

#: Lengths that differ by less than this factor are called about the same.
ALIKE = 1.02


@dataclass(frozen=True)
class Heard:
    """A speech and the file that it is written to.

    Attributes:
        speech: the sound so far.
        recording: its file, which can be played once it is ``done``.
        wanted: the voice that was chosen in the tab; empty for none.
    """

    speech: Speech
    recording: SpeechRecording
    wanted: str = ""

    @property
    def work(self) -> Work:
        """Seconds of sound made."""
        return self.speech.work


def compare_voices(
    deck: Deck,
    capability: str,
    inputs: Sequence[Component],
    player: gr.Audio,
    facts_html: Callable[[Speech], str],
) -> None:
    """Adds the accordion "Compare two models" for voices.

    Args:
        deck: the page.
        capability: whose engines run.
        inputs: text, voice, speed, seed and "New seed for every run" of the tab.
        player: the tab's player, in whose cache the files lie.
        facts_html: draws the facts of one speech.
    """
    compare(
        deck, capability, inputs,
        lambda text, voice, speed, seed, lot: spoken(
            text, voice or "", speed, player, chosen_seed(seed, lot)
        ),
        lambda heard, *_: heard_html(heard) + facts_html(heard.speech),
        lambda first, second, *_: lengths_html(first.speech, second.speech),
    )  # fmt: skip


def spoken(
    text: str, voice: str, speed: float, player: gr.Audio, seed: int | None = None
) -> Verb[Heard]:
    """Speaks into a file of its own, with ``voice`` where the model has it, else with its first one."""
    recording = SpeechRecording(new_folder(player), "wav", patience_s=float("inf"))
    player.temp_files.add(str(recording.whole))

    def verb(engine: Any, stop: Any) -> Any:
        own = voice if voice in engine.voices else ""
        speeches = engine.speak(text, voice=own, speed=speed, seed=seed, stop=stop)
        return (Heard(speech, recording, voice) for speech in recording.follow(speeches))

    return verb


def heard_html(heard: Heard) -> str:
    """A player once the file is whole, and which voice it is when it is not the one chosen."""
    speech = heard.speech
    other = speech.voice != heard.wanted and heard.wanted
    said = f"This model has no voice {heard.wanted!r}: it speaks with {speech.voice!r}."
    left = note(said) if other else ""
    if not heard.recording.done:
        return left
    label = html.escape(f"Speech by {speech.voice}")
    return (
        f'<audio class="md-heard" controls preload="metadata" src="{address(heard.recording.whole)}" '
        f'aria-label="{label}"></audio>{left}'
    )


def lengths_html(first: Speech, second: Speech) -> str:
    """Length, time to the first sound and real-time factor of both, and the longer one in a sentence."""
    rows = [
        ["Voice", first.voice, second.voice],
        ["Length", seconds(first.duration_s), seconds(second.duration_s)],
        ["First sound after", seconds(first.first_audio_s), seconds(second.first_audio_s)],
        ["Real-time factor", number(first.real_time_factor), number(second.real_time_factor)],
    ]
    return sentence(longer(first.duration_s, second.duration_s)) + grid(
        ["", "First", "Second"], rows, ours=True
    )


def longer(first_s: float, second_s: float) -> str:
    """One sentence on which speech takes longer, both in seconds."""
    least, most = sorted((first_s, second_s))
    if most <= least * ALIKE:
        return "Both speeches are about as long."
    name = "first" if first_s > second_s else "second"
    return f"The {name} speech is {seconds(most - least)} longer."
