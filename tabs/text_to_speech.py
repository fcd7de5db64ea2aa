"""The speech tab: a text in, a voice out, to be heard while the rest is still being made."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import gradio as gr

from models.audio import FORMATS
from models.errors import AppError
from models.runs import Snapshot
from models.spec import ModelCard
from models.speech import Speech
from models.speech_recording import SpeechRecording
from tabs.parts import Deck, Job, empty, figures, model_picker, note, run_bar, send_to, wire
from tabs.parts.code_view import code_view
from tabs.parts.document import document_button
from tabs.parts.files import new_folder
from tabs.parts.look import WAVEFORM
from tabs.parts.metrics import number, seconds
from tabs.parts.speech_batch import speak_many
from tabs.parts.speech_compare import compare_voices

NAME = "text_to_speech"
TITLE = "Text to speech"
ABOUT = "Reads a text aloud, sentence by sentence; a long one can be heard while it is being made."

EXAMPLES = [
    ("A pangram", ["The quick brown fox jumps over the lazy dog."]),
    (
        "A weather report",
        [
            "Good morning. It will be dry until noon, with 18 degrees on the coast and a light "
            "wind from the west. Showers arrive at about 3 p.m., so take an umbrella if you "
            "walk home!"
        ],
    ),
    (
        "Numbers and names",
        [
            "Dr. Rivera paid $45.50 for 12 tickets on 3 May 1998. The train to Edinburgh left "
            "at 9:15 from platform 2."
        ],
    ),
]
PRESETS = {"Slow and clear": {"speed": 0.8}, "To skim": {"speed": 1.3}}
#: Speeds that the page offers where a model's card names none.
_SPEEDS = (0.5, 2.0)
_OWN = ("The model's own", "")


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    card = deck.cards(NAME)[0]
    low, high = speeds(card)
    with gr.Row(elem_classes=["md-text_to_speech"]):
        with gr.Column():
            text = gr.Textbox(
                label="Text", lines=6, max_lines=14, placeholder="Write or paste a text to hear."
            )
            examples = gr.Row(elem_classes=["md-examples"])
            with gr.Row(elem_classes=["md-voice"]):
                voice = gr.Dropdown(
                    voices(card), value=first_voice(card), label="Voice", min_width=190, scale=3
                )
                speed = gr.Slider(low, high, 1.0, step=0.05, label="Speed", min_width=150, scale=3)
                kind = gr.Dropdown(
                    [(name.upper(), name) for name in FORMATS], value="wav", label="File",
                    min_width=105, scale=2,
                )  # fmt: skip
            bar = run_bar("Speak")
            model = model_picker(deck, NAME)
        with gr.Column():
            pieces = gr.HTML(
                "", html_template="<span hidden></span>", elem_classes=["md-pieces-slot"],
                js_on_load="modeldeck.playPieces(element, props, watch)",
            )  # fmt: skip
            player = gr.Audio(
                label="Speech", type="filepath", interactive=False, visible=False,
                buttons=["download"], waveform_options=WAVEFORM,
            )  # fmt: skip
            facts = gr.HTML(empty("The voice appears here with its length and speed."))

    def job(text: str, voice: str | None, speed: float, kind: str, model: str) -> Job:
        recording = SpeechRecording(new_folder(player), kind)
        show, show_final = displays(recording, player)
        return Job(
            model,
            lambda engine, stop: recording.follow(
                engine.speak(text, voice=voice or "", speed=speed, stop=stop)
            ),
            show,
            show_final,
        )

    deck.accept(NAME, "text", text)
    document_button(text, bar.tools)
    send_to(deck, NAME, bar.tools, "audio", player, "speech")
    wire(
        deck, NAME, bar, job, [text, voice, speed, kind, model], [pieces, player, facts, voice],
        also=[text.submit], examples=EXAMPLES, example_inputs=[text], slot=examples,
        presets=PRESETS,
    )  # fmt: skip

    def follow(model: str) -> list[Any]:
        try:
            chosen = deck.card(NAME, model)
        except AppError:  # the picker itself shows why
            return [gr.skip(), gr.skip()]
        low, high = speeds(chosen)
        return [
            gr.update(choices=voices(chosen), value=first_voice(chosen)),
            gr.update(minimum=low, maximum=high, value=1.0),
        ]

    model.change(
        follow, model, [voice, speed], api_visibility="private", show_progress="hidden", queue=False
    )
    compare_voices(deck, NAME, [text, voice, speed], player, facts_html)
    speak_many(deck, NAME, model, [voice, speed, kind])
    code_view(deck, NAME, bar, {"text": text, "voice": voice, "speed": speed}, model)
    _endpoint(deck)


def _endpoint(deck: Deck) -> None:
    """Publishes ``/text_to_speech``."""
    with gr.Row(visible=False):
        inputs = [
            gr.Textbox(label="text"), gr.Textbox("", label="voice"),
            gr.Number(1.0, label="speed"), gr.Textbox("", label="model"),
        ]  # fmt: skip
        audio = gr.Audio(label="audio", interactive=False)
        facts = gr.JSON(label="facts")

    async def text_to_speech(
        text: str, voice: str = "", speed: float = 1.0, model: str = ""
    ) -> tuple[Any, dict[str, Any]]:
        """Reads a text aloud.

        Args:
            text: what to say, up to 100,000 characters.
            voice: one of the model's voices, by the name that ``voices`` in the answer gives; its
                first one when empty.
            speed: 1.0 is the voice's own pace, 2.0 twice as quick; most models take 0.5 to 2.0.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            The speech as a WAV file, and an object with ``duration`` and ``first_audio_s`` in
            seconds, ``real_time_factor``, ``sample_rate``, ``voice``, ``voices``, ``spoken`` (where
            each sentence lies in the text and in the sound), ``unread`` (words without a sound),
            ``model`` and ``metrics``.
        """
        recording = SpeechRecording(new_folder(audio), "wav")
        snapshot = await deck.answer(
            NAME,
            model,
            lambda engine, stop: recording.follow(
                engine.speak(text, voice=voice, speed=speed, stop=stop)
            ),
        )
        audio.temp_files.update(map(str, recording.files))
        return str(recording.whole), answer(snapshot)

    deck.endpoint(text_to_speech, NAME, inputs=inputs, outputs=[audio, facts])


def displays(
    recording: SpeechRecording, player: gr.Audio
) -> tuple[Callable[[Speech], list[Any]], Callable[[Speech], list[Any]]]:
    """What a run shows while it goes on, and at its end: (pieces, player, facts, voices)."""

    def show(speech: Speech) -> list[Any]:
        player.temp_files.update(map(str, recording.files))
        return [playlist(recording, ended=False), gr.skip(), facts_html(speech), gr.skip()]

    def show_final(speech: Speech) -> list[Any]:
        player.temp_files.update(map(str, recording.files))
        heard = recording.pieces > 0  # it plays already, piece by piece
        return [
            playlist(recording, ended=True),
            gr.update(value=str(recording.whole), visible=True, autoplay=not heard),
            facts_html(speech),
            gr.update(choices=list(speech.voices), value=speech.voice),
        ]

    return show, show_final


def voices(card: ModelCard) -> list[Any]:
    """Choices of the voice menu: what the card names, else only the model's own until it has run."""
    named = card.defaults.get("voices")
    return list(named) if isinstance(named, list) and named else [_OWN]


