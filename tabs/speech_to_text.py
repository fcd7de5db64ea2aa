"""The transcription tab: a recording in, its text out with times, growing while it is heard."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from models.audio import read_audio
from models.errors import AppError, InputError
from models.languages import language_name
from models.runs import Snapshot
from models.spec import ModelCard
from models.speech_recogniser import SAMPLE_RATE
from models.subtitles import WRITERS
from models.transcript import Segment, Transcript, Word
from tabs.parts import Deck, Job, empty, figures, model_picker, note, run_bar, send_to, wire
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.differences import word_diff_html
from tabs.parts.files import offer
from tabs.parts.look import ASSETS, WAVEFORM
from tabs.parts.markup import block
from tabs.parts.metrics import number, seconds

NAME = "speech_to_text"
TITLE = "Speech to text"
ABOUT = "Writes down what is said in a recording, with the time of every phrase."

_RECORDINGS = ASSETS / "examples"
#: (label, recording, model); without a model the chosen one stays.
EXAMPLES: list[tuple[str, list[Any]]] = [
    ("One sentence", [str(_RECORDINGS / "austen-leisure.flac"), gr.skip()]),
    ("Another", [str(_RECORDINGS / "austen-married.flac"), gr.skip()]),
    ("Three in a row", [str(_RECORDINGS / "austen-passage.flac"), gr.skip()]),
    ("In Spanish", [str(_RECORDINGS / "spanish-conference.flac"), "starter/whisper-base-ct2"]),
]
#: Segments that are drawn while more are coming; the last result draws all.
_TAIL = 30
#: Words below this probability are marked as unsure.
_UNSURE = 0.5
_FILES = ("txt", "srt", "vtt", "json")
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
                label="Time every word", info="A little slower; unsure words are marked.",
                elem_classes=["md-later"],
            )  # fmt: skip
        with gr.Column():
            text = gr.Textbox(
                label="Transcript", lines=4, max_lines=16, interactive=False, buttons=["copy"],
                placeholder="The text appears here while the recording is heard.",
                elem_classes=["md-output"],
            )  # fmt: skip
            phrases = gr.HTML(
                empty("Phrases with their times appear here; a click jumps there."),
                js_on_load="modeldeck.seekOnClick(element, trigger)",
            )
            facts = gr.HTML("")
            with gr.Row(
                elem_classes=["md-transcript-files"]
            ):  # a hidden button would lose its file
                files = [
                    gr.DownloadButton(n.upper(), size="sm", min_width=70, interactive=False)
                    for n in _FILES
                ]

    def job(recording: str | None, language: str | None, task: str, words: bool, model: str) -> Job:
        path = given(recording)
        show, show_final = displays(path.stem, files)
        return Job(
            model,
            lambda engine, stop: engine.transcribe(
                read_audio(path, SAMPLE_RATE), language=language or "", task=task,
                timestamps="word" if words else "segment", stop=stop,
            ),
            show,
            show_final,
        )  # fmt: skip

    deck.accept(NAME, "audio", recording)
    send_to(deck, NAME, bar.tools, "text", text, "transcript")
    wire(
        deck, NAME, bar, job, [recording, language, task, words, model],
        [text, phrases, facts, *files], also=[recording.stop_recording],
        examples=EXAMPLES, example_inputs=[recording, model], slot=examples,
    )  # fmt: skip
    private: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress": "hidden",
        "queue": False,
    }

    def seek(place: gr.EventData) -> Any:
        return gr.update(playback_position=float(place.start))

    phrases.select(seek, None, recording, **private)

    def follow(model: str) -> list[Any]:
        try:
            card = deck.card(NAME, model)
        except AppError:  # the picker itself shows why
            return [gr.skip()] * 3
        return [
            gr.update(visible=multilingual(card)),
            gr.update(choices=languages(card), value=""),
            "transcribe",
        ]

    model.change(follow, model, [choices, language, task], **private)
    compare(
        deck, NAME, [recording, language, task, words],
        lambda recording, language, task, words: job(recording, language, task, words, "").verb,
        lambda result, *_: block(result.text) + facts_html(result),
        lambda first, second, *_: word_diff_html(first.text, second.text),
    )  # fmt: skip
    heard = {"recording": recording, "language": language, "task": task, "timestamps": words}
    code_view(deck, NAME, bar, heard, model)
    _endpoint(deck)


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
    name: str, buttons: list[gr.DownloadButton]
) -> tuple[Callable[[Transcript], list[Any]], Callable[[Transcript], list[Any]]]:
    """What a run shows while it goes on, and at its end: (text, phrases, facts, files)."""
    waiting = [gr.update(interactive=False)] * len(buttons)

    def show(result: Transcript) -> list[Any]:
        text = f"{result.text} {result.draft}".strip()
        return [text, segments_html(result, _TAIL), facts_html(result), *waiting]

    def show_final(result: Transcript) -> list[Any]:
        ready = [
            gr.update(
                value=offer(button, f"{name}.{ending}", WRITERS[ending](result)),
                interactive=bool(result.segments),
            )
            for button, ending in zip(buttons, _FILES, strict=True)
        ]
        return [result.text, segments_html(result), facts_html(result), *ready]

    return show, show_final


def segments_html(result: Transcript, tail: int | None = None) -> str:
    """The phrases with their times as a list; only the last ``tail`` when that is given."""
    shown = result.segments[-tail:] if tail else result.segments
    rows = "".join(_row(segment) for segment in shown)
    if result.draft:
        rows += f'<li class="md-draft"><span></span><span>{html.escape(result.draft)}</span></li>'
    if not rows:
        return ""
    left = len(result.segments) - len(shown)
    before = note(f"{left:,} phrases before these") if left else ""
    return f'{before}<ol class="md-phrases">{rows}</ol>'


def _row(segment: Segment) -> str:
    body = " ".join(map(_word, segment.words)) if segment.words else html.escape(segment.text)
    title = f"{clock(segment.start)} to {clock(segment.end)}"
    return (
        f'<li><button type="button" data-start="{segment.start:.3f}" title="{title}">'
        f"{clock(segment.start)}</button><span>{body}</span></li>"
    )


def _word(word: Word) -> str:
    unsure = ' class="md-unsure"' if word.probability < _UNSURE else ""
    title = f"{word.start:.2f} to {word.end:.2f} s, {word.probability:.0%} sure"
    return f'<span data-start="{word.start:.3f}" title="{title}"{unsure}>{html.escape(word.text)}</span>'


def clock(second: float) -> str:
    """A place in a recording for a person: ``0:07.4``, ``1:02:03.0``."""
    tenths = round(second * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minute = divmod(minutes, 60)
    head = f"{hours}:{minute:02d}" if hours else f"{minute}"
    return f"{head}:{rest // 10:02d}.{rest % 10}"


def facts_html(result: Transcript) -> str:
    """Length, speech, speed and language of the transcript so far."""
    if result.read_s >= result.duration_s and not result.segments:
        return note(f"No speech was found in these {seconds(result.duration_s)}.")
    pairs = [
        ("recording", seconds(result.duration_s)),
        ("of it speech", seconds(result.speech_s)),
        ("heard", f"{min(1.0, result.read_s / result.duration_s):.0%}"),
        ("times real time", f"{number(result.times_real_time)}x"),
    ]
    if result.language:
        sure = result.language_probability
        share = f" ({sure:.0%} sure)" if sure is not None else ""
        pairs.append(("language", f"{language_name(result.language)}{share}"))
    return figures(pairs)


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
