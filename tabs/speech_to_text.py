"""The transcription tab: a recording in, its text out with times, growing while it is heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from models.audio import read_audio
from models.errors import AppError, InputError
from models.languages import language_name
from models.runs import Snapshot, Verb
from models.spec import ModelCard
from models.speech_recogniser import SAMPLE_RATE
from models.subtitles import WRITERS
from models.transcript import Transcript, corrected
from tabs.parts import Deck, Job, empty, model_picker, run_bar, send_to, wire
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.differences import word_diff_html
from tabs.parts.events import AT_ONCE
from tabs.parts.files import handed_out, waiting_buttons
from tabs.parts.live_transcript import live_transcript
from tabs.parts.look import ASSETS, WAVEFORM
from tabs.parts.many_recordings import many_recordings
from tabs.parts.markup import block
from tabs.parts.transcript_view import facts_html, growing_html, transcript_html
from tabs.parts.word_errors import reference_check

NAME = "speech_to_text"
TITLE = "Speech to text"
ABOUT = "Writes down what is said in a recording, with the time of every phrase."

_RECORDINGS = ASSETS / "examples"
#: What an example is heard as: the language is found out, and written down as it is spoken.
_PLAINLY = ["", "transcribe"]
#: (label, recording, model, language, task); without a model the chosen one stays.
EXAMPLES: list[tuple[str, list[Any]]] = [
    (name, [str(_RECORDINGS / file), model, *_PLAINLY])
    for name, file, model in (
        ("One sentence", "austen-leisure.flac", gr.skip()),
        ("Another", "austen-married.flac", gr.skip()),
        ("Three in a row", "austen-passage.flac", gr.skip()),
        ("In Spanish", "spanish-conference.flac", "starter/whisper-base-ct2"),
    )
]
#: Segments that are drawn while more are coming; the last result draws all.
_TAIL = 30
#: Endings of the files on offer.
FILES = ("txt", "srt", "vtt", "csv", "json")
#: Name of the files of a live recording.
_LIVE = "live"
_DETECT = ("Find out", "")


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    many = multilingual(deck.cards(NAME)[0])
    with gr.Row(elem_classes=["md-speech_to_text"]):
        with gr.Column():
            recording = gr.Audio(
                label="Recording", sources=["upload", "microphone"], type="filepath",
                buttons=["download"], waveform_options=WAVEFORM,
            )  # fmt: skip
            examples = gr.Row(elem_classes=["md-examples"])
            bar = run_bar("Transcribe")
            model = model_picker(deck, NAME)
            with gr.Row(visible=many, elem_classes=["md-later"]) as choices:
                language = gr.Dropdown(
                    languages(deck.cards(NAME)[0]), value="", label="Spoken language",
                    allow_custom_value=True, min_width=140,
                )  # fmt: skip
                task = gr.Dropdown(
                    [("the same language", "transcribe"), ("English", "translate")],
                    value="transcribe", label="Write in", min_width=140,
                )  # fmt: skip
            words = gr.Checkbox(
                True, label="Time every word",
                info="For playing from a word and seeing unsure ones; a little slower.",
                elem_classes=["md-later"],
            )  # fmt: skip
        with gr.Column():
            text = gr.Textbox(
                label="Transcript", lines=4, max_lines=16, interactive=False, buttons=["copy"],
                placeholder="The text appears here while the recording is heard.",
                elem_classes=["md-output"],
            )  # fmt: skip
            phrases = gr.HTML(
                empty("Phrases with their times appear here; a click on a word plays from there."),
                js_on_load="modeldeck.transcript(element, trigger)",
            )
            done = gr.State()
            facts = gr.HTML("")
            files = waiting_buttons([name.upper() for name in FILES], "md-transcript-files", 52)

    def verb(path: Path, language: str | None, task: str, words: bool) -> Verb[Transcript]:
        return lambda engine, stop: engine.transcribe(
            read_audio(path, SAMPLE_RATE), language=language or "", task=task,
            timestamps="word" if words else "segment", stop=stop,
        )  # fmt: skip

    def job(recording: str | None, language: str | None, task: str, words: bool, model: str) -> Job:
        path = given(recording)
        return Job(model, verb(path, language, task, words), *displays(path, files))

    deck.accept(NAME, "audio", recording)
    send_to(deck, NAME, bar.tools, "text", text, "transcript")
    wire(
        deck, NAME, bar, job, [recording, language, task, words, model],
        [text, phrases, facts, done, *files], also=[recording.stop_recording],
        examples=EXAMPLES, example_inputs=[recording, model, language, task], slot=examples,
    )  # fmt: skip

    _answer_clicks(phrases, recording, text, done, files)
    live_transcript(
        deck, NAME, [model, language, task], [text, phrases, facts, done, *files],
        lambda result, path: displays(path, files)[1](result), recording,
    )  # fmt: skip
    many_recordings(deck, NAME, verb, model, [language, task, words])
    reference_check(text)
    _follow(deck, model, choices, language, task)
    compare(
        deck, NAME, [recording, language, task, words],
        lambda recording, language, task, words: job(recording, language, task, words, "").verb,
        lambda result, *_: block(result.text) + facts_html(result),
        lambda first, second, *_: word_diff_html(first.text, second.text),
    )  # fmt: skip
    heard = {"recording": recording, "language": language, "task": task, "timestamps": words}
    code_view(deck, NAME, bar, heard, model)
    _endpoint(deck)


def _answer_clicks(
    phrases: gr.HTML, recording: gr.Audio, text: gr.Textbox, done: gr.State,
    files: list[gr.DownloadButton],
) -> None:  # fmt: skip
    """A click on a word plays from there; a phrase that was written anew corrects text and files."""

    def seek(place: gr.EventData) -> Any:
        return gr.update(playback_position=float(place.start))

    def correct(change: gr.EventData, done: Transcript | None, recording: str | None) -> list[Any]:
        if done is None:
            return [gr.skip()] * (2 + len(files))
        fresh = corrected(done, int(change.phrase), str(change.text))
        return [fresh.text, fresh, *written(fresh, Path(recording or _LIVE).stem, files)]

    phrases.select(seek, None, recording, **AT_ONCE)
    phrases.input(correct, [done, recording], [text, done, *files], **AT_ONCE)


def _follow(
    deck: Deck, model: gr.Dropdown, choices: gr.Row, language: gr.Dropdown, task: gr.Dropdown
) -> None:
    """What can be chosen follows the model."""

    def follow(model: str) -> list[Any]:
        try:
            card = deck.card(NAME, model)
        except AppError:  # the picker itself shows why
            return [gr.skip()] * 2
        return [gr.update(visible=multilingual(card)), gr.update(choices=languages(card))]

    model.change(follow, model, [choices, language], **AT_ONCE)
    # not when a link, a preset or an earlier run fills in the model: they bring a language of their own
    model.input(lambda: _PLAINLY, None, [language, task], **AT_ONCE)


def _endpoint(deck: Deck) -> None:
    """Publishes ``/speech_to_text``."""

    async def speech_to_text(
        audio: str | None,
        model: str = "",
        language: str = "",
        task: str = "transcribe",
        timestamps: str = "segment",
    ) -> dict[str, Any]:
        """Writes down what is said in a recording.

        Args:
            audio: the recording as a file: WAV, FLAC, MP3, OGG, M4A or WebM, up to two hours.
            model: a starter or Hub model id; the app's default model when empty.
            language: ISO code of the spoken language; found out by the model when empty.
            task: ``transcribe``, or ``translate`` into English where the model can.
            timestamps: ``segment``, or ``word`` for the time of every word as well.

        Returns:
            ``text``, ``segments`` (each with ``start`` and ``end`` in seconds, ``text`` and
            ``words``), ``duration`` and ``speech_s`` in seconds, ``language``,
            ``language_probability``, ``model`` and ``metrics``. Silence gives an empty text.
        """
        path = given(audio)
        return answer(
            await deck.answer(
                NAME,
                model,
                lambda engine, stop: engine.transcribe(
                    read_audio(path, SAMPLE_RATE), language=language, task=task,
                    timestamps=timestamps, stop=stop,
                ),
            )
        )  # fmt: skip

    with gr.Row(visible=False):
        inputs = [
            gr.Audio(label="audio", type="filepath"),
            *(gr.Textbox("", label=name) for name in ("model", "language")),
            gr.Textbox("transcribe", label="task"),
            gr.Textbox("segment", label="timestamps"),
        ]
        outputs = [gr.JSON(label="transcript")]
    deck.endpoint(speech_to_text, NAME, inputs=inputs, outputs=outputs)


def given(recording: str | None) -> Path:
    """The recording's path; raises ``InputError`` when there is none."""
    if not recording:
        raise InputError(
            "There is no audio to transcribe.", hint="Record something or choose a file."
        )
    return Path(recording)


