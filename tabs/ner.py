"""The entity tab: a text in, its names, places, dates and amounts out, coloured where they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from models.entity_exports import masked, to_csv, to_iob2, to_json, to_spacy
from models.errors import AppError
from models.ner import AGGREGATIONS, Entities, keep, selected
from models.runs import Verb
from models.stop import StopToken
from tabs.parts import Deck, Job, answer_json, empty, model_picker, note, run_bar, send_to, wire
from tabs.parts.batch import batch
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.differences import entity_difference_html
from tabs.parts.document import document_button
from tabs.parts.entity_view import label_order, reading, table_html, text_html
from tabs.parts.entity_words import entity_words, rows_anew
from tabs.parts.events import AT_ONCE
from tabs.parts.files import handed_out, waiting_buttons
from tabs.parts.language_note import language_note

NAME = "ner"
TITLE = "Named entities"
ABOUT = (
    "Finds the people, places, organisations, dates and amounts in a text, and where they stand."
)

EXAMPLES = [
    (
        "A life",
        [
            "Ada Lovelace was born in London in 1815 and worked with Charles Babbage.\n\n"
            "In 1843 she published notes on his machine. She died in London on 27 November 1852."
        ],
    ),
    (
        "Business news",
        [
            "Siemens opened a factory in Poland on Tuesday and will hire 1,200 people there by "
            "next summer.\nThe German company paid $340 million for the site, 15% more than planned, said "
            "its chief executive Roland Busch."
        ],
    ),
    (
        "A journey",
        [
            "In March 2023 Laura Smith flew from Chicago to Tokyo and stayed for three weeks. She "
            "visited Mount Fuji, tasted Japanese food and spent 2,000 dollars.\n\nOn the last "
            "morning she called Sarah Johnson, who met her at the Brooklyn Bridge on Monday at 9:30."
        ],
    ),
    (
        "A prize",
        [
            "Marie Curie, born in Warsaw in 1867, was the first person to win two Nobel Prizes. She "
            "worked in Paris with her husband Pierre Curie."
        ],
    ),
]
#: Characters of the masked copy that the page shows.
MASKED = 100_000
#: How the page names the ways to join sub-tokens.
_JOINS = {
    "simple": "neighbours with the same label",
    "first": "whole words, by their first sub-token",
    "average": "whole words, by the average",
    "max": "whole words, by the surest sub-token",
    "none": "not at all: raw sub-tokens and tags",
}
_FILES = ("CSV", "JSON", "IOB2", "spaCy JSON", "Masked text")


@dataclass(frozen=True)
class Seen:
    """The last run of a visitor, for filtering without the model."""

    text: str
    result: Entities


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    with gr.Row(elem_classes=["md-ner"]):
        with gr.Column():
            text = gr.Textbox(
                label="Text", lines=6, max_lines=16, placeholder="Write or paste a text."
            )
            examples = gr.Row(elem_classes=["md-examples"])
            bar = run_bar("Find entities")
            model = model_picker(deck, NAME)
            joins = gr.Dropdown(
                [(f"{name}: {_JOINS[name]}", name) for name in AGGREGATIONS],
                value=AGGREGATIONS[0], label="Join sub-tokens",
                visible=splits(deck, str(model.value)),
            )  # fmt: skip
        with gr.Column():
            labels = gr.CheckboxGroup(
                [], label="Labels to show", visible=False, elem_classes=["md-ner-labels"]
            )
            minimum = gr.Slider(0, 1, 0, step=0.01, label="Minimum score", visible=False)
            marked = gr.HTML(empty("The text appears here with its entities in colour."))
            table = gr.HTML("")
            files = waiting_buttons(_FILES, "md-ner-files")
            with gr.Accordion("Masked copy", open=False):
                mask = gr.Textbox(
                    lines=4, max_lines=12, buttons=["copy"], interactive=False, show_label=False,
                    label="Masked copy", placeholder="The text with [LABEL] for every entity.",
                )  # fmt: skip
                beside = gr.Row(elem_classes=["md-tools"])
            weighing = entity_words(deck, NAME, text, joins, model, verb)
    seen = gr.State(None, time_to_live=3600)
    views = [marked, table, mask, *files]

    def drawn(text: str, result: Entities, shown: Entities) -> list[Any]:
        return [*view(text, result, shown), copied(text, shown), *offers(text, shown, files)]

    def job(text: str, model: str, joins: str) -> Job:
        rest = [gr.skip()] * (len(views) - 2)
        foreign = language_note(deck, NAME, model, text)

        def show(result: Entities) -> list[Any]:
            return [None, *hidden(), *view(text, result, result), *rest, *rows_anew()]

        def show_final(result: Entities) -> list[Any]:
            first, *others = drawn(text, result, result)
            shown = [Seen(text, result), *filters(result), foreign + first, *others]
            return [*shown, *rows_anew(result)]

        return Job(
            model,
            verb(text, joins),
            show,
            show_final,
        )

    deck.accept(NAME, "text", text)
    document_button(text, bar.tools)
    send_to(deck, NAME, bar.tools, "text", text, "text")
    send_to(deck, NAME, beside, "text", mask, "masked copy")
    wire(
        deck, NAME, bar, job, [text, model, joins],
        [seen, labels, minimum, *views, *weighing], also=[text.submit], examples=EXAMPLES, slot=examples,
    )  # fmt: skip

    def narrow(seen: Seen | None, labels: list[str], minimum: float) -> list[Any]:
        if seen is None:
            return [gr.skip()] * len(views)
        least = minimum if seen.result.scored else 0.0
        return drawn(seen.text, seen.result, keep(seen.result, labels, least))

    gr.on(
        [labels.input, minimum.input], narrow, [seen, labels, minimum], views,
        trigger_mode="always_last", **AT_ONCE,
    )  # fmt: skip
    model.change(lambda model: gr.update(visible=splits(deck, model)), model, joins, **AT_ONCE)
    compare(
        deck, NAME, [text, joins], verb, side_html, lambda a, b, *_: entity_difference_html(a, b)
    )
    batch(deck, NAME, model, verb, columns, settings=[joins])
    code_view(deck, NAME, bar, {"text": text, "aggregation": joins}, model)
    _endpoint(deck)


def _endpoint(deck: Deck) -> None:
    """Publishes ``/ner``."""

    async def ner(
        text: str,
        model: str = "",
        labels: list[str] | None = None,
        aggregation: str = "",
        minimum_score: float = 0.0,
    ) -> dict[str, Any]:
        """Finds the named entities of a text.

        Args:
            text: the text, up to a million characters; long ones are read in pieces.
            model: a starter or Hub model id; the app's default model when empty.
            labels: only entities with these labels of the model, such as PERSON; all when null.
            aggregation: how a token classifier's sub-tokens are joined: simple, first, average, max
                or none (raw tags); the model's own way when empty.
            minimum_score: least score, 0 to 1; above 0 only for models that give scores.

        Returns:
            ``entities`` (text, label, start and end in characters, score 0 to 1 or null, in the order
            of the text), ``labels`` of the model, ``scored``, ``aggregation``, ``characters``,
            ``windows``, ``model`` and ``metrics``.
        """
        snapshot = await deck.answer(
            NAME,
            model,
            lambda engine, stop: selected(
                engine.entities(text, aggregation=aggregation, stop=stop), labels, minimum_score
            ),
        )
        return answer_json(snapshot)

    deck.endpoint(ner, NAME)


def verb(text: str, joins: str | None) -> Verb[Entities]:
    """What every run of the page asks of its engine; ``joins`` counts for models that need it."""

    def find(engine: Any, stop: StopToken) -> Iterator[Entities]:
        aggregation = joins if joins in engine.aggregations else ""
        found: Iterator[Entities] = engine.entities(text, aggregation=aggregation, stop=stop)
        return found

    return find


def splits(deck: Deck, model: str) -> bool:
    """Whether the model labels sub-tokens, so that it matters how they are joined."""
    try:
        return deck.card(NAME, model).engine == "transformers"
    except AppError:  # the picker shows why
        return False


def hidden() -> list[Any]:
    """The filters while a run goes on."""
    return [gr.update(visible=False)] * 2


def filters(result: Entities) -> list[Any]:
    """The legend with every label that occurs, and the slider where there are scores."""
    counts = Counter(entity.label for entity in result.entities)  # by first appearance
    choices = [(f"{name} {count:,}", name) for name, count in counts.items()]
    return [
        gr.update(choices=choices, value=list(counts), visible=bool(counts)),
        gr.update(value=0, visible=result.scored and bool(counts)),
    ]


def view(text: str, result: Entities, shown: Entities) -> list[str]:
    """The coloured text and the table.

    Args:
        text: what was read.
        result: the whole result, which gives each label its colour.
        shown: the entities to draw.
    """
    order = label_order(result)
    line = note(reading(text, shown, len(result.entities)))
    return [
        text_html(text, shown.entities, order) + line,
        table_html(shown.entities, order, scored=result.scored),
    ]


def columns(result: Entities) -> dict[str, str | float]:
    """A result as columns of a table: how many, each with its label, and where each one stands."""
    found = result.entities
    return {
        "entities": len(found),
        "names": "; ".join(f"{e.text} ({e.label})" for e in found),
        "places": "; ".join(f"{e.start}-{e.end} {e.label}" for e in found),
    }


def side_html(result: Entities, text: str, *_: object) -> str:
    """The coloured text beside that of another model."""
    line = note(reading(text, result, len(result.entities)))
    return text_html(text, result.entities, label_order(result)) + line


def copied(text: str, shown: Entities) -> dict[str, Any]:
    """The masked copy as an update of its box, which says when it holds only the beginning."""
    copy, label = masked(text, shown.entities), "Masked copy"
    if len(copy) > MASKED:
        label += f" (the first {MASKED:,} of {len(copy):,} characters; the file has all)"
    found: dict[str, Any] = gr.update(value=copy[:MASKED], label=label)
    return found


def offers(text: str, shown: Entities, buttons: list[gr.DownloadButton]) -> list[Any]:
    """Updates of the buttons with their files, in the order of ``_FILES``."""
    contents = (
        ("entities.csv", to_csv(shown)),
        ("entities.json", to_json(text, shown)),
        ("entities.iob2", to_iob2(text, shown)),
        ("entities-spacy.json", to_spacy(text, shown)),
        ("masked.txt", masked(text, shown.entities)),
    )
    return handed_out(buttons, contents, ready=bool(shown.entities))
