"""Two music models on the same prompt and seed: both pieces to be heard, and what each one took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from models.music import Music
from models.music_recording import MusicRecording
from models.ranges import seed_or_lot
from models.runs import Verb
from models.spec import Work
from tabs.parts.compare import compare
from tabs.parts.deck import Deck
from tabs.parts.differences import grid, sentence
from tabs.parts.files import address, new_folder
from tabs.parts.metrics import number, seconds
from tabs.parts.music_fields import settings
from tabs.parts.numbers import Entered, whole


@dataclass(frozen=True)
class Heard:
    """A piece and the file that it is written to, which can be played once it is ``done``."""

    music: Music
    recording: MusicRecording

    @property
    def work(self) -> Work:
        """Seconds of music made."""
        return self.music.work


def compare_music(
    deck: Deck, capability: str, inputs: Sequence[Component], player: gr.Audio,
    show_html: Callable[[Music], str],
) -> None:  # fmt: skip
    """Adds the accordion "Compare two models" for music.

    Args:
        deck: the page.
        capability: whose engines run.
        inputs: the prompt, and those fields that change the sound.
        player: the tab's player, in whose cache the files lie.
        show_html: draws what there is to say of one piece.
    """
    compare(
        deck, capability, inputs,
        lambda prompt, *given: composed(prompt, settings(*given), player),
        lambda heard, *_: heard_html(heard) + show_html(heard.music),
        lambda first, second, *_: differences_html(first.music, second.music),
        with_one_seed,
    )  # fmt: skip


def with_one_seed(
    prompt: str, seconds: float, seed: Entered, lot: bool | None, *numbers: Entered
) -> list[Any]:
    """The same values with a seed that both models get."""
    drawn = None if lot else whole(seed)
    return [prompt, seconds, seed_or_lot(drawn), False, *numbers]


def composed(prompt: str, given: dict[str, Any], player: gr.Audio) -> Verb[Heard]:
    """Composes into a file of its own."""

    def verb(engine: Any, stop: Any) -> Any:
        recording = MusicRecording(new_folder(player), "wav", patience_s=float("inf"))
        player.temp_files.add(str(recording.whole))
        pieces = recording.follow(engine.compose(prompt, **given, stop=stop))
        return (Heard(music, recording) for music in pieces)

    return verb


def heard_html(heard: Heard) -> str:
    """A player once the file is whole."""
    if not heard.recording.done:
        return ""
    return (
        '<audio class="md-heard" controls preload="metadata" '
        f'src="{address(heard.recording.whole)}" aria-label="Music"></audio>'
    )


def differences_html(first: Music, second: Music) -> str:
    """Length, sound and pace of both, and the quicker one in a sentence."""
    rows = [
        ["Length", seconds(first.duration_s), seconds(second.duration_s)],
        ["Sample rate", f"{first.sample_rate / 1000:g} kHz", f"{second.sample_rate / 1000:g} kHz"],
        ["Channels", str(first.channels), str(second.channels)],
        ["Real-time factor", number(first.real_time_factor), number(second.real_time_factor)],
    ]
    return sentence(kinds(first, second)) + grid(["", "First", "Second"], rows, ours=True)


def kinds(first: Music, second: Music) -> str:
    """One sentence on what the two models make."""
    notes = [music.score is not None for music in (first, second)]
    if all(notes):
        return "Both models write notes, which a synthesiser plays."
    if not any(notes):
        return "Both models make sound without notes."
    which = "first" if notes[0] else "second"
    return f"The {which} model writes notes, the other one makes sound without notes."