def first_voice(card: ModelCard) -> str:
    """The menu's value for a model that is chosen anew."""
    first = voices(card)[0]
    return first if isinstance(first, str) else str(first[1])


def speeds(card: ModelCard) -> tuple[float, float]:
    """Slowest and quickest that the page offers; the engine refuses what its model can't do."""
    named = card.defaults.get("speeds")
    return (float(named[0]), float(named[1])) if isinstance(named, list) else _SPEEDS


def playlist(recording: SpeechRecording, *, ended: bool) -> str:
    """What the page's piecewise player needs to know; empty when there is nothing for it."""
    if not recording.pieces:
        return ""
    folder = str(recording.whole.parent)
    return json.dumps({"folder": folder, "count": recording.pieces, "ended": ended})


def facts_html(speech: Speech) -> str:
    """Length, speed and progress of the speech, and what it leaves out."""
    pairs = [
        ("length", seconds(speech.duration_s)),
        ("time to first audio", seconds(speech.first_audio_s)),
        ("real-time factor", number(speech.real_time_factor)),
        ("sample rate", f"{speech.sample_rate / 1000:g} kHz"),
        ("characters", f"{speech.characters:,} of {speech.characters_total:,}"),
    ]
    left_out = note(unread_text(speech.unread)) if speech.unread else ""
    return figures(pairs) + left_out


def unread_text(unread: tuple[str, ...]) -> str:
    """One sentence on what the voice has no sound for."""
    return f"Not spoken, because this voice has no sound for it: {' '.join(unread)}"


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
        "spoken": [asdict(piece) for piece in speech.spoken],
        "unread": list(speech.unread),
        "model": metrics.pop("model"),
        "metrics": metrics,
    }
