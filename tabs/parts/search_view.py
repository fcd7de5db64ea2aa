"""The search of the embeddings tab: a text or file in, the passages nearest to a query out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from models.batch_csv import TEXT_COLUMNS
from models.batch_input import KINDS as TABLES
from models.batch_input import cell_text, guess_column, read_table
from models.documents import PLAIN, read_pages
from models.embedding_search import (
    LONGEST,
    MOST_HITS,
    SHORTEST,
    Corpus,
    Found,
    Hit,
    Prefixed,
    search,
)
from models.errors import AppError, InputError
from models.passages import Page
from models.runs import Verb
from models.stop import StopToken
from models.units import counted
from tabs.parts.batch import described
from tabs.parts.code_view import code_view
from tabs.parts.deck import Deck, Place
from tabs.parts.errors import alert
from tabs.parts.events import PRIVATE
from tabs.parts.language_note import language_note
from tabs.parts.links import link_button
from tabs.parts.markup import empty, note
from tabs.parts.run import Job, run_bar, wire
from tabs.parts.search_examples import EXAMPLES
from tabs.parts.search_results import results_html

#: How long the session keeps the vectors of a text, in seconds.
KEPT_S = 3600


def search_view(deck: Deck, capability: str, model: gr.Dropdown, place: Place) -> gr.Textbox:
    """Adds the view at this place of the page.

    Args:
        deck: the page.
        capability: whose engines search.
        model: the tab's picker.
        place: where the view is, for its link.

    Returns:
        The box of the text that is searched.
    """
    with gr.Row():
        with gr.Column():
            query = gr.Textbox(
                label="Query", lines=2, max_lines=6, placeholder="What do you look for?"
            )
            examples = gr.Row(elem_classes=["md-examples"])
            bar = run_bar("Search")
            corpus = gr.Textbox(
                label="Text to search in", lines=8, max_lines=18, placeholder="Paste a text.",
            )  # fmt: skip
            upload = gr.File(
                label="Or a file: text, Markdown, PDF, Word, CSV or JSONL", height=150,
                elem_classes=["md-drop"],
            )  # fmt: skip
            column = gr.Dropdown(
                [], label="Column with the texts", visible=False, elem_classes=["md-as-is"]
            )
            headed = gr.Checkbox(
                False, label="The first row holds the names of the columns", visible=False
            )
            told = gr.HTML("", elem_classes=["md-status-slot", "md-batch-reading"])
            with gr.Accordion("Passages and prefixes", open=False, elem_classes=["md-later"]):
                tokens = gr.Slider(
                    SHORTEST, LONGEST, 96, step=8, label="Longest passage, in tokens",
                    info="Short ones hit a sentence, long ones keep what is around it.",
                )  # fmt: skip
                count = gr.Slider(1, MOST_HITS, 5, step=1, label="Passages shown")
                prefixes = gr.Checkbox(
                    True, label="The model's own prefixes",
                    info="Switch them off to see what they are good for.",
                )  # fmt: skip
                own = gr.Textbox(
                    label="Own words before the query",
                    placeholder="Instruct: Find the help article that solves the problem. Query: ",
                )  # fmt: skip
        with gr.Column():
            results = gr.HTML(empty("Passages by meaning and by words appear here, side by side."))
    kept = gr.State(None, time_to_live=KEPT_S)

    def job(
        query: str, corpus: str, upload: str | None, column: str | None, headed: bool | None,
        tokens: float | None, count: float | None, prefixes: bool | None, own: str | None,
        kept: Corpus | None, model: str,
    ) -> Job:  # fmt: skip
        prefixed = Prefixed.chosen(prefixes is not False, own or "")
        foreign = language_note(deck, capability, model, f"{query}\n{corpus}")

        def verb(engine: Any, stop: StopToken) -> Iterator[Found]:
            pages = pages_of(corpus, upload, column, headed if column else None)
            yield from search(
                engine, query, pages, tokens=int(tokens or 96), count=int(count or 5),
                prefixed=prefixed, model=model, kept=kept, stop=stop,
            )  # fmt: skip

        return Job(
            model, verb,
            lambda found: [foreign + results_html(found), gr.skip()],
            lambda found: [foreign + results_html(found), found.corpus],
        )  # fmt: skip

    wire(
        deck, capability, bar, job,
        [query, corpus, upload, column, headed, tokens, count, prefixes, own, kept, model],
        [results, kept], also=[query.submit], examples=EXAMPLES,
        example_inputs=[query, corpus, upload], slot=examples, link=False,
    )  # fmt: skip
    linked = {
        "query": query, "text": corpus, "tokens": tokens, "count": count, "prefixes": prefixes,
        "own": own, "model": model,
    }  # fmt: skip
    with bar.tools:
        link_button(deck, f"{capability}_search", linked, place)
    _watch(upload, column, headed, told)
    settings = {"query": query, "corpus": kept, "count": count, "prefixes": prefixes, "own": own}
    code_view(deck, capability, bar, settings, model)
    return corpus


def _watch(upload: gr.File, column: gr.Dropdown, headed: gr.Checkbox, told: gr.HTML) -> None:
    """Reads a file when it is chosen, and again when its first row means something else."""
    shown = [column, headed, told]

    async def chosen(path: str | None) -> list[Any]:
        return await asyncio.to_thread(file_facts, path, None)

    async def turned(path: str | None, headed: bool) -> list[Any]:
        return await asyncio.to_thread(file_facts, path, headed)

    upload.change(chosen, upload, shown, **PRIVATE)
    headed.input(turned, [upload, headed], shown, **PRIVATE)


def file_facts(path: str | None, headed: bool | None) -> list[Any]:
    """Updates of the column picker, the tick for names, and the line on how a file was read."""
    hidden = gr.update(visible=False)
    if path is None:
        return [hidden, hidden, ""]
    if _is_table(Path(path)):
        return described(path, headed, TEXT_COLUMNS)
    try:
        pages = read_pages(Path(path))
    except AppError as error:
        return [hidden, hidden, alert(error)]
    length = (
        f"{counted(len(pages.texts), 'page')}, {counted(sum(map(len, pages.texts)), 'character')}."
    )
    line = note(" ".join(filter(None, (length, pages.told))))
    return [hidden, hidden, f'<div class="md-status">{line}</div>']


def pages_of(pasted: str, path: str | None, column: str | None, headed: bool | None) -> list[Page]:
    """What is searched: a pasted text, or a file's pages or rows.

    Raises:
        InputError: when there is nothing or both, or the file can't be read.
    """
    if path and pasted.strip():
        raise InputError("There are a pasted text and a file.", hint="Remove one of them.")
    if not path:
        return [Page(pasted)]
    if _is_table(Path(path)):
        return _rows(Path(path), column, headed)
    texts = read_pages(Path(path)).texts
    return [Page(text, f"page {n:,}" if len(texts) > 1 else "") for n, text in enumerate(texts, 1)]


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in TABLES and path.suffix.lower() not in PLAIN


def _rows(path: Path, column: str | None, headed: bool | None) -> list[Page]:
    table = read_table(path, headed=headed)
    chosen = column if column and len(table.columns) > 1 else guess_column(table, TEXT_COLUMNS)
    if chosen not in table.columns:
        raise InputError(
            f"There is no column {chosen[:40]!r}.",
            hint=f"Choices: {', '.join(table.columns)[:200]}.",
        )
    good = [row for row in table.rows if not row.problem]
    texts = [(cell_text(row.cells.get(chosen)), row.line) for row in good]
    return [Page(text, f"row at line {line:,}") for text, line in texts if text.strip()]


def search_endpoint(deck: Deck, capability: str) -> None:
    """Publishes ``/embeddings_search``."""

    async def embeddings_search(
        query: str, texts: list[str], count: int = 5, passage_tokens: int = 96, model: str = ""
    ) -> dict[str, Any]:
        """Finds the passages of texts that mean most nearly what a query asks, whatever their words.

        Args:
            query: what is looked for, up to 4,000 characters.
            texts: where, up to a million characters together; cut into passages between sentences.
            count: passages wanted, 1 to 20.
            passage_tokens: longest passage, 16 to 512 tokens.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``hits`` by meaning and ``word_hits`` by shared words (BM25), best first, each with ``text``,
            ``index`` of its text, ``start`` and ``end`` in that text's characters, ``score`` (cosine),
            ``rank``, ``word_score``, ``word_rank`` and ``best_sentence``; ``passages`` (how many there
            are), ``query_prefix``, ``passage_prefix``, ``model`` and ``metrics``.
        """
        pages = [Page(text, f"text {number:,}") for number, text in enumerate(texts, start=1)]
        verb: Verb[Found] = lambda engine, stop: search(  # noqa: E731 - typed for mypy
            engine, query, pages, tokens=passage_tokens, count=count, stop=stop
        )
        found = await deck.answer(capability, model, verb)
        value, metrics = found.value, asdict(found.metrics)
        return {
            "hits": [hit_json(hit, value) for hit in value.by_meaning],
            "word_hits": [hit_json(hit, value) for hit in value.by_words],
            "passages": len(value.corpus.passages),
            "query_prefix": value.query_prefix,
            "passage_prefix": value.passage_prefix,
            "model": metrics.pop("model"),
            "metrics": metrics,
        }

    deck.endpoint(embeddings_search, f"{capability}_search", tool=True)


def hit_json(hit: Hit, found: Found) -> dict[str, Any]:
    """A hit as plain JSON."""
    passage = found.corpus.passages[hit.passage]
    start, end = hit.best or (0, 0)
    return {
        "text": passage.text,
        "index": passage.page,
        "start": passage.start,
        "end": passage.end,
        "score": hit.score,
        "rank": hit.rank,
        "word_score": hit.word_score,
        "word_rank": hit.word_rank,
        "best_sentence": passage.text[start:end],
    }
