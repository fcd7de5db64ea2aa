"""What the translation tab offers beside the translation: other wordings, whole files."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.events import Dependency

from models.errors import AppError, InputError
from models.languages import language_name
from models.sentences import sentences
from models.translation import WORDINGS, Wordings
from models.translation_cards import ONE_WORDING, gives_wordings
from models.translation_files import KINDS, FileTranslation, open_document, translate_document
from models.translation_pieces import has_words, lead
from tabs.parts.code_view import code_view
from tabs.parts.deck import Deck
from tabs.parts.events import AT_ONCE
from tabs.parts.files import offer
from tabs.parts.markup import note
from tabs.parts.run import Job, RunBar, run_bar, wire

#: Sentences that are offered, and characters of each in the menu.
OFFERED, SHOWN = 200, 90
_NO_TEXT = [("the first one", "1")]


def other_wordings(
    deck: Deck, capability: str, text: gr.Textbox, source: gr.Dropdown, target: gr.Dropdown,
    model: gr.Dropdown, runs: Sequence[Dependency] = (),
) -> None:  # fmt: skip
    """Adds "Other wordings": the best translations of one sentence by beam search.

    Args:
        deck, capability: of the tab.
        text: whose sentences there are to choose from.
        source, target, model: as chosen.
        runs: the tab's own, after which the sentences are read anew.
    """
    why = one_wording(deck, capability, model.value)
    with gr.Accordion("Other wordings", open=False, elem_classes=["md-later"]) as part:
        gr.HTML(note("Of one sentence, by beam search."))
        reason = gr.HTML(_reason(why))
        sentence = gr.Dropdown(
            _NO_TEXT, value="1", label="Sentence", elem_classes=["md-as-is"]
        )  # fmt: skip
        bar = run_bar("Find other wordings", ready=not why)
        found = gr.HTML("")
        place = gr.Column()
    _disabled_where(lambda model: one_wording(deck, capability, model), [model], reason, bar)
    for event in (part.expand, text.blur, *(run.then for run in runs)):
        event(sentences_offered, [text, sentence], sentence, **AT_ONCE)

    def job(text: str, sentence: str | None, source: str, target: str, model: str) -> Job:
        number = int(sentence or 1)
        return Job(
            model,
            lambda engine, stop: engine.wordings(
                text, sentence=number, source=source, target=target, stop=stop
            ),
            wordings_html,
        )

    wire(deck, capability, bar, job, [text, sentence, source, target, model], [found], link=False)
    with place:
        code_view(
            deck, capability, bar,
            {"text": text, "sentence": sentence, "source": source, "target": target}, model,
            lambda given: {**given, "wordings": WORDINGS},
        )  # fmt: skip


def sentences_offered(text: str, chosen: str | None) -> Any:
    """An update of the menu of sentences: those with words among the first ``OFFERED``."""
    spans = enumerate(sentences(text), start=1)
    rows = [
        (number, " ".join(text[a + lead(text[a:b]) : b].split()))
        for number, (a, b) in islice(spans, OFFERED)
    ]
    rows = [row for row in rows if has_words(row[1])]
    choices = [(f"{number}. {_cut(said)}", str(number)) for number, said in rows] or _NO_TEXT
    kept = chosen in [value for _, value in choices]
    return gr.update(choices=choices, value=chosen if kept else choices[0][1])


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= SHOWN else f"{sentence[: SHOWN - 3]}..."


def wordings_html(result: Wordings) -> str:
    """The sentence and its wordings as a list, best first."""
    rows = "".join(f"<li>{html.escape(wording)}</li>" for wording in result.texts)
    return f'{note(result.sentence)}<ol class="md-wordings" dir="auto">{rows}</ol>'


def one_wording(deck: Deck, capability: str, model: str) -> str:
    """Why a model has no other wordings, as a sentence or two; empty where it has."""
    try:
        return "" if gives_wordings(deck.card(capability, model)) else " ".join(ONE_WORDING)
    except AppError:
        return ""


def _reason(why: str) -> str:
    return note(why) if why else ""


def _disabled_where(
    why_of: Callable[..., str], inputs: Sequence[gr.Dropdown], reason: gr.HTML, bar: RunBar
) -> None:
    """Keeps a bar's button free only where ``why_of(*values)`` is empty; else it is shown."""

    def told(*values: str) -> list[Any]:
        why = why_of(*values)
        return [_reason(why), gr.update(interactive=not why)]

    gr.on(
        [part.change for part in inputs], told, list(inputs), [reason, bar.run],
        trigger_mode="always_last", **AT_ONCE,
    )  # fmt: skip


def whole_files(
    deck: Deck, capability: str, source: gr.Dropdown, target: gr.Dropdown, model: gr.Dropdown
) -> None:
    """Adds "Translate a file": the same layout in another language, with progress and Stop."""
    with gr.Accordion("Translate a file", open=False, elem_classes=["md-later"]):
        file = gr.File(
            label=f"File ({', '.join(KINDS)})", file_types=list(KINDS), type="filepath", height=150
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
    read = f" {result.told} The new file is UTF-8." if result.told else ""
    done = f"{result.name}: piece {result.done:,} of {result.total:,}, {pair}.{read}"
    return note(done) + (note(result.stays) if result.stays else "")


def _offered(button: gr.DownloadButton, result: FileTranslation) -> Any:
    path = offer(button, result.name, result.content)
    return gr.update(value=path, label=f"Download {result.name}")
