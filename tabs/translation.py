"""The translation tab: a text in one language, the same in another, sentence by sentence."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.languages import language_name
from models.runs import Verb
from models.translation import Translation
from models.translation_cards import card_pairs
from models.word_count import count_words
from tabs.parts import (
    Deck,
    Job,
    answer_json,
    empty,
    figures,
    model_picker,
    note,
    run_bar,
    send_to,
    wire,
)
from tabs.parts.batch import batch
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.differences import word_diff_html
from tabs.parts.document import document_button
from tabs.parts.language_note import source_note
from tabs.parts.markup import block
from tabs.parts.run import Live
from tabs.parts.translation_back import back_translation
from tabs.parts.translation_menus import Read, follow_model, language_row, shown
from tabs.parts.translation_tools import other_wordings, whole_files

NAME = "translation"
TITLE = "Translation"
ABOUT = "Says a text in another language, sentence by sentence, and keeps its layout."

EXAMPLES = [
    (
        "English to Portuguese",
        ["The house is small and the garden is beautiful. We will plant two trees in spring.",
         "en", "pt"],
    ),
    (
        "Portuguese to English",
        ["O trem para Lisboa sai às nove horas. O próximo só sai à tarde.",
         "pt", "en"],
    ),
    (
        "A list, with layout",
        ["Shopping for Sunday\n\n- six eggs 🥚\n- a kilo of oranges\n- two bottles of milk\n\n"
         "Write to ana@example.org if the shop is closed.",
         "en", "pt"],
    ),
]  # fmt: skip
_EMPTY = "Counts appear here with the translation."


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    with gr.Row(elem_classes=["md-translation"]):
        with gr.Column():
            source, swap, target = language_row(card_pairs(deck.cards(NAME)[0]))
            text = gr.Textbox(
                label="Text", lines=7, max_lines=18, placeholder="Write or paste a text."
            )
            examples = gr.Row(elem_classes=["md-examples"])
            live = gr.Checkbox(label="Translate while I type", container=False)
            bar = run_bar("Translate")
            model = model_picker(deck, NAME)
        with gr.Column():
            output = gr.Textbox(
                label="Translation", lines=7, max_lines=24, interactive=False, buttons=["copy"],
                placeholder="The translation appears here.", elem_classes=["md-output"],
            )  # fmt: skip
            counts = gr.HTML(empty(_EMPTY))
    read = gr.State(None, time_to_live=3600)

    def job(text: str, source: str, target: str, model: str) -> Job:
        foreign = source_note(card_pairs(deck.card(NAME, model)), source, text)
        return Job(
            model,
            verb(text, source, target),
            lambda result: [
                shown(result), foreign + counts_html(text, result), Read(text, result.source),
            ],
        )  # fmt: skip

    deck.accept(NAME, "text", text)
    document_button(text, bar.tools)
    send_to(deck, NAME, bar.tools, "text", output, "translation")
    wire(
        deck, NAME, bar, job, [text, source, target, model], [output, counts, read], also=[text.submit],
        examples=EXAMPLES, slot=examples, live=Live(text.change, live, ["", empty(_EMPTY), None]),
    )  # fmt: skip

    follow_model(deck, NAME, model, source, swap, target, text, output, read)
    back_translation(deck, NAME, text, output, source, target, model)
    other_wordings(deck, NAME, text, source, target, model, bar.runs)
    whole_files(deck, NAME, source, target, model)
    compare(
        deck, NAME, [text, source, target],
        verb,
        lambda result, text, *_: block(result.text) + counts_html(text, result),
        lambda a, b, *_: word_diff_html(a.text, b.text),
    )  # fmt: skip
    batch(
        deck, NAME, model,
        verb,
        columns, settings=[source, target],
    )  # fmt: skip

    code_view(deck, NAME, bar, {"text": text, "source": source, "target": target}, model)
    _endpoint(deck)


def _endpoint(deck: Deck) -> None:
    """Publishes ``/translation``."""

    async def translation(
        text: str, source: str = "", target: str = "", model: str = ""
    ) -> dict[str, Any]:
        """Translates a text, sentence by sentence; line breaks, lists and markup are kept.

        Args:
            text: the text, up to 200,000 characters.
            source: code or name of its language, such as ``en``; guessed from the text when empty.
            target: code or name of the language wanted; the first one the model offers when empty.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``text``, ``source``, ``target``, ``sentences``, ``sentences_total``, ``kept`` (sentences
            with nothing to translate), ``characters``, ``source_confidence`` (0 to 1 where the language
            was guessed), ``model`` and ``metrics``.
        """
        found = await deck.answer(NAME, model, verb(text, source.strip(), target.strip()))
        return answer_json(found)

    deck.endpoint(translation, NAME)


def verb(text: str, source: str, target: str) -> Verb[Translation]:
    """What every run of this tab asks of its engine."""
    return lambda engine, stop: engine.translate(text, source=source, target=target, stop=stop)


def columns(result: Translation) -> dict[str, str | float]:
    """A result as columns of a table: the translation and its languages."""
    return {"translation": result.text, "from": result.source, "to": result.target}


def counts_html(text: str, result: Translation) -> str:
    """Words in and out, and how far the translation is."""
    pairs = [
        ("sentences", f"{result.sentences:,} of {result.sentences_total:,}"),
        ("words in", f"{count_words(text):,}"),
        ("words of translation", f"{count_words(result.text):,}"),
        ("characters out", f"{len(result.text):,}"),
    ]
    kept = note(kept_text(result.kept)) if result.kept else ""
    return f"{figures(pairs)}{kept}{note(guess_text(result)) if guess_text(result) else ''}"


def guess_text(result: Translation) -> str:
    """One sentence on the language guessed; empty where it was chosen."""
    if result.source_confidence is None:
        return ""
    name = language_name(result.source)
    return f"Read as {name}, guessed from the text ({result.source_confidence:.0%} sure)."


def kept_text(kept: int) -> str:
    """One sentence on what was left as it was."""
    subject = "1 sentence holds" if kept == 1 else f"{kept:,} sentences hold"
    verb = "stands" if kept == 1 else "stand"
    return f"{subject} nothing that this model can translate and {verb} as written."
