"""A run over many rows: from the input to slices of rows, their progress, and the files in the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from models.batch_input import MAX_ROWS, Table, lines_table, read_table
from models.batch_output import RowFile, write_csv
from models.errors import InputError, Stopped
from models.runs import Metrics, Snapshot, Update, Verb
from models.stop import PartToken, StopToken
from models.units import counted_of
from tabs.parts.batch_columns import Second, guessed
from tabs.parts.batch_files import Folder, Write, zipped
from tabs.parts.batch_rows import Batch
from tabs.parts.batch_table import Columns, table_html
from tabs.parts.deck import Deck
from tabs.parts.errors import alert, as_app_error
from tabs.parts.files import new_folder
from tabs.parts.metrics import busy, chips, number, seconds, size, status, where
from tabs.parts.run import header_html, session_of

#: Least time between two lines of progress, and between two drawings of the table, in seconds.
LINE_S, TABLE_S = 0.2, 1.0


@dataclass(frozen=True)
class Plan:
    """What a tab does with each row; see ``tabs.parts.batch.batch``."""

    capability: str
    verb_of: Callable[..., Verb[Any]]
    columns_of: Callable[[Any], Columns]
    wanted: Sequence[str]
    noun: str = "text"
    write: Write | None = None
    most: int = MAX_ROWS
    second: Second | None = None

    @property
    def key(self) -> str:
        """Under which the page keeps the stop token: apart from the tab's own run."""
        return f"batch:{self.capability}"


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


def handler(
    deck: Deck, plan: Plan, files: Sequence[gr.DownloadButton]
) -> Callable[..., AsyncIterator[list[Any]]]:
    """The event handler: slices of rows until all are done or Stop; then the files."""
    same = gr.skip()
    none = [gr.update(visible=False)] * len(files)

    async def run(
        request: gr.Request, model: str, pasted: str, path: str | None, column: str | None,
        headed: bool, *settings: Any,
    ) -> AsyncIterator[list[Any]]:  # fmt: skip
        session = session_of(request)
        whole = deck.start(session, plan.key)
        second, given = (settings[0], settings[1:]) if plan.second else ("", settings)
        yield [*_buttons(running=True), same, busy("Reading the rows"), "", *none]
        line, drawn, ready = "", "", none
        try:
            # without a column the file was not described yet, so its first row is still to be judged
            rows = await asyncio.to_thread(gathered, pasted, path, headed if column else None)
            pair = (column, second or "") if column else None
            work = started(plan, rows, pair, files[0], given)
            with work.file:
                async for line, table in followed(deck, plan, model, whole, work):
                    yield [same, same, same, line, table or same, *[same] * len(files)]
            drawn = table_html(work.shown, work.done, plan.noun)
            if work.done:
                ready = await asyncio.to_thread(offered, work, files)
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            line = alert(as_app_error(error))
        finally:
            whole.set()
            deck.finish(session, plan.key, whole)
        yield [*_buttons(running=False), header_html(deck), line, drawn, *ready]

    return run


def started(
    plan: Plan, table: Table, pair: tuple[str, str] | None, button: Component,
    settings: Sequence[Any],
) -> Batch:  # fmt: skip
    """A batch whose rows go into a new file.

    Args:
        plan: what is done with each row.
        table: the rows.
        pair: the column of the texts, and the one that takes the place of the first setting, empty
            for none; guessed when None, and where there is one column only.
        button: whose files they are.
        settings: what ``plan.verb_of`` is given after the text.

    Raises:
        InputError: when the table has no such column, or more rows than this tab takes.
    """
    if len(table.rows) > plan.most:
        raise InputError(
            f"There are {len(table.rows):,} rows; this tab takes up to {plan.most:,} in one run.",
            hint="Split them into several runs.",
        )
    several = len(table.columns) > 1
    chosen, second = pair if pair and several else guessed(table, plan.wanted, plan.second)
    for name in filter(None, (chosen, second)):
        if name not in table.columns:
            raise InputError(
                f"There is no column {name[:40]!r}.",
                hint=f"Choices: {', '.join(table.columns)[:200]}.",
            )
    folder = new_folder(button)
    folder.mkdir(parents=True, exist_ok=True)
    file = RowFile(folder / f"modeldeck-{plan.capability}.jsonl", table.columns)
    button.temp_files.add(str(file.path))
    return Batch(
        table, chosen,
        lambda text, *own: plan.verb_of(text, *own, *settings[len(own):]), plan.columns_of, file,
        Folder(folder / "files", plan.write, button.temp_files) if plan.write else None,
        second=second,
    )  # fmt: skip


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
                    drawn, table = now, table_html(tuple(work.shown), work.done, plan.noun)
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
    texts = [counted_of(work.done, work.total, "row")]
    texts += [f"{work.failed:,} failed"] if work.failed else []
    texts += [f"about {seconds(left)} left"] if elapsed_s > 2 and left > 1 else []
    return busy(", ".join(texts), work.done / work.total)


def ending(work: Batch, cost: Metrics | None, *, stopped: bool) -> str:
    """The line that stays: rows, failures, model, time, speed, memory."""
    if not work.done:
        return alert(Stopped()) if stopped else ""
    texts = ["stopped: what was done is kept"] if stopped else []
    texts.append(counted_of(work.done, work.total, "row"))
    texts += [f"{work.failed:,} failed"] if work.failed else []
    if cost is not None:
        texts += [cost.title, where(cost)]
        texts += [f"load {seconds(cost.load_s)}"] if cost.load_s else []
        texts += [f"run {seconds(cost.run_s)}"]
        texts += [f"{number(work.done / cost.run_s)} rows/s"] if cost.run_s > 0 else []
        texts += [_amount(work, cost.run_s)] if work.amount else []
        texts += [f"{size(cost.memory_bytes)} in memory"] if cost.memory_bytes else []
    return chips(texts, cost.reason if cost else "")


def _amount(work: Batch, run_s: float) -> str:
    """All that was done, and how much of it in a second."""
    speed = f" ({number(work.amount / run_s)} a second)" if run_s > 0 else ""
    whole = float(work.amount).is_integer()
    amount = f"{work.amount:,.0f}" if whole else number(work.amount)
    return f"{amount} {work.unit}{speed}"


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
    """The finished files as updates of their buttons: CSV, JSONL, and ZIP where rows make files."""
    path = work.file.path.with_suffix(".csv")
    write_csv(work.file.path, work.file.columns, path)
    ready = [path, work.file.path]
    if work.folder is not None:
        ready.append(zipped(work.folder.paths, ready, work.file.path.with_suffix(".zip")))
    buttons[0].temp_files.update(map(str, ready))
    return [gr.update(value=str(path), visible=True) for path in ready]


def _buttons(*, running: bool) -> tuple[Any, Any]:
    return gr.update(interactive=not running), gr.update(interactive=running)
