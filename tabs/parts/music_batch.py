"""Many prompts composed in one run: a sound file of each, its notes, and a table with the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gradio.components import Component

from models.audio import sound_file
from models.music import Music
from models.runs import Verb
from tabs.parts.batch import batch
from tabs.parts.batch_table import Columns
from tabs.parts.deck import Deck
from tabs.parts.music_fields import settings
from tabs.parts.numbers import Entered
from tabs.parts.sound_fields import InFormat, in_format

#: Prompts of one run.
MOST = 500
#: Columns of prompts go by these names, the likeliest first.
NAMES = ("prompt", "text", "description", "title")


def compose_many(
    deck: Deck, capability: str, model: Component, fields: Sequence[Component]
) -> None:
    """Adds "Many prompts at once" for music.

    Args:
        deck: the page.
        capability: whose engine runs.
        model: the tab's picker.
        fields: the tab's settings, in the order of ``verb`` after the prompt.
    """
    batch(
        deck, capability, model, verb, columns, settings=fields, noun="prompt", wanted=NAMES,
        write=written, most=MOST,
    )  # fmt: skip


def verb(
    prompt: str, seconds: float, kind: str, seed: Entered, lot: bool | None, *numbers: Entered
) -> Verb[InFormat[Music]]:
    """Composes a row with the tab's settings; a seed that is set is every row's."""
    given = settings(seconds, seed, lot, *numbers)
    return in_format(kind, lambda engine, stop: engine.compose(prompt, **given, stop=stop))


def columns(result: InFormat[Music]) -> Columns:
    """A piece as columns of a table: what makes it again, its key, and what was not done as asked."""
    music = result.made
    return {
        "seconds": round(music.duration_s, 2),
        "seed": str(music.seed),  # a name more than a number
        "key": "" if music.score is None else music.score.key,
        "ignored": " ".join(music.ignored),
        "warnings": " ".join(music.warnings),
    }


def written(result: InFormat[Music], path: Path) -> list[Path]:
    """Writes the sound, and the notes where there are any."""
    from models.music_midi import midi_file

    music = result.made
    sound = path.with_name(f"{path.name}.{result.kind}")
    with sound_file(sound, music.sample_rate, result.kind, music.channels) as file:
        file.write(music.samples)
    if music.score is None or not music.score.notes:
        return [sound]
    notes = path.with_name(f"{path.name}.mid")
    notes.write_bytes(midi_file(music.score))
    return [sound, notes]
