"""The endpoint ``/music``: a prompt in, a file and its facts out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr

from models.music import Music
from models.music_recording import MusicRecording
from models.runs import Snapshot
from tabs.parts.deck import Deck
from tabs.parts.files import new_folder, offer
from tabs.parts.numbers import sent_number


def music_endpoint(deck: Deck, name: str) -> None:
    """Publishes ``/name``."""
    with gr.Row(visible=False):
        inputs = [
            gr.Textbox(label="prompt"), sent_number("seconds"), sent_number("seed"),
            sent_number("temperature"), sent_number("guidance"), sent_number("steps"),
            gr.Textbox("", label="model"), gr.Textbox("wav", label="file_format"),
        ]  # fmt: skip
        audio = gr.Audio(label="audio", interactive=False)
        midi = gr.File(label="midi", interactive=False)
        facts = gr.JSON(label="facts")

    async def music(
        prompt: str,
        seconds: float | None = None,
        seed: int | None = None,
        temperature: float | None = None,
        guidance: float | None = None,
        steps: int | None = None,
        model: str = "",
        file_format: str = "wav",
    ) -> tuple[Any, Any, dict[str, Any]]:
        """Makes a piece of music from a description.

        Args:
            prompt: what it should be, up to 2,000 characters, in English.
            seconds: its length, from 1 to the model's longest; the model's own when left out.
            seed: 0 to 4,294,967,295 repeats a piece; by lot when left out.
            temperature: above 0 to 5: lower is tamer, higher is wilder; the model's own when left out.
            guidance: 1 to 20: how closely it keeps to the prompt, where the model has that; the
                model's own when left out.
            steps: 1 to 200 for a model that denoises; the model's own when left out.
            model: a starter or Hub model id; the app's default model when empty.
            file_format: ``wav``, ``flac`` or ``mp3``.

        Returns:
            The music as a file; the notes as a MIDI file, or null for a model that makes sound without
            notes; and an object with ``duration`` in seconds, ``sample_rate``, ``channels``,
            ``real_time_factor``, ``seed``, ``temperature``, ``guidance``, ``score`` (``key``,
            ``tempo``, ``metre`` and ``notes`` with pitch, start and length in beats; or null),
            ``understood`` and ``ignored`` (words of the prompt, for a model that acts on some only),
            ``warnings``, ``model`` and ``metrics``.
        """
        recording = MusicRecording(new_folder(audio), file_format, patience_s=float("inf"))
        given = {
            "seconds": seconds, "seed": seed, "temperature": temperature, "guidance": guidance,
            "steps": steps,
        }  # fmt: skip
        snapshot = await deck.answer(
            name,
            model,
            lambda engine, stop: recording.follow(engine.compose(prompt, **given, stop=stop)),
        )
        audio.temp_files.update(map(str, recording.files))
        return str(recording.whole), notes_file(midi, snapshot.value), answer(snapshot)

    deck.endpoint(music, name, inputs=inputs, outputs=[audio, midi, facts], long=["notes"])


def notes_file(part: gr.File, music: Music) -> str | None:
    """The notes as a file of gradio's cache; None where there are none."""
    if music.score is None or not music.score.notes:
        return None
    from models.music_midi import midi_file

    return offer(part, "music.mid", midi_file(music.score))


def answer(snapshot: Snapshot[Music]) -> dict[str, Any]:
    """The endpoint's facts about its sound."""
    music, metrics = snapshot.value, asdict(snapshot.metrics)
    return {
        "duration": music.duration_s,
        "sample_rate": music.sample_rate,
        "channels": music.channels,
        "real_time_factor": music.real_time_factor,
        "seed": music.seed,
        "temperature": music.temperature,
        "guidance": music.guidance,
        "score": None if music.score is None else asdict(music.score),
        "understood": list(music.understood),
        "ignored": list(music.ignored),
        "warnings": list(music.warnings),
        "model": metrics.pop("model"),
        "metrics": metrics,
    }
