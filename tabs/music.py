"""The music tab: a description in, a piece of music out, to be heard while the rest is being made."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.music import Music
from models.music_recording import MusicRecording
from tabs.parts import Deck, Job, model_picker, run_bar, send_to, wire
from tabs.parts.code_view import code_view
from tabs.parts.files import new_folder
from tabs.parts.look import WAVEFORM
from tabs.parts.music_batch import compose_many
from tabs.parts.music_compare import compare_music
from tabs.parts.music_endpoint import music_endpoint
from tabs.parts.music_fields import follow_model, music_fields, settings
from tabs.parts.music_view import NOTHING_YET, Views, displays, facts_html, score_html
from tabs.parts.numbers import Entered

NAME = "music"
TITLE = "Music"
ABOUT = "Makes a piece of music from a description; a long one can be heard while it is being made."

EXAMPLES = [
    ("A jig", ["A lively jig in D major on the fiddle"]),
    ("A slow air", ["A slow air in a minor key on the flute"]),
    ("A hornpipe", ["A hornpipe in G major on the accordion"]),
    ("A march", ["A march at 96 bpm"]),
]
PRESETS = {"A short sketch": {"seconds": 5}, "As long as it goes": {"seconds": 30}}


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    card = deck.cards(NAME)[0]
    with gr.Row(elem_classes=["md-music"]):
        with gr.Column():
            prompt = gr.Textbox(
                label="Prompt", lines=2, placeholder="Say what the music should be."
            )
            examples = gr.Row(elem_classes=["md-examples"])
            fields = music_fields(card)
            bar = run_bar("Compose")
            model = model_picker(deck, NAME)
        with gr.Column():
            views = _views()

    def job(
        prompt: str, seconds: float, kind: str, seed: Entered, lot: bool | None,
        temperature: Entered, guidance: Entered, steps: Entered, model: str,
    ) -> Job:  # fmt: skip
        recording = MusicRecording(new_folder(views.player), kind)
        show, show_final = displays(recording, views)
        given = settings(seconds, seed, lot, temperature, guidance, steps)
        return Job(
            model,
            lambda engine, stop: recording.follow(engine.compose(prompt, **given, stop=stop)),
            lambda music: [*show(music), gr.skip()],
            lambda music: [*show_final(music), music.seed],
        )

    deck.accept(NAME, "text", prompt)
    send_to(deck, NAME, bar.tools, "text", prompt, "prompt")
    wire(
        deck, NAME, bar, job, [prompt, *fields.inputs, model], [*views.outputs, fields.seed],
        also=[prompt.submit], examples=EXAMPLES, example_inputs=[prompt], slot=examples,
        presets=PRESETS,
    )  # fmt: skip
    follow_model(deck, NAME, model, fields)
    compare_music(deck, NAME, [prompt, *fields.made_of], views.player, _piece_html)
    compose_many(deck, NAME, model, fields.inputs)
    used = {
        "prompt": prompt, "seconds": fields.seconds, "seed": fields.seed,
        "temperature": fields.temperature, "guidance": fields.guidance, "steps": fields.steps,
    }  # fmt: skip
    code_view(deck, NAME, bar, used, model)
    music_endpoint(deck, NAME)


def _piece_html(music: Music) -> str:
    return facts_html(music) + score_html(music.score)


def _views() -> Views:
    view = gr.HTML(
        "", html_template="<span hidden></span>", elem_classes=["md-music-view"],
        js_on_load="modeldeck.musicView(element, props, watch)",
    )  # fmt: skip
    player: Any = gr.Audio(
        label="Music", type="filepath", interactive=False, visible=False, buttons=["download"],
        waveform_options=WAVEFORM, elem_classes=["md-music-player"],
    )  # fmt: skip
    facts = gr.HTML(NOTHING_YET)
    notes = gr.HTML("", elem_classes=["md-music-notes"])
    with gr.Row(elem_classes=["md-transcript-files"]):  # a hidden button would lose its file
        midi = gr.DownloadButton("MIDI", size="sm", min_width=70, interactive=False)
    return Views(view, player, facts, notes, midi)
