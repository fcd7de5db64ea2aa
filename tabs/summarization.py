"""The summarization tab: a long text in, a short one out, and what in it needs a second look."""

from __future__ import annotations

import html
import re
from typing import Any

import gradio as gr

from models.runs import Verb
from models.summarization import FORMS, LENGTHS, Summary
from models.units import counted
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
from tabs.parts.language_note import language_note
from tabs.parts.markup import block
from tabs.parts.summary_sources import sources_html
from tabs.parts.token_meter import token_meter

NAME = "summarization"
TITLE = "Summarization"
ABOUT = "Says in few words what a long text says, and marks names and numbers it does not contain."

EXAMPLES = [
    (
        "A news story",
        [
            "The old lighthouse at Cape Morrow will reopen to visitors next summer after a "
            "restoration that took four years and cost eleven million euros. Engineers replaced "
            "the rusted iron gallery, repaired the lens that French craftsmen had ground in 1868, "
            "and moved the keeper's cottage twenty metres inland because the cliff below it is "
            "being worn away by winter storms. The town council hopes that the lighthouse will "
            "draw sixty thousand people a year, twice as many as the harbour museum does now. "
            "Some residents fear that the narrow coast road can't carry so many cars, and have "
            "asked for a shuttle bus from the railway station."
        ],
    ),
    (
        "Science",
        [
            "Honey bees tell their nestmates where food is by dancing. A forager that has found "
            "flowers returns to the hive and runs in a figure of eight on the vertical comb. The "
            "angle of the middle run, measured against gravity, equals the angle between the "
            "flowers and the sun. The longer she waggles, the farther away the flowers are: about "
            "one second for each kilometre. Karl von Frisch, an Austrian zoologist, worked this "
            "out in the 1940s and shared the Nobel Prize in 1973. Other bees follow the dancer in "
            "the dark and read the dance by touch and sound. Experiments with robot bees have "
            "since shown that the dance alone is enough to send foragers to a place they have "
            "never visited."
        ],
    ),
    (
        "Minutes of a meeting",
        [
            "The board met on Tuesday at nine. Maria Lopes presented the budget: income rose by "
            "4 percent, while energy costs rose by 22 percent, so the surplus fell to 310,000 "
            "dollars. The board agreed to delay the new warehouse in Leeds until 2026. James "
            "Okafor reported that two of the five delivery vans need replacing; he will ask three "
            "dealers for offers before the next meeting. The canteen contract was renewed for one "
            "year after a short discussion about prices. Anna Berg proposed that staff may work "
            "from home two days a week. Six members voted in favour and two against. The next "
            "meeting is on 14 May."
        ],
    ),
]
PRESETS = {
    "The gist": {"length": "short", "form": "paragraph"},
    "Points for a slide": {"length": "short", "form": "bullets"},
    "Notes to keep": {"length": "long", "form": "bullets"},
}


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    with gr.Row(elem_classes=["md-summarization"]):
        with gr.Column():
            text = gr.Textbox(
                label="Text", lines=9, max_lines=20, placeholder="Paste a few paragraphs."
            )
            meter = gr.Column(elem_classes=["md-meter-slot"])
            examples = gr.Row(elem_classes=["md-examples"])
            with gr.Row(elem_classes=["md-options"]):
                length = gr.Radio(
                    [(name.title(), name) for name in LENGTHS], value="medium", label="Length",
                    min_width=200, scale=6,
                )  # fmt: skip
                form = gr.Radio(
                    [(name.title(), name) for name in FORMS], value="paragraph", label="Form",
                    min_width=200, scale=5,
                )  # fmt: skip
            bar = run_bar("Summarise")
            model = model_picker(deck, NAME)
        with gr.Column():
            output = gr.Textbox(
                label="Summary", lines=7, max_lines=24, interactive=False, buttons=["copy"],
                placeholder="The summary appears here.", elem_classes=["md-output"],
            )  # fmt: skip
            facts = gr.HTML(empty("Counts and checks appear here with the summary."))

    def job(text: str, length: str, form: str, model: str) -> Job:
        foreign = language_note(deck, NAME, model, text)
        return Job(
            model,
            verb(text, length, form),
            lambda result: [result.text, foreign + facts_html(result)],
            lambda result: [result.text, foreign + facts_html(result) + sources_html(text, result)],
        )

    with meter:
        token_meter(deck, NAME, text, model)
    deck.accept(NAME, "text", text)
    document_button(text, bar.tools)
    send_to(deck, NAME, bar.tools, "text", output, "summary")
    wire(
        deck, NAME, bar, job, [text, length, form, model], [output, facts], also=[text.submit],
        examples=EXAMPLES, slot=examples, presets=PRESETS,
    )  # fmt: skip

    compare(
        deck, NAME, [text, length, form],
        verb,
        lambda result, *_: block(result.text) + facts_html(result),
        lambda a, b, *_: word_diff_html(a.text, b.text),
    )  # fmt: skip
    batch(
        deck, NAME, model,
        verb,
        columns, settings=[length, form],
    )  # fmt: skip

    code_view(deck, NAME, bar, {"text": text, "length": length, "form": form}, model)
    _endpoint(deck)


