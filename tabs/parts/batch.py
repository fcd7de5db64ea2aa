"""Many texts at once: pasted lines or a file in, a table and two files with the results out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from models.batch_input import (
    KINDS,
    MAX_BYTES,
    MAX_ROWS,
    TEXT_COLUMNS,
    Table,
    guess_column,
    lines_table,
    read_table,
)
from models.batch_output import RowFile, write_csv
from models.errors import AppError, InputError, Stopped
from models.runs import Metrics, Snapshot, Update, Verb
from models.stop import PartToken, StopToken
from tabs.parts.batch_rows import Batch, Columns, table_html
from tabs.parts.deck import Deck
from tabs.parts.errors import alert, as_app_error
from tabs.parts.files import new_folder
from tabs.parts.markup import note
from tabs.parts.metrics import busy, chips, number, seconds, size, status
from tabs.parts.run import header_html, session_of

#: Least time between two lines of progress, and between two drawings of the table, in seconds.
LINE_S, TABLE_S = 0.2, 1.0
_PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


@dataclass(frozen=True)
class Plan:
    """What a tab does with each row; see ``batch``."""

    capability: str
    verb_of: Callable[..., Verb[Any]]
    columns_of: Callable[[Any], Columns]
    wanted: Sequence[str]

    @property
    def key(self) -> str:
        """Under which the page keeps the stop token: apart from the tab's own run."""
        return f"batch:{self.capability}"