def multilingual(card: ModelCard) -> bool:
    """Whether language and translation are worth a choice."""
    return len(card.languages) != 1


def languages(card: ModelCard) -> list[tuple[str, str]]:
    """Choices of the language menu: (name, code), after the one that leaves it to the model."""
    return [_DETECT, *sorted((language_name(code), code) for code in card.languages)]


def displays(
    path: Path | None, buttons: list[gr.DownloadButton]
) -> tuple[Callable[[Transcript], list[Any]], Callable[[Transcript], list[Any]]]:
    """What a run shows while it goes on, and at its end: (text, view, facts, transcript, files).

    Args:
        path: of the recording; None when it was live and is not kept.
        buttons: one for each of ``FILES``.
    """
    waiting = [gr.update(interactive=False)] * len(buttons)

    def show(result: Transcript) -> list[Any]:
        text = f"{result.text} {result.draft}".strip()
        return [text, growing_html(result, _TAIL), facts_html(result), None, *waiting]

    def show_final(result: Transcript) -> list[Any]:
        view = transcript_html(result, str(path) if path else None)
        files = written(result, path.stem if path else _LIVE, buttons)
        return [result.text, view, facts_html(result), result, *files]

    return show, show_final


def written(result: Transcript, name: str, buttons: list[gr.DownloadButton]) -> list[Any]:
    """The transcript's files as updates of their buttons."""
    files = ((f"{name}.{ending}", WRITERS[ending](result)) for ending in FILES)
    return handed_out(buttons, files, ready=bool(result.segments))


def answer(snapshot: Snapshot[Transcript]) -> dict[str, Any]:
    """The endpoint's answer as plain JSON."""
    result, metrics = snapshot.value, asdict(snapshot.metrics)
    return {
        "text": result.text,
        "segments": [asdict(segment) for segment in result.segments],
        "duration": result.duration_s,
        "speech_s": result.speech_s,
        "language": result.language,
        "language_probability": result.language_probability,
        "model": metrics.pop("model"),
        "metrics": metrics,
    }
