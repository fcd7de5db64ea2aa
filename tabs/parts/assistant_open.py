"""Opens what a step did in the tool's own tab, with the same input."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from models.assistant import materials_of
from models.assistant_files import attached
from models.assistant_talk import read, steps_of
from models.errors import AppError
from models.languages import language_code
from models.tools import TOOLS
from tabs.parts.assistant_shown import Kept, paths_of
from tabs.parts.deck import Deck
from tabs.parts.events import PRIVATE

#: Argument of a tool -> name of the input that a link of its tab restores; the argument's own else.
_FIELDS = {
    "answer_question": {"text": "passage"},
    "translate": {"language": "target"},
    "draw": {"description": "prompt"},
    "compose": {"music": "prompt"},
}
_PRIVATE: dict[str, Any] = {**PRIVATE, "concurrency_limit": None}


def open_in_tabs(
    deck: Deck, transcript: gr.HTML, talk: gr.Textbox, file: gr.File, kept: gr.State
) -> None:
    """Wires the button of every step; the tabs themselves are known when the page is whole.

    Args:
        deck: the page.
        transcript: where the steps stand.
        talk: the conversation.
        file: what is attached.
        kept: results by the key of their steps, see ``tabs.assistant``.
    """

    def connect(tabs: gr.Tabs) -> None:
        places = targets(deck)

        def opened(
            talk: str, file: str | None, kept: Mapping[str, Kept], event: gr.EventData
        ) -> list[Any]:
            paths = paths_of(kept)
            try:
                name, values = inputs_of(talk, file, paths, int(event.turn))
            except AppError as error:
                gr.Warning(str(error), title="Not opened")
                return [gr.skip()] * (1 + len(places))
            if TOOLS[name].capability not in deck.linked:
                gr.Info("This page does not have the tab of that tool.")
                return [gr.skip()] * (1 + len(places))
            filled = [values.get(argument, gr.skip()) if tool == name else gr.skip()
                      for tool, argument in places]  # fmt: skip
            return [gr.Tabs(selected=TOOLS[name].capability), *filled]

        # not "select": the chat's picks are that
        transcript.select(
            opened, [talk, file, kept], [tabs, *places.values()], **_PRIVATE
        )  # fmt: skip

    deck.late.append(connect)


def targets(deck: Deck) -> dict[tuple[str, str], Component]:
    """(tool, argument) -> the component of its tab that takes it."""
    found: dict[tuple[str, str], Component] = {}
    for name, tool in TOOLS.items():
        linked = deck.linked.get(tool.capability, {})
        for argument in tool.model_fields:
            kind = "audio" if argument in tool.takes_recordings else "text"
            field = _FIELDS.get(name, {}).get(argument, argument)
            part = linked.get(field)
            if part is None and argument in (*tool.takes_texts, *tool.takes_recordings):
                part = deck.accepted.get((tool.capability, kind))
            if part is not None:
                found[name, argument] = part
    return found


def inputs_of(
    talk: str, file: str | None, paths: Mapping[str, Path], number: int
) -> tuple[str, dict[str, Any]]:
    """The tool of a step and its arguments as the tab's components take them, names looked up.

    Raises:
        InputError: when the conversation is damaged or the file can't be read.
    """
    entries = read(talk)
    step = next((one for one in steps_of(entries) if one.number == number and one.tool), None)
    if step is None:
        return next(iter(TOOLS)), {}
    known = {one.name: one for one in materials_of(entries, attached(file), paths)}

    def given(argument: str, value: Any) -> Any:
        found = known.get(value) if isinstance(value, str) else None
        if argument in TOOLS[step.tool].takes_recordings:  # what names no file of ours is none
            return str(found.path) if found is not None and found.path is not None else gr.skip()
        return value if found is None else found.text

    shaped: dict[str, Any] = {}
    for argument, value in step.arguments.items():
        if isinstance(value, list):
            lines = [str(given(argument, one)) for one in value]
            shaped[argument] = "\n".join(" ".join(line.split()) for line in lines)
        elif argument == "language":
            shaped[argument] = language_code(str(value))
        else:
            shaped[argument] = given(argument, value)
    return step.tool, shaped