@dataclass(frozen=True)
class _Parts:
    """The components of the accordion."""

    pasted: gr.Textbox
    upload: gr.File
    column: gr.Dropdown
    headed: gr.Checkbox
    reading: gr.HTML
    run: gr.Button
    stop: gr.Button
    status: gr.HTML
    table: gr.HTML
    files: tuple[gr.DownloadButton, gr.DownloadButton]


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
    """
    plan = Plan(capability, verb_of, columns_of, wanted)
    with gr.Accordion(f"Many {noun}s at once", open=False, elem_classes=["md-later", "md-batch"]):
        parts = _layout(noun)
    _watch_file(parts, plan)
    parts.run.click(
        _handler(deck, plan, parts),
        [model, parts.pasted, parts.upload, parts.column, parts.headed, *settings],
        [parts.run, parts.stop, deck.header, parts.status, parts.table, *parts.files],
        concurrency_limit=None, trigger_mode="once", **_PRIVATE,
    )  # fmt: skip

    def halt(request: gr.Request) -> None:
        deck.stop(session_of(request), plan.key)

    parts.stop.click(halt, None, None, queue=False, **_PRIVATE)


def _layout(noun: str) -> _Parts:
    gr.HTML(
        note(
            f"One {noun} a line, or a file: CSV, TSV, JSONL or text. At most {MAX_ROWS:,} rows and "
            f"{MAX_BYTES / 1e6:.0f} MB. Model and settings are those of this tab."
        )
    )
    with gr.Row(elem_classes=["md-abreast"]):
        pasted = gr.Textbox(
            label=f"{noun.capitalize()}s, one a line", lines=5, max_lines=12, min_width=260
        )
        upload = gr.File(label="Or a file", height=150, min_width=260, elem_classes=["md-drop"])
    with gr.Row(elem_classes=["md-abreast"]):
        column = gr.Dropdown([], label=f"Column with the {noun}s", visible=False, min_width=260)
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
        files = tuple(
            gr.DownloadButton(f"Download {name}", visible=False, size="sm", min_width=120)
            for name in ("CSV", "JSONL")
        )
    return _Parts(
        pasted, upload, column, headed, reading, run, stop, line, table, (files[0], files[1])
    )


def _watch_file(parts: _Parts, plan: Plan) -> None:
    """Reads a file when it is chosen, and again when its first row means something else."""
    shown = [parts.column, parts.headed, parts.reading]

    async def chosen(path: str | None) -> list[Any]:
        return await asyncio.to_thread(described, path, None, plan.wanted)

    async def turned(path: str | None, headed: bool) -> list[Any]:
        return await asyncio.to_thread(described, path, headed, plan.wanted)

    parts.upload.change(chosen, parts.upload, shown, **_PRIVATE)
    parts.headed.input(turned, [parts.upload, parts.headed], shown, **_PRIVATE)


def described(path: str | None, headed: bool | None, wanted: Sequence[str]) -> list[Any]:
    """Updates of the column picker, the tick for names, and the line that says how a file was read."""
    hidden = gr.update(visible=False)
    if path is None:
        return [hidden, hidden, ""]
    try:
        table = read_table(Path(path), headed=headed)
    except AppError as error:
        return [hidden, hidden, alert(error)]
    column = gr.update(
        choices=list(table.columns), value=guess_column(table, wanted), visible=len(table.columns) > 1
    )  # fmt: skip
    is_csv = KINDS[Path(path).suffix.lower()] == "csv"
    bad = sum(bool(row.problem) for row in table.rows)
    noun = "1 row" if bad == 1 else f"{bad:,} rows"
    lines = f" {noun} can't be run; the table of results will say why." if bad else ""
    return [
        column,
        gr.update(value=table.headed, visible=is_csv),
        f'<div class="md-status">{note(table.reading + lines)}</div>',
    ]


def gathered(pasted: str, path: str | None, headed: bool | None) -> Table:
    """The rows of a run.

    Raises:
        InputError: when there is nothing, or both lines and a file, or the file can't be read.
    """
    if path and pasted.strip():
        raise InputError("There are pasted lines and a file.", hint="Remove one of them.")
    if path:
        return read_table(Path(path), headed=headed)
    if not pasted.strip():
        raise InputError("There is nothing to run.", hint="Paste some lines, or choose a file.")
    return lines_table(pasted)


def _handler(deck: Deck, plan: Plan, parts: _Parts) -> Callable[..., AsyncIterator[list[Any]]]:
    """The event handler: slices of rows until all are done or Stop; then the files."""
    same = gr.skip()

    async def run(
        request: gr.Request, model: str, pasted: str, path: str | None, column: str | None,
        headed: bool, *settings: Any,
    ) -> AsyncIterator[list[Any]]:  # fmt: skip
        session = session_of(request)
        whole = deck.start(session, plan.key)
        none = gr.update(visible=False)
        yield [*_buttons(running=True), same, busy("Reading the rows"), "", none, none]
        line, drawn, files = "", "", [none, none]
        try:
            # without a column the file was not described yet, so its first row is still to be judged
            rows = await asyncio.to_thread(gathered, pasted, path, headed if column else None)
            work = started(plan, rows, column, parts.files[0], settings)
            with work.file:
                async for line, table in followed(deck, plan, model, whole, work):
                    yield [same, same, same, line, table or same, same, same]
            drawn = table_html(work.shown, work.done)
            if work.done:
                files = await asyncio.to_thread(offered, work, parts.files)
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            line = alert(as_app_error(error))
        finally:
            whole.set()
            deck.finish(session, plan.key, whole)
        yield [*_buttons(running=False), header_html(deck), line, drawn, *files]

    return run


def started(
    plan: Plan, table: Table, column: str | None, button: Component, settings: Sequence[Any]
) -> Batch:
    """A batch whose rows go into a new file.

    Raises:
        InputError: when the table has no such column.
    """
    several = len(table.columns) > 1
    chosen = column if column and several else guess_column(table, plan.wanted)
    if chosen not in table.columns:
        raise InputError(
            f"There is no column {chosen[:40]!r}.",
            hint=f"Choices: {', '.join(table.columns)[:200]}.",
        )
    folder = new_folder(button)
    folder.mkdir(parents=True, exist_ok=True)
    file = RowFile(folder / f"modeldeck-{plan.capability}.jsonl", table.columns)
    button.temp_files.add(str(file.path))
    return Batch(table, chosen, lambda text: plan.verb_of(text, *settings), plan.columns_of, file)


async def followed(
    deck: Deck, plan: Plan, model: str, whole: StopToken, work: Batch
) -> AsyncIterator[tuple[str, str]]:
    """Runs the rows, a slice at a time, so that other runs get their turn in between.

    Yields:
        The status line, and the table where it is time to draw it again (else empty). The last
        line says what was done and what it cost, or what went wrong; done rows are kept either way.
    """
    cost: Metrics | None = None
    began, lined, drawn = time.perf_counter(), 0.0, 0.0
    failure = ""
    try:
        while work.done < work.total and not whole.is_set:
            verb: Verb[Any] = work.slice
            async for update in deck.stream(plan.capability, model, verb, PartToken(whole)):
                now = time.perf_counter()
                if isinstance(update, Snapshot) and update.final:
                    cost = summed(cost, update.metrics)
                if now - lined < LINE_S:
                    continue
                lined, table = now, ""
                if now - drawn >= TABLE_S and work.done:
                    drawn, table = now, table_html(tuple(work.shown), work.done)
                yield progress(update, work, now - began), table
    except Stopped:
        pass
    except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
        failure = alert(as_app_error(error))
    yield failure + ending(work, cost, stopped=whole.is_set and work.done < work.total), ""


def progress(update: Update, work: Batch, elapsed_s: float) -> str:
    """How many rows are done, how many failed, and the time left; the load before the first row."""
    if not work.done:
        return status(update)
    left = elapsed_s / work.done * (work.total - work.done)
    texts = [f"{work.done:,} of {work.total:,} rows"]
    texts += [f"{work.failed:,} failed"] if work.failed else []
    texts += [f"about {seconds(left)} left"] if elapsed_s > 2 and left > 1 else []
    return busy(", ".join(texts), work.done / work.total)


def ending(work: Batch, cost: Metrics | None, *, stopped: bool) -> str:
    """The line that stays: rows, failures, model, time, speed, memory."""
    if not work.done:
        return alert(Stopped()) if stopped else ""
    texts = ["stopped: what was done is kept"] if stopped else []
    texts.append(f"{work.done:,} of {work.total:,} rows")
    texts += [f"{work.failed:,} failed"] if work.failed else []
    if cost is not None:
        texts += [cost.title, f"{cost.device} {cost.dtype}".strip()]
        texts += [f"load {seconds(cost.load_s)}"] if cost.load_s else []
        texts += [f"run {seconds(cost.run_s)}"]
        texts += [f"{number(work.done / cost.run_s)} rows/s"] if cost.run_s > 0 else []
        texts += [f"{number(work.amount / cost.run_s)} {work.unit}/s"] if work.amount else []
        texts += [f"{size(cost.memory_bytes)} in memory"] if cost.memory_bytes else []
    return chips(texts, cost.reason if cost else "")


def summed(before: Metrics | None, now: Metrics) -> Metrics:
    """The cost of two slices."""
    if before is None:
        return now
    return replace(
        now,
        load_s=before.load_s + now.load_s,
        queue_s=before.queue_s + now.queue_s,
        run_s=before.run_s + now.run_s,
    )


def offered(work: Batch, buttons: Sequence[gr.DownloadButton]) -> list[Any]:
    """The finished files as updates of their buttons: CSV, JSONL."""
    path = work.file.path.with_suffix(".csv")
    write_csv(work.file.path, work.file.columns, path)
    buttons[0].temp_files.add(str(path))
    return [gr.update(value=str(p), visible=True) for p in (path, work.file.path)]


def _buttons(*, running: bool) -> tuple[Any, Any]:
    return gr.update(interactive=not running), gr.update(interactive=running)
