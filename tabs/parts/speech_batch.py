"""Many texts spoken in one run: a sound file of each, and a table with lengths and what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gradio.components import Component

from models.audio import sound_file
from models.runs import Verb
from models.speech import Speech
from tabs.parts.batch import batch
from tabs.parts.batch_table import Columns
from tabs.parts.deck import Deck
from tabs.parts.numbers import Entered
from tabs.parts.sound_fields import InFormat, in_format
from tabs.parts.speech_fields import chosen_seed

#: Texts of one run: at ten seconds each that is more than five hours of sound.
MOST = 2_000


def speak_many(
    deck: Deck, capability: str, model: Component, settings: Sequence[Component]
) -> None:
    """Adds "Many texts at once" for voices.

    Args:
        deck: the page.
        capability: whose engine runs.
        model: the tab's picker.
        settings: voice, speed, file format, seed and "New seed for every run" of the tab.
    """
    batch(deck, capability, model, verb, columns, settings=settings, write=written, most=MOST)


def verb(
    text: str, voice: str | None, speed: float, kind: str, seed: Entered, lot: bool | None
) -> Verb[InFormat[Speech]]:
    """Speaks a row with the tab's settings; a seed that is set is every row's."""
    given = {"voice": voice or "", "speed": speed, "seed": chosen_seed(seed, lot)}
    return in_format(kind, lambda engine, stop: engine.speak(text, **given, stop=stop))


def columns(result: InFormat[Speech]) -> Columns:
    """A speech as columns of a table: its length in seconds, its voice, and what has no sound."""
    speech = result.made
    return {
        "seconds": round(speech.duration_s, 2),
        "voice": speech.voice,
        "unread": " ".join(speech.unread),
    }


def written(result: InFormat[Speech], path: Path) -> list[Path]:
    """Writes the speech into one file."""
    whole = path.with_name(f"{path.name}.{result.kind}")
    with sound_file(whole, result.made.sample_rate, result.kind) as file:
        for piece in result.made.pieces:
            file.write(piece)
    return [whole]
