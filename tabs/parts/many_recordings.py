"""Many recordings in one go: a table that grows, one ZIP with every transcript in every format."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from models.errors import AppError, InputError, Stopped
from models.runs import Snapshot, Verb
from models.stop import PartToken, StopToken
from models.transcript import Transcript
from models.transcript_archive import HEAD, Recording, archive, rows
from models.units import counted_of
from tabs.parts.deck import Deck
from tabs.parts.differences import grid
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.files import offer
from tabs.parts.markup import note
from tabs.parts.metrics import busy, chips, number, seconds, status
from tabs.parts.run import header_html, session_of

#: Recordings at most, and characters of a text that the table shows.
MAX_FILES, _SHOWN = 200, 140


def many_recordings(
    deck: Deck,
    capability: str,
    verb_of: Callable[..., Verb[Transcript]],
    model: Component,
    settings: Sequence[Component],
) -> None:
    """Adds the accordion "Many recordings at once".

    Args:
        deck: the page.
        capability: whose engine runs.
        verb_of: called as ``verb_of(path, *settings)`` for each file.
        model: the tab's picker.
        settings: components whose values ``verb_of`` is given after the path.
    """
    key = f"many:{capability}"
    with gr.Accordion("Many recordings at once", open=False, elem_classes=["md-later", "md-batch"]):
        gr.HTML(note(f"At most {MAX_FILES} files. Model and settings are those of this tab."))
        uploads = gr.File(label="Recordings", file_count="multiple", elem_classes=["md-drop"])
        with gr.Row(elem_classes=["md-part-bar"]):
            run = gr.Button(
                "Transcribe all", variant="primary", scale=3, elem_classes=["md-part-run"]
            )
            stop = gr.Button(
                "Stop", interactive=False, scale=1, min_width=80, elem_classes=["md-part-stop"]
            )
        line = gr.HTML("", elem_classes=["md-status-slot"])
        table = gr.HTML("")
        download = gr.DownloadButton("Download all as ZIP", size="sm", interactive=False)

    async def transcribe_all(
        request: gr.Request, model: str, paths: list[str] | None, *values: Any
    ) -> AsyncIterator[list[Any]]:
        session = session_of(request)
        whole = deck.start(session, key)
        same, done = gr.skip(), list[Recording]()
        yield [*_buttons(running=True), same, "", "", gr.update(interactive=False)]
        try:
            files = _checked(paths)
            run_file = _runner(deck, capability, model, lambda path: verb_of(path, *values))
            async for text, recording in _followed(run_file, files, whole):
                done += [recording] if recording else []
                yield [same, same, same, text, table_html(done) if recording else same, same]
            text = ending(done, len(files), stopped=whole.is_set)
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            text = alert(as_app_error(error))
        finally:
            whole.set()
            deck.finish(session, key, whole)
        file = gr.update(interactive=False)
        if any(recording.transcript for recording in done):
            packed = await asyncio.to_thread(archive, done)
            file = gr.update(value=offer(download, "transcripts.zip", packed), interactive=True)
        yield [*_buttons(running=False), header_html(deck), text, table_html(done), file]

    def halt(request: gr.Request) -> None:
        deck.stop(session_of(request), key)

    run.click(
        transcribe_all, [model, uploads, *settings], [run, stop, deck.header, line, table, download],
        concurrency_limit=None, trigger_mode="once", **PRIVATE,
    )  # fmt: skip
    stop.click(halt, None, None, **AT_ONCE)


def _checked(paths: list[str] | None) -> list[Path]:
    if not paths:
        raise InputError("There are no recordings.", hint="Choose some files first.")
    if len(paths) > MAX_FILES:
        raise InputError(
            f"There are {len(paths):,} recordings; the limit is {MAX_FILES}.",
            hint="Send them in parts.",
        )
    return [Path(path) for path in paths]


def _runner(
    deck: Deck, capability: str, model: str, verb_of: Callable[[Path], Verb[Transcript]]
) -> Callable[[Path, StopToken], AsyncIterator[Any]]:
    return lambda path, stop: deck.stream(capability, model, verb_of(path), stop)


async def _followed(
    run_file: Callable[[Path, StopToken], AsyncIterator[Any]], files: list[Path], whole: StopToken
) -> AsyncIterator[tuple[str, Recording | None]]:
    """The status line, and each recording when it has ended; an error ends only its own."""
    for index, path in enumerate(files):
        if whole.is_set:
            return
        last: Snapshot[Transcript] | None = None
        error = ""
        try:
            async for update in run_file(path, PartToken(whole)):
                if not isinstance(update, Snapshot):
                    yield status(update), None
                    continue
                last = update
                share = update.value.read_s / update.value.duration_s
                yield (
                    busy(f"{index + 1} of {len(files)}: {path.name}", (index + share) / len(files)),
                    None,
                )
        except Stopped:
            return
        except Exception as problem:  # noqa: BLE001 - shown in its row, and logged under a ticket
            error = _sentence(as_app_error(problem))
        if last is not None and last.stopped:
            error = "stopped: what was done is kept"
        yield "", Recording(path.name, last.value if last else None, error)


def _sentence(error: AppError) -> str:
    return str(error)


def ending(done: Sequence[Recording], total: int, *, stopped: bool) -> str:
    """The line that stays: how many, how long, how quick."""
    results = [recording.transcript for recording in done if recording.transcript]
    failed = sum(recording.transcript is None for recording in done)
    texts = ["stopped: what was done is kept"] if stopped else []
    texts.append(counted_of(len(done), total, "recording"))
    texts += [f"{failed:,} failed"] if failed else []
    length, took = sum(r.read_s for r in results), sum(r.elapsed_s for r in results)
    texts += [f"{seconds(length)} heard"] if results else []
    texts += [f"{number(length / took)}x real time"] if took > 0 else []
    return chips(texts)


def table_html(done: Sequence[Recording]) -> str:
    """One row a recording."""
    if not done:
        return ""
    shown = [
        [*row[:4], row[4] if len(row[4]) <= _SHOWN else f"{row[4][:_SHOWN]}…", row[5]]
        for row in rows(done)
    ]
    return f'<div class="md-batch-table">{grid([head.capitalize() for head in HEAD], shown)}</div>'


def _buttons(*, running: bool) -> tuple[Any, Any]:
    return gr.update(interactive=not running), gr.update(interactive=running)
