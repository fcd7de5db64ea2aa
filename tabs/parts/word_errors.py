"""What was said against what was heard, drawn: the word error rate in figures, differences marked."""

from __future__ import annotations

import html
from collections.abc import Iterator
from itertools import groupby

import gradio as gr

from models.errors import AppError
from models.units import counted
from models.word_errors import Operation, WordErrors, word_errors
from tabs.parts.differences import sentence, tagged
from tabs.parts.errors import alert
from tabs.parts.events import AT_ONCE
from tabs.parts.markup import figures, note

_KEY = (
    '<p class="md-note md-diff-key"><del>said, not heard so</del> <ins>heard instead</ins> '
    "Case, punctuation and how numbers are written do not count.</p>"
)


def reference_check(text: gr.Textbox) -> None:
    """Adds the word error rate of a transcript, as it stands in ``text``, against what was said."""
    with gr.Accordion("Check against the right text", open=False, elem_classes=["md-later"]):
        said = gr.Textbox(
            label="What is said in the recording", lines=3, max_lines=10,
            placeholder="Paste the text that was read; numbers, case and punctuation do not count.",
        )  # fmt: skip
        check = gr.Button("Show word error rate", size="sm", elem_classes=["md-part-run"])
        rate = gr.HTML("")
    check.click(checked, [said, text], rate, **AT_ONCE)


def checked(said: str | None, heard: str | None) -> str:
    """The word errors as HTML, or what is missing for them."""
    if not heard:
        return note("There is no transcript yet: transcribe a recording first.")
    try:
        return word_errors_html(word_errors(said or "", heard))
    except AppError as error:
        return alert(error)


def word_errors_html(found: WordErrors) -> str:
    """The rate with what it is made of, and the heard text with the differences marked."""
    facts = figures(_rate(found))
    if not found.errors:
        words = counted(found.words, "word")
        return sentence(f"Every word of the reference was heard right: {words}.") + facts
    drawn = " ".join(_stretches(found.operations))
    return f'{facts}<div class="md-diff" dir="auto" tabindex="0">{drawn}</div>{_KEY}'


def _rate(found: WordErrors) -> list[tuple[str, str]]:
    return [
        ("word error rate", f"{found.rate:.1%}"),
        ("words in the reference", f"{found.words:,}"),
        ("heard otherwise", f"{found.replaced:,}"),
        ("missed", f"{found.missing:,}"),
        ("added", f"{found.added:,}"),
    ]


def _stretches(operations: tuple[Operation, ...]) -> Iterator[str]:
    """Neighbours that are all right, or all wrong, together: said and heard of each."""
    for same, group in groupby(operations, lambda operation: operation.kind == "same"):
        words = list(group)
        said = " ".join(word.said for word in words if word.said)
        heard = " ".join(word.heard for word in words if word.heard)
        if same:
            yield html.escape(heard)
        else:
            yield " ".join(filter(None, (tagged("del", said), tagged("ins", heard))))
