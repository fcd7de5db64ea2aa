"""The endpoint ``/text_to_speech``: a text in, a file and its facts out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import gradio as gr

from models.runs import Snapshot
from models.speech import Speech
from models.speech_recording import SpeechRecording
from tabs.parts.deck import Deck
from tabs.parts.files import new_folder
from tabs.parts.numbers import sent_number


def speech_endpoint(deck: Deck, name: str) -> None:
    """Publishes ``/name``."""
    with gr.Row(visible=False):
        inputs = [
            gr.Textbox(label="text"), gr.Textbox("", label="voice"),
            gr.Number(1.0, label="speed"), gr.Textbox("", label="model"),
            sent_number("seed"), gr.Textbox("wav", label="file_format"),
        ]  # fmt: skip
        audio = gr.Audio(label="audio", interactive=False)
        facts = gr.JSON(label="facts")

    async def text_to_speech(
        text: str,
        voice: str = "",
        speed: float = 1.0,
        model: str = "",
        seed: int | None = None,
        file_format: str = "wav",
    ) -> tuple[Any, dict[str, Any]]:
        """Reads a text aloud, in one of the voices of a model.

        Args:
            text: what to say, up to 300,000 characters.
            voice: one of the model's voices, by the name that ``voices`` in the answer gives; its
                first one when empty.
            speed: 1.0 is the voice's own pace, 2.0 twice as quick; most models take 0.5 to 2.0.
            model: a starter or Hub model id; the app's default model when empty.
            seed: 0 to 4,294,967,295 repeats a speech; by lot when left out.
            file_format: ``wav``, ``flac`` or ``mp3``.

        Returns:
            The speech as a file, and an object with ``duration`` and ``first_audio_s`` in seconds,
            ``real_time_factor``, ``sample_rate``, ``voice``, ``voices``, ``seed``, ``spoken`` (each
            sentence with its place in the text and in the sound, its ``words`` likewise, how it was
            ``read_as`` and its ``phonemes``), ``chapters``, ``unread`` (words without a sound),
            ``model`` and ``metrics``.
        """
        recording = SpeechRecording(new_folder(audio), file_format, patience_s=float("inf"))
        given = {"voice": voice, "speed": speed, "seed": seed}
        snapshot = await deck.answer(
            name,
            model,
            lambda engine, stop: recording.follow(
                engine.speak(text, **given, keep=False, stop=stop)
            ),
        )
        audio.temp_files.update(map(str, recording.files))
        return str(recording.whole), answer(snapshot)

    long = ["spoken", "chapters"]
    deck.endpoint(text_to_speech, name, inputs=inputs, outputs=[audio, facts], long=long)


def answer(snapshot: Snapshot[Speech]) -> dict[str, Any]:
    """The endpoint's facts about its sound."""
    speech, metrics = snapshot.value, asdict(snapshot.metrics)
    return {
        "duration": speech.duration_s,
        "sample_rate": speech.sample_rate,
        "first_audio_s": speech.first_audio_s,
        "real_time_factor": speech.real_time_factor,
        "voice": speech.voice,
        "voices": list(speech.voices),
        "seed": speech.seed,
        "spoken": [asdict(piece) for piece in speech.spoken],
        "chapters": [asdict(chapter) for chapter in speech.chapters],
        "unread": list(speech.unread),
        "model": metrics.pop("model"),
        "metrics": metrics,
    }
