"""Many texts at once: pasted lines or a file in, a table and two files with the results out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from models.batch_csv import TEXT_COLUMNS
from models.batch_input import KINDS, MAX_BYTES, MAX_ROWS, read_table
from models.errors import AppError
from models.runs import Verb
from models.units import counted
from tabs.parts.batch_columns import Second, guessed
from tabs.parts.batch_files import Write
from tabs.parts.batch_run import Plan, handler
from tabs.parts.batch_table import Columns
from tabs.parts.deck import Deck
from tabs.parts.errors import alert
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.markup import note
from tabs.parts.run import session_of

__all__ = ["Second", "batch"]


@dataclass(frozen=True)
class _Parts:
    """The components of the accordion."""

    pasted: gr.Textbox
    upload: gr.File
    column: gr.Dropdown
    second: gr.Dropdown | None
    headed: gr.Checkbox
    reading: gr.HTML
    run: gr.Button
    stop: gr.Button
    status: gr.HTML
    table: gr.HTML
    files: list[gr.DownloadButton]

    @property
    def seconds(self) -> list[gr.Dropdown]:
        """The picker of the second column, where there is one."""
        return [self.second] if self.second is not None else []


def batch(
    deck: Deck,
    capability: str,
    model: Component,
    verb_of: Callable[..., Verb[Any]],
    columns_of: Callable[[Any], Columns],
    *,
    settings: Sequence[Component] = (),
    noun: str = "text",
    wanted: Sequence[str] = TEXT_COLUMNS,
    write: Write | None = None,
    most: int = MAX_ROWS,
    second: Second | None = None,
) -> None:
    """Adds the closed accordion "Many texts at once" at this place of the page.

    Args:
        deck: the page.
        capability: whose engine runs.
        model: the tab's picker.
        verb_of: called as ``verb_of(text, *settings)`` for each row; may raise ``AppError``.
        columns_of: a result's columns, name -> text or number, for table and files.
        settings: components whose values ``verb_of`` is given after the text, in order.
        noun: what a row is.
        wanted: names of columns that likely hold the texts, the likeliest first.
        write: where a result has files: writes them, see ``tabs.parts.batch_files.Write``; they
            come in a ZIP archive with the table.
        most: rows of one run.
        second: where a column of a file may take the place of the first of ``settings``.
    """
    plan = Plan(capability, verb_of, columns_of, wanted, noun, write, most, second)
    with gr.Accordion(f"Many {noun}s at once", open=False, elem_classes=["md-later", "md-batch"]):
        parts = _layout(plan)
    _watch_file(parts, plan)
    parts.run.click(
        handler(deck, plan, parts.files),
        [model, parts.pasted, parts.upload, parts.column, parts.headed, *parts.seconds, *settings],
        [parts.run, parts.stop, deck.header, parts.status, parts.table, *parts.files],
        concurrency_limit=None, trigger_mode="once", **PRIVATE,
    )  # fmt: skip

    def halt(request: gr.Request) -> None:
        deck.stop(session_of(request), plan.key)

    parts.stop.click(halt, None, None, **AT_ONCE)


def _layout(plan: Plan) -> _Parts:
    noun = plan.noun
    gr.HTML(
        note(
            f"One {noun} a line, or a file: CSV, TSV, JSONL or text. At most {plan.most:,} rows and "
            f"{MAX_BYTES / 1e6:.0f} MB. Model and settings are those of this tab."
        )
    )
    with gr.Row(elem_classes=["md-abreast"]):
        pasted = gr.Textbox(
            label=f"{noun.capitalize()}s, one a line", lines=5, max_lines=12, min_width=260
        )
        upload = gr.File(label="Or a file", height=150, min_width=260, elem_classes=["md-drop"])
    with gr.Row(elem_classes=["md-abreast"]):
        column = gr.Dropdown(
            [],
            label=f"Column with the {noun}s",
            visible=False,
            min_width=260,
            elem_classes=["md-as-is"],
        )
        second = _second_picker(plan.second) if plan.second else None
        headed = gr.Checkbox(
            False, label="The first row holds the names of the columns", visible=False
        )
    reading = gr.HTML("", elem_classes=["md-status-slot", "md-batch-reading"])
    with gr.Row(elem_classes=["md-part-bar"]):
        run = gr.Button("Run all", variant="primary", scale=3, elem_classes=["md-part-run"])
        stop = gr.Button(
            "Stop", interactive=False, scale=1, min_width=80, elem_classes=["md-part-stop"]
        )
    line = gr.HTML("", elem_classes=["md-status-slot"])
    table = gr.HTML("")
    with gr.Row(elem_classes=["md-part-bar"]):
        files = [
            gr.DownloadButton(f"Download {name}", visible=False, size="sm", min_width=120)
            for name in ("CSV", "JSONL", *(["ZIP"] if plan.write else []))
        ]
    return _Parts(pasted, upload, column, second, headed, reading, run, stop, line, table, files)


def _second_picker(second: Second) -> gr.Dropdown:
    return gr.Dropdown(
        [(second.of_the_tab, "")], value="", label=f"Column with the {second.noun}s",
        visible=False, min_width=260, elem_classes=["md-as-is"],
    )  # fmt: skip


def _watch_file(parts: _Parts, plan: Plan) -> None:
    """Reads a file when it is chosen, and again when its first row means something else."""
    shown = [parts.column, parts.headed, parts.reading, *parts.seconds]

    async def chosen(path: str | None) -> list[Any]:
        return await asyncio.to_thread(described, path, None, plan.wanted, plan.second)

    async def turned(path: str | None, headed: bool) -> list[Any]:
        return await asyncio.to_thread(described, path, headed, plan.wanted, plan.second)

    parts.upload.change(chosen, parts.upload, shown, **PRIVATE)
    parts.headed.input(turned, [parts.upload, parts.headed], shown, **PRIVATE)


def described(
    path: str | None, headed: bool | None, wanted: Sequence[str], second: Second | None = None
) -> list[Any]:
    """Updates of the column picker, the tick for names, the line that says how a file was read, and
    the picker of the second column where the tab has one.
    """
    hidden = gr.update(visible=False)
    unseen = [_second_choices(second, (), "", visible=False)] if second else []
    if path is None:
        return [hidden, hidden, "", *unseen]
    try:
        table = read_table(Path(path), headed=headed)
    except AppError as error:
        return [hidden, hidden, alert(error), *unseen]
    texts, beside = guessed(table, wanted, second)
    several = len(table.columns) > 1
    column = gr.update(choices=list(table.columns), value=texts, visible=several)
    is_csv = KINDS[Path(path).suffix.lower()] == "csv"
    bad = sum(bool(row.problem) for row in table.rows)
    lines = (
        f" {counted(bad, 'row')} can't be run; the table of results will say why." if bad else ""
    )
    return [
        column,
        gr.update(value=table.headed, visible=is_csv),
        f'<div class="md-status">{note(table.reading + lines)}</div>',
        *([_second_choices(second, table.columns, beside, visible=several)] if second else []),
    ]


def _second_choices(second: Second, columns: Sequence[str], value: str, *, visible: bool) -> Any:
    choices = [(second.of_the_tab, ""), *((name, name) for name in columns)]
    return gr.update(choices=choices, value=value, visible=visible)