def _endpoint(deck: Deck) -> None:
    """Publishes ``/summarization``."""

    async def summarization(
        text: str, length: str = "medium", form: str = "paragraph", model: str = ""
    ) -> dict[str, Any]:
        """Summarises a text of any length in a few sentences or points.

        Args:
            text: two sentences to 200,000 characters (a million where sentences are chosen); longer
                than the model's window, it is summarised in parts, and then their summaries are.
            length: ``short``, ``medium`` or ``long``.
            form: ``paragraph`` or ``bullets``.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``text``, ``method`` (extractive or abstractive), ``ratio`` (words out per word in),
            ``copied`` (share), ``doubts`` (sentences with names or numbers that the text lacks),
            ``sources`` (offsets of chosen sentences), ``parts``, ``model`` and ``metrics``.
        """
        return answer_json(await deck.answer(NAME, model, verb(text, length, form)))

    deck.endpoint(summarization, NAME, long=["sources"])


def verb(text: str, length: str, form: str) -> Verb[Summary]:
    """What every run of this tab asks of its engine."""
    return lambda engine, stop: engine.summarize(text, length=length, form=form, stop=stop)


def columns(result: Summary) -> dict[str, str | float]:
    """A result as columns of a table: the summary, its share of the words, and what to check."""
    terms = dict.fromkeys(term for doubt in result.doubts for term in doubt.terms)
    return {"summary": result.text, "ratio": round(result.ratio, 3), "check": ", ".join(terms)}


def facts_html(result: Summary) -> str:
    """Counts, how the text was read, and what is doubtful."""
    counts = [
        ("words in", f"{result.source_words:,}"),
        ("words out", f"{result.summary_words:,}"),
        ("words kept", f"{result.ratio:.0%}"),
        ("copied", f"{result.copied:.0%}" if result.parts == result.parts_total else "..."),
    ]
    return f"{figures(counts)}{note(reading(result))}{_doubts(result)}"


def reading(result: Summary) -> str:
    """One sentence on length, window and parts: nothing is cut off silently."""
    length = counted(result.source_tokens, "token")
    if result.method == "extractive":
        how = f"sentences are chosen, each read whole (up to {result.max_tokens:,} tokens at once)"
        return f"{length}; {how}{_steps(result)}."
    if result.parts_total == 1:
        return f"{length}; up to {result.max_tokens:,} are read at once."
    return f"{length}, read in parts of up to {result.max_tokens:,}{_steps(result)}."


def _doubts(result: Summary) -> str:
    """Sentences of the summary that name what the source does not, with the terms marked."""
    if not result.doubts:
        return ""
    rows = "".join(
        f"<li>{_marked(result.text[d.start : d.end].removeprefix('- '), d.terms)}</li>"
        for d in result.doubts
    )
    return (
        '<div class="md-doubts" role="note"><strong>Not in the text: check these</strong>'
        f"<ul>{rows}</ul></div>"
    )


def _steps(result: Summary) -> str:
    if result.parts_total == 1:
        return ""
    return f"; step {result.parts} of {result.parts_total} done"


def _marked(sentence: str, terms: tuple[str, ...]) -> str:
    """The sentence with every term marked, longer terms before those inside them."""
    longest_first = sorted(terms, key=len, reverse=True)
    pieces = re.split(f"({'|'.join(map(re.escape, longest_first))})", sentence)
    return "".join(
        f"<mark>{html.escape(piece)}</mark>" if at % 2 else html.escape(piece)
        for at, piece in enumerate(pieces)
    )
