"""Small buttons that fill in values: examples, and sets of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from tabs.parts.events import AT_ONCE


def chips(
    examples: Sequence[tuple[str, Sequence[Any]]],
    targets: list[Component],
    slot: gr.Column | gr.Row | None,
    kind: str = "md-example",
) -> Dependency:
    """Adds buttons that fill in values.

    Args:
        examples: (label, a value for each target) of the buttons.
        targets: where the values go.
        slot: where the buttons are drawn; here and now when None.
        kind: their class: a run follows a click on an ``md-example``.

    Returns:
        The event of a click.
    """
    made: dict[Any, Sequence[Any]] = {}
    with slot or gr.Row(elem_classes=["md-examples"]):
        for label, values in examples:
            chip = gr.Button(label, size="sm", elem_classes=[kind], min_width=40, scale=0)
            made[chip] = values

    def fill(event: gr.EventData) -> Any:
        values = made[event.target]
        return values[0] if len(targets) == 1 else list(values)

    filled: Dependency = gr.on([chip.click for chip in made], fill, None, targets, **AT_ONCE)
    return filled
