"""Many texts spoken in one run: a sound file of each, and a table with lengths and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradio.components import Component

from models.audio import sound_file
from models.runs import Verb
from models.spec import Work
from models.speech import Speech
from tabs.parts.batch import batch
from tabs.parts.batch_table import Columns
from tabs.parts.deck import Deck
from tabs.parts.numbers import Entered
from tabs.parts.speech_fields import chosen_seed

#: Texts of one run: at ten seconds each that is more than five hours of sound.
MOST = 2_000


@dataclass(frozen=True)
class Voiced:
    """A speech and the format that it is wanted in, a key of ``models.audio.FORMATS``."""

    speech: Speech
    kind: str

    @property
    def work(self) -> Work:
        """Seconds of sound made."""
        return self.speech.work


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
) -> Verb[Voiced]:
    """Speaks a row with the tab's settings; a seed that is set is every row's."""
    given = {"voice": voice or "", "speed": speed, "seed": chosen_seed(seed, lot)}

    def speak(engine: Any, stop: Any) -> Iterator[Voiced]:
        for speech in engine.speak(text, **given, stop=stop):
            yield Voiced(speech, kind)

    return speak


def columns(result: Voiced) -> Columns:
    """A speech as columns of a table: its length in seconds, its voice, and what has no sound."""
    speech = result.speech
    return {
        "seconds": round(speech.duration_s, 2),
        "voice": speech.voice,
        "unread": " ".join(speech.unread),
    }


def written(result: Voiced, path: Path) -> list[Path]:
    """Writes the speech into one file."""
    whole = path.with_name(f"{path.name}.{result.kind}")
    with sound_file(whole, result.speech.sample_rate, result.kind) as file:
        for piece in result.speech.pieces:
            file.write(piece)
    return [whole]
