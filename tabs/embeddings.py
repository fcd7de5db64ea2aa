"""The embeddings tab: texts as vectors, how alike they are, and a search by meaning."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import gradio as gr

from models.embedding_prefixes import ROLES
from models.embedding_recipe import Recipe, read_recipe
from models.embeddings import Embeddings
from models.errors import AppError, InputError
from models.runs import Verb
from models.similarity import cosines, extremes
from models.snippets.source import source_of
from models.stop import StopToken
from models.units import counted
from tabs.parts import Deck, Job, empty, model_picker, run_bar, send_to, wire
from tabs.parts.batch import batch
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.deck import Place
from tabs.parts.events import AT_ONCE
from tabs.parts.files import handed_out, waiting_buttons
from tabs.parts.language_note import language_note
from tabs.parts.search_view import search_endpoint, search_view
from tabs.parts.similarity_view import agreement_html, side_html, similarity_html, visible
from tabs.parts.vector_files import FILES, rounded, written

NAME = "embeddings"
TITLE = "Embeddings"
ABOUT = "Turns texts into vectors: shows which texts mean the same, and finds passages by meaning."
#: Texts of one run on the page; the endpoint and "Many texts at once" take more.
MOST = 500
EXAMPLES = [
    (
        "Same meaning, other words",
        [
            "How do I get my money back?\nI would like a refund for my order.\n"
            "The parcel arrived two days late.\nMy delivery was delayed until Thursday.\n"
            "A kitten sleeps on the warm roof.\nThe cat is napping in the sun."
        ],
    ),
    (
        "One word, two meanings",
        [
            "She sat on the bank of the river.\nWater rose over the grassy shore.\n"
            "He opened an account at the bank.\nThe savings bank raised its interest rate."
        ],
    ),
    (
        "What it can't hear",
        [
            "The film was good.\nThe film was not good.\nThe movie was wonderful.\n"
            "The movie was terrible.\nThe train leaves at noon."
        ],
    ),
]


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    with gr.Column(elem_classes=["md-embeddings"]):
        with gr.Row(equal_height=False):
            with gr.Column():
                model = model_picker(deck, NAME)
            with gr.Column():
                recipe = gr.HTML(recipe_html(deck, str(model.value)))
        with gr.Tabs() as views:
            with gr.Tab("Similarity", id="similarity"):
                _similarity(deck, model)
            with gr.Tab("Search", id="search"):
                corpus = search_view(deck, NAME, model, Place(NAME, views, "search"))
    deck.accept(NAME, "text", corpus, inside=(views, "search"))
    model.change(lambda model: recipe_html(deck, model), model, recipe, **AT_ONCE)
    _endpoints(deck)


def _similarity(deck: Deck, model: gr.Dropdown) -> None:
    """Several texts in; cosines, a map and vectors out."""
    with gr.Row():
        with gr.Column():
            texts = gr.Textbox(
                label="Texts, one a line", lines=8, max_lines=20,
                placeholder="Write or paste two texts or more.",
            )  # fmt: skip
            examples = gr.Row(elem_classes=["md-examples"])
            role = gr.Radio(
                [(name.capitalize(), key) for key, name in ROLES.items()], value="alike",
                label="Read them as", info="Models that want a prefix read each of these otherwise.",
            )  # fmt: skip
            bar = run_bar("Compare the texts")
        with gr.Column():
            result = gr.HTML(empty("How alike the texts are appears here."), label="Similarity")
            files = waiting_buttons([f"Vectors as {kind}" for kind in FILES], "md-token-files")

    def job(texts: str, role: str, model: str) -> Job:
        lines, foreign = lines_of(texts), language_note(deck, NAME, model, texts)
        same = [gr.skip()] * len(files)

        def show_final(found: Embeddings) -> list[Any]:
            contents = zip(FILES.values(), written(lines, found), strict=True)
            return [foreign + similarity_html(lines, found), *handed_out(files, contents)]

        return Job(
            model, verb(texts, role),
            lambda found: [similarity_html(lines, found), *same], show_final,
        )  # fmt: skip

    send_to(deck, NAME, bar.tools, "text", texts, "texts")
    wire(
        deck, NAME, bar, job, [texts, role, model], [result, *files],
        examples=EXAMPLES, example_inputs=[texts], slot=examples,
    )  # fmt: skip
    compare(
        deck, NAME, [texts, role], verb,
        lambda found, texts, _: side_html(found, lines_of(texts)),
        lambda first, second, texts, _: agreement_html(first, second, lines_of(texts)),
    )  # fmt: skip
    batch(deck, NAME, model, one_verb, columns, settings=[role])
    code_view(deck, NAME, bar, {"texts": texts, "role": role}, model)


def lines_of(texts: str) -> list[str]:
    """The lines that are not blank.

    Raises:
        InputError: when there are none, or more than ``MOST``.
    """
    lines = [line.strip() for line in texts.splitlines() if line.strip()]
    if not lines:
        raise InputError("There is no text to compare.", hint="Write two lines or more.")
    if len(lines) > MOST:
        raise InputError(
            f"There are {len(lines):,} texts; the limit here is {MOST}.",
            hint='Use "Many texts at once" for vectors of more.',
        )
    return lines


def verb(texts: str, role: str | None) -> Verb[Embeddings]:
    """What a run over several texts asks of its engine."""
    lines = lines_of(texts)
    return lambda engine, stop: engine.embed(lines, role=role or "alike", stop=stop)


def one_verb(text: str, role: str | None) -> Verb[Embeddings]:
    """The same for one text of many."""
    return lambda engine, stop: engine.embed([text], role=role or "alike", stop=stop)


def columns(found: Embeddings) -> dict[str, str | float]:
    """A result as columns of a table: how long the text is, and its vector as JSON."""
    values = ", ".join(str(rounded(value)) for value in found.vectors[0])
    return {
        "tokens": found.tokens[0], "windows": found.windows[0], "dimensions": found.dimensions,
        "vector": f"[{values}]",
    }  # fmt: skip


def recipe_html(deck: Deck, model: str) -> str:
    """How a model makes its vectors, as far as its files are here; empty for what is no model."""
    try:
        card = deck.card(NAME, model or "")
        recipe = read_recipe(source_of(card, deck.service, model or "").folder, card)
    except AppError:  # the picker or the run says what is wrong
        return ""
    rows = "".join(f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in _facts(recipe))
    return (
        '<section class="md-recipe"><h3>How this model makes a vector</h3>'
        f"<dl>{rows}</dl></section>"
    )


def _facts(recipe: Recipe) -> list[tuple[str, str]]:
    prefixes = recipe.prefixes
    source = f" ({prefixes.source})" if prefixes.source else ""
    named = [
        (name, f"\u201c{visible(text)}\u201d{source}")
        for name, text in (
            ("Before a query", prefixes.query),
            ("Before a passage", prefixes.passage),
            ("Before texts to compare", prefixes.alike),
        )
        if text
    ]
    limit = [("Reads at once", f"{recipe.max_tokens:,} tokens")] if recipe.max_tokens else []
    return [
        ("Pooling", f"{recipe.said}. {recipe.source}"), *limit,
        *(named or [("Prefixes", "none: its files and its card ask for none")]),
    ]  # fmt: skip


def _endpoints(deck: Deck) -> None:
    """Publishes ``/embeddings``, ``/embeddings_similarity`` and ``/embeddings_search``."""
    _publish_vectors(deck)
    _publish_similarity(deck)
    search_endpoint(deck, NAME)


def _publish_vectors(deck: Deck) -> None:
    async def embeddings(
        texts: str | list[str], role: str = "alike", model: str = "", prefix: str | None = None
    ) -> dict[str, Any]:
        """Turns texts into vectors whose directions tell how alike the texts are.

        Args:
            texts: one text or up to 5,000, a million characters together; one that is longer than the
                model's window is read in windows, whose vectors are averaged.
            role: which of the model's prefixes stands before each: ``alike`` (texts to compare),
                ``query``, ``passage`` or ``bare`` (none).
            model: a starter or Hub model id; the app's default model when empty.
            prefix: words to stand before each text in place of the model's own; null for those.

        Returns:
            ``vectors`` (one list of numbers a text), ``dimensions``, ``tokens`` and ``windows`` of each
            text, ``prefix`` (used), ``pooling``, ``normalised``, ``source`` (where both come from),
            ``assumed`` (whether the pooling is a guess), ``model`` and ``metrics``.
        """
        found = await deck.answer(NAME, model, _all_of(texts, role, prefix))
        return {"vectors": found.value.vectors.tolist(), **described(found)}

    deck.endpoint(embeddings, NAME, tool=False)


def _publish_similarity(deck: Deck) -> None:
    async def embeddings_similarity(
        texts: list[str], role: str = "alike", model: str = ""
    ) -> dict[str, Any]:
        """Says how alike texts are, each to each.

        Args:
            texts: 2 to 500.
            role: see ``/embeddings``.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``cosines`` (a row of numbers from -1 to 1 for each text, in their order), ``most`` and
            ``least`` (the most and the least similar pair: ``first``, ``second``, counted from 0, and
            ``cosine``), and what ``/embeddings`` returns beside its vectors.
        """
        if not 2 <= len(texts) <= MOST:
            raise InputError(
                f"The request has {counted(len(texts), 'text')}.", hint=f"Give 2 to {MOST}."
            )
        found = await deck.answer(NAME, model, _all_of(texts, role, None))
        table = cosines(found.value.vectors)
        most, least = extremes(table)
        return {
            "cosines": table.tolist(), "most": most._asdict(), "least": least._asdict(),
            **described(found),
        }  # fmt: skip

    deck.endpoint(embeddings_similarity, "embeddings_similarity")


def _all_of(texts: str | list[str], role: str, prefix: str | None) -> Verb[Embeddings]:
    given = [texts] if isinstance(texts, str) else texts

    def embed(engine: Any, stop: StopToken) -> Iterator[Embeddings]:
        found: Iterator[Embeddings] = engine.embed(given, role=role, prefix=prefix, stop=stop)
        return found

    return embed


def described(found: Any) -> dict[str, Any]:
    """A snapshot of ``Embeddings`` as plain JSON, without its vectors."""
    value: Embeddings = found.value
    metrics = asdict(found.metrics)
    return {
        "dimensions": value.dimensions,
        "tokens": list(value.tokens),
        "windows": list(value.windows),
        "prefix": value.prefix,
        "pooling": list(value.recipe.pooling),
        "normalised": value.recipe.normalised,
        "source": value.recipe.source,
        "assumed": value.recipe.assumed,
        "model": metrics.pop("model"),
        "metrics": metrics,
    }
