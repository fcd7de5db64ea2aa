"""The speech tab: a text in, a voice out, to be heard while the rest is still being made."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.speech import Speech
from models.speech_recording import SpeechRecording
from tabs.parts import Deck, Job, empty, model_picker, run_bar, send_to, wire
from tabs.parts.code_view import code_view
from tabs.parts.document import document_button
from tabs.parts.files import new_folder
from tabs.parts.language_note import language_note
from tabs.parts.look import WAVEFORM
from tabs.parts.numbers import Entered
from tabs.parts.speech_batch import speak_many
from tabs.parts.speech_check import check_speech
from tabs.parts.speech_compare import compare_voices
from tabs.parts.speech_endpoint import speech_endpoint
from tabs.parts.speech_fields import chosen_seed, follow_model, speech_fields, voice_choices
from tabs.parts.speech_sample import sample_button
from tabs.parts.speech_view import SUBTITLES, Views, displays, facts_html

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
    (
        "Two chapters",
        [
            "# The ferry\n\nThe last ferry leaves at 6 p.m. on weekdays. Nobody knows why it is painted "
            "green.\n\n# The island\n\nOn the island there is a lighthouse, an inn with 14 rooms, and "
            "a bakery that opens at 5:30."
        ],
    ),
]
PRESETS = {"Slow and clear": {"speed": 0.8}, "To skim": {"speed": 1.3}}


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    with gr.Row(elem_classes=["md-text_to_speech"]):
        with gr.Column():
            text = gr.Textbox(
                label="Text", lines=6, max_lines=14, placeholder="Write or paste a text to hear."
            )
            examples = gr.Row(elem_classes=["md-examples"])
            fields = speech_fields(deck, NAME)
            bar = run_bar("Speak")
            model = model_picker(deck, NAME)
        with gr.Column():
            views = _views()

    def job(
        text: str, voice: str | None, speed: float, kind: str, seed: Entered, lot: bool | None,
        model: str,
    ) -> Job:  # fmt: skip
        recording = SpeechRecording(new_folder(views.player), kind)
        foreign = language_note(deck, NAME, model, text)
        show, show_final = displays(recording, text, views, foreign)
        given = {"voice": voice or "", "speed": speed, "seed": chosen_seed(seed, lot)}
        return Job(
            model,
            lambda engine, stop: recording.follow(
                engine.speak(text, **given, keep=False, stop=stop)
            ),
            lambda speech: [*show(speech), gr.skip(), gr.skip()],
            lambda speech: [*show_final(speech), *written_back(speech)],
        )

    deck.accept(NAME, "text", text)
    document_button(text, bar.tools)
    send_to(deck, NAME, bar.tools, "audio", views.player, "speech")
    wire(
        deck, NAME, bar, job, [text, *fields.inputs, model],
        [*views.outputs, fields.voice, fields.seed],
        also=[text.submit], examples=EXAMPLES, example_inputs=[text], slot=examples,
        presets=PRESETS,
    )  # fmt: skip
    follow_model(deck, NAME, model, fields)
    with fields.slot:
        sample_button(deck, NAME, [fields.voice, fields.speed, model], fields.sample, views.player)
    check_speech(deck, NAME, views.done, model)
    compare_voices(
        deck, NAME, [text, fields.voice, fields.speed, fields.seed, fields.lot], views.player,
        facts_html,
    )  # fmt: skip
    speak_many(deck, NAME, model, fields.inputs)
    settings = {"text": text, "voice": fields.voice, "speed": fields.speed, "seed": fields.seed}
    code_view(deck, NAME, bar, settings, model)
    speech_endpoint(deck, NAME)


def _views() -> Views:
    view = gr.HTML(
        "", html_template="<span hidden></span>", elem_classes=["md-speech-view"],
        js_on_load="modeldeck.speechView(element, props, watch)",
    )  # fmt: skip
    player = gr.Audio(
        label="Speech", type="filepath", interactive=False, visible=False, buttons=["download"],
        waveform_options=WAVEFORM, elem_classes=["md-speech-player"],
    )  # fmt: skip
    facts = gr.HTML(empty("The voice appears here with its length and speed."))
    with gr.Row(elem_classes=["md-transcript-files"]):  # a hidden button would lose its file
        files = [
            gr.DownloadButton(kind.upper(), size="sm", min_width=70, interactive=False)
            for kind in SUBTITLES
        ]
        chapters = gr.DownloadButton("Chapters", size="sm", min_width=90, interactive=False)
    with gr.Accordion("What the voice reads", open=False, elem_classes=["md-later"]):
        read = gr.HTML(empty("Numbers and abbreviations as words, and the sounds of every word."))
    return Views(view, player, facts, read, files, chapters, gr.State(None))


def written_back(speech: Speech) -> list[Any]:
    """The voices that the model really has with the one that spoke, and the seed it spoke with."""
    return [gr.update(choices=voice_choices(speech.voices), value=speech.voice), speech.seed]
