"""The endpoint ``/assistant``: a request in, its steps, its answer and the files that were made out."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from models.assistant_files import attached
from models.assistant_loop import MAX_STEPS, Course, Exchange
from models.assistant_talk import Said, Step, checked, plain
from models.errors import InputError, Stopped
from models.runs import Snapshot
from models.stop import StopToken
from models.tool_arguments import Material
from tabs.parts.assistant_tools import usual
from tabs.parts.deck import Deck
from tabs.parts.files import new_folder
from tabs.parts.numbers import sent_number


def assistant_endpoint(deck: Deck, name: str) -> None:
    """Publishes ``/name``."""
    with gr.Row(visible=False):
        inputs = [
            gr.Textbox(label="message"), gr.File(label="file", type="filepath"),
            gr.JSON(label="history"), sent_number("most_steps", MAX_STEPS),
            gr.Textbox("", label="model"),
        ]  # fmt: skip
        facts = gr.JSON(label="exchange")
        files = gr.File(label="files", file_count="multiple", interactive=False)

    async def assistant(
        message: str,
        file: str | None = None,
        history: list[dict[str, Any]] | None = None,
        most_steps: int = 8,
        model: str = "",
    ) -> tuple[dict[str, Any], list[str]]:
        """Does what a message asks for, with the other endpoints' capabilities and default models as tools.

        Args:
            message: the request in plain words; of the starter in English.
            file: a recording or a text that the request is about; calls name it file_1.
            history: the conversation before, as an earlier answer gave it.
            most_steps: calls of tools before it is ended, 1 to 8.
            model: a starter or Hub chat model whose template takes tools; the default when empty.

        Returns:
            An object with ``answer``, ``ended`` (answer, steps, stopped or failed), ``steps`` (each with
            number, tool, arguments, state, model, seconds, told, text, error, and ``file``, the place of
            its file in the list), ``conversation`` (for ``history``), ``reading`` (how a text file was
            read, where it is not UTF-8), ``model`` and ``metrics``; and the list of files that were made.
        """
        if not 1 <= most_steps <= MAX_STEPS:
            raise InputError(
                f"{most_steps} steps were asked for.", hint=f"Ask for 1 to {MAX_STEPS}."
            )
        if not message.strip():
            raise InputError("There is no message.", hint="Write what is to be done.")
        given = attached(file)
        asked = Said("user", message, given.of if given else "", given.kind if given else "")
        course = Course(
            deck.stream, model or deck.cards(name)[0].id, (*checked(history or []), asked),
            StopToken(), partial(new_folder, files), given, most=most_steps, models=usual(deck),
        )  # fmt: skip
        last: Snapshot[Exchange] | None = None
        async for update in course.updates():
            last = update if isinstance(update, Snapshot) else last
        if last is None:
            raise Stopped
        return answer(last, files, given)

    deck.endpoint(assistant, name, inputs=inputs, outputs=[facts, files], tool=False)


def answer(
    snapshot: Snapshot[Exchange], files: gr.File, given: Material | None
) -> tuple[dict[str, Any], list[str]]:
    """The exchange as plain JSON, and its files; ``given`` is the file that came with the message."""
    exchange, metrics = snapshot.value, asdict(snapshot.metrics)
    made = [one for one in exchange.since if isinstance(one, Step)]
    paths = [step.path for step in made if step.path is not None]
    files.temp_files.update(map(str, paths))
    return {
        "answer": exchange.answer,
        "ended": exchange.ended,
        "error": str(exchange.error or "") or None,
        "steps": [_step(step, paths) for step in made],
        "conversation": [plain(entry) for entry in exchange.talk],
        "reading": given.told if given else "",
        "model": metrics.pop("model"),
        "metrics": metrics,
    }, list(map(str, paths))


def _step(step: Step, paths: list[Path]) -> dict[str, Any]:
    found = {key: value for key, value in plain(step).items() if key != "role"}
    return {**found, "file": paths.index(step.path) if step.path in paths else None}
