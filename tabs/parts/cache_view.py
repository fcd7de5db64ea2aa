"""The Hub's cache on this disk: what lies there by model and revision, and deleting it after a question.

Not built on a public page: strangers neither see nor delete what lies on the disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from models.hub.cache import Cached, cached, delete
from models.leftovers import drop_variants, variants_in
from models.loading import Resident
from models.units import counted
from models.variants import FOLDER as VARIANTS
from tabs.parts.deck import Deck
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.markup import empty, note, said
from tabs.parts.metrics import ago, size
from tabs.parts.resident_view import table_html

_ALL_USED = "The variants that are here are in use."
_HEAD = ("model", "revision", "size", "files", "unfinished", "last fetched")


def cache_view(deck: Deck) -> None:
    """Adds the accordion with the cache; its contents are read when it is opened."""
    with gr.Accordion("Hub cache on this disk", open=False, elem_classes=["md-later"]) as opened:
        table = gr.HTML("")
        with gr.Row(elem_classes=["md-models-bar"]):
            chosen = gr.Dropdown(
                [], label="Revisions to delete", multiselect=True, min_width=220, scale=3
            )
            ask = gr.Button("Delete ...", min_width=110, scale=1)
        with gr.Column(visible=False) as question:
            sure = gr.HTML("")
            with gr.Row(elem_classes=["md-models-bar"]):
                yes = gr.Button("Delete for good", variant="stop", min_width=110, scale=1)
                no = gr.Button("Keep them", min_width=110, scale=1)
        line = gr.HTML("")
        variants = gr.HTML("")
        with gr.Row(elem_classes=["md-models-bar"]):
            forget = gr.Button("Delete unused variants", size="sm", scale=0, min_width=180)
        told = gr.HTML("")

    async def read(message: str = "") -> list[Any]:
        try:
            rows = await asyncio.to_thread(cached)
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            return [gr.skip(), gr.skip(), gr.update(visible=False), alert(as_app_error(error))]
        menu = [(_named(row), row.key) for row in rows]
        hidden = gr.update(visible=False)
        return [cache_html(rows), gr.update(choices=menu, value=[]), hidden, message]

    async def question_of(keys: list[str] | None) -> list[Any]:
        rows = await asyncio.to_thread(cached)
        text = question_html([row for row in rows if row.key in (keys or ())])
        return [gr.update(visible=bool(keys)), text, "" if keys else said("Choose a revision.")]

    async def drop(keys: list[str] | None) -> list[Any]:
        busy = in_use(deck.service.registry.residents(), keys or [])
        try:
            freed = await asyncio.to_thread(delete, keys or [], busy)
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            return await read(alert(as_app_error(error)))
        return await read(said(f"{size(freed)} of disk are free again."))

    shelf = deck.service.settings.cache_folder / VARIANTS

    async def count() -> str:
        return variants_html(await asyncio.to_thread(variants_in, shelf))

    async def forget_unused() -> list[str]:
        before = await asyncio.to_thread(variants_in, shelf)
        gone = await asyncio.to_thread(drop_variants, shelf)
        freed = size(sum(before.get(name, 0) for name in gone))
        kept = said(_ALL_USED) if before else ""
        return [await count(), said(f"{freed} of disk are free again.") if gone else kept]

    views = [table, chosen, question, line]
    opened.expand(count, None, variants, **PRIVATE)
    forget.click(forget_unused, None, [variants, told], **PRIVATE)
    opened.expand(read, None, views, **PRIVATE)
    ask.click(question_of, chosen, [question, sure, line], **PRIVATE)
    yes.click(drop, chosen, views, **PRIVATE)
    no.click(lambda: gr.update(visible=False), None, question, **AT_ONCE)


def cache_html(rows: Sequence[Cached]) -> str:
    """The cache as a table, the largest first, with its whole size above."""
    if not rows:
        return empty("Nothing from the Hub lies on this disk yet.")
    whole = size(sum(row.size_bytes for row in rows))
    count = counted(len(rows), "revision")
    shared = "; revisions may share files" if len(rows) > 1 else ""
    caption = f'<p class="md-note">{count}, {whole}{shared}.</p>'
    return caption + table_html(_HEAD, [(row.commit, _cells(row)) for row in rows])


def variants_html(folders: Mapping[str, int]) -> str:
    """How many folders of variants there are, and their whole size."""
    if not folders:
        return note("No quicker variants of networks were made yet.")
    count = counted(len(folders), "network")
    return note(
        f"Quicker variants of {count}, {size(sum(folders.values()))}; made anew when needed."
    )


def question_html(rows: Sequence[Cached]) -> str:
    """What is asked before anything is deleted."""
    names = ", ".join(_named(row) for row in rows)
    return said(f"Delete {names} from this disk? A later run would fetch it again.")


def in_use(residents: Sequence[Resident], keys: Sequence[str]) -> list[str]:
    """Those keys whose commit is in memory or on its way there, under whatever name."""
    commits = {commit for r in residents for commit in (r.revision, r.key[2]) if commit}
    return [key for key in keys if key.partition("@")[2] in commits]


def _cells(row: Cached) -> Sequence[str]:
    refs = f"{row.commit[:7]} ({', '.join(row.refs)})" if row.refs else row.commit[:7]
    left = size(row.partial_bytes) if row.partial_bytes else ""
    when = ago(time.time() - row.last_used_s)
    return (row.repo, refs, size(row.size_bytes), f"{row.files:,}", left, when)


def _named(row: Cached) -> str:
    return f"{row.repo} {row.commit[:7]}, {size(row.size_bytes)}"
