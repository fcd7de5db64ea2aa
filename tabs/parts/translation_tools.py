"""What the translation tab offers beside the translation: back again, other wordings, whole files."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import gradio as gr

from models.errors import InputError
from models.languages import language_name
from models.translation import Translation, Wordings
from models.translation_files import KINDS, FileTranslation, open_document, translate_document
from tabs.parts.deck import Deck
from tabs.parts.differences import word_diff_html
from tabs.parts.files import offer_bytes
from tabs.parts.markup import block, note
from tabs.parts.run import Job, run_bar, wire


def back_translation(
    deck: Deck, capability: str, text: gr.Textbox, output: gr.Textbox, source: gr.Dropdown,
    target: gr.Dropdown, model: gr.Dropdown,
) -> None:  # fmt: skip
    """Adds "Check by translating back": the translation goes back, and the two texts are compared."""
    with gr.Accordion("Check by translating back", open=False, elem_classes=["md-later"]):
        bar = run_bar("Translate back")
        back = gr.HTML("")

    def job(text: str, output: str, source: str, target: str, model: str) -> Job:
        if not output:
            raise InputError("There is no translation yet.", hint="Translate the text first.")
        return Job(
            model,
            lambda engine, stop: engine.back(text, output, source, target, stop=stop),
            lambda result: back_html(text, result),
        )

    inputs = [text, output, source, target, model]
    wire(deck, capability, bar, job, inputs, [back], link=False)


def back_html(text: str, result: Translation) -> str:
    """The text as it came back, and its difference to what was written."""
    said = (
        "Changed words are a hint, not a fault: another word may mean the same, and an error may "
        "come back as it went."
    )
    done = result.sentences == result.sentences_total
    return block(result.text) + (word_diff_html(text, result.text) + note(said) if done else "")


def other_wordings(
    deck: Deck, capability: str, text: gr.Textbox, source: gr.Dropdown, target: gr.Dropdown,
    model: gr.Dropdown,
) -> None:  # fmt: skip
    """Adds "Other wordings": the best translations of one sentence by beam search."""
    with gr.Accordion("Other wordings", open=False, elem_classes=["md-later"]):
        gr.HTML(note("Of the first sentence, by beam search, in models that can search."))
        bar = run_bar("Find other wordings")
        found = gr.HTML("")

    def job(text: str, source: str, target: str, model: str) -> Job:
        return Job(
            model,
            lambda engine, stop: engine.wordings(text, source=source, target=target, stop=stop),
            wordings_html,
        )

    wire(deck, capability, bar, job, [text, source, target, model], [found], link=False)


def wordings_html(result: Wordings) -> str:
    """The sentence and its wordings as a list, best first."""
    rows = "".join(f"<li>{html.escape(wording)}</li>" for wording in result.texts)
    return f'{note(result.sentence)}<ol class="md-wordings" dir="auto">{rows}</ol>'


def whole_files(
    deck: Deck, capability: str, source: gr.Dropdown, target: gr.Dropdown, model: gr.Dropdown
) -> None:
    """Adds "Translate a file": the same layout in another language, with progress and Stop."""
    with gr.Accordion("Translate a file", open=False, elem_classes=["md-later"]):
        file = gr.File(
            label=f"File ({', '.join(KINDS)})", file_types=list(KINDS), type="filepath", height=120
        )
        bar = run_bar("Translate the file")
        progress = gr.HTML("")
        with gr.Row(visible=False) as ready:
            done = gr.DownloadButton("Download", size="sm")

    def job(file: str | None, source: str, target: str, model: str) -> Job:
        if not file:
            raise InputError("There is no file.", hint=f"Choices: {', '.join(KINDS)}.")
        document = open_document(Path(file))
        return Job(
            model,
            lambda engine, stop: translate_document(engine, document, source, target, stop),
            lambda result: [file_html(result), gr.update(visible=False), gr.skip()],
            lambda result: [file_html(result), gr.update(visible=True), _offered(done, result)],
        )

    wire(
        deck, capability, bar, job, [file, source, target, model], [progress, ready, done],
        link=False,
    )  # fmt: skip


def file_html(result: FileTranslation) -> str:
    """How far a file is."""
    pair = f"{language_name(result.source)} to {language_name(result.target)}"
    return note(f"{result.name}: {result.done:,} of {result.total:,} pieces, {pair}.")


def _offered(button: gr.DownloadButton, result: FileTranslation) -> Any:
    path = offer_bytes(button, result.name, result.content)
    return gr.update(value=path, label=f"Download {result.name}")
