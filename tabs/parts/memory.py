"""What a tab remembers: the last runs of the session, and named settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from tabs.parts.history import History, connect_history, history
from tabs.parts.presets import Presets, presets, stored
from tabs.parts.values import ByModel


def memory(
    capability: str,
    linked: Mapping[str, Component],
    inputs: Sequence[Component],
    outputs: Sequence[Component],
    content: Sequence[Component],
    shipped: Mapping[str, Mapping[str, Any]],
    status: gr.HTML,
    by_model: ByModel,
) -> History:
    """Adds the closed accordion "Last runs and presets" at this place of the page.

    Args:
        capability: whose.
        linked: name -> those of the inputs whose value is plain.
        inputs: of the tab's run.
        outputs: that its result fills.
        content: those of the inputs that are the visitor's own text or file: they are in no preset.
        shipped: presets that come with the tab, name -> setting -> value.
        status: the run bar's status line.
        by_model: menus whose choices hang on the model.
    """
    settings = {name: part for name, part in linked.items() if part not in content}
    store = stored(capability)
    with gr.Accordion(
        "Last runs and presets", open=False, elem_classes=["md-later", "md-memory"]
    ) as opened:
        found = history(inputs, outputs, content)
        presets(Presets(capability, settings, shipped, by_model), opened, store)
    connect_history(found, status)
    return found
