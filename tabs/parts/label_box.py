"""A box of labels as chips: typed or pasted, removed by a click or by Backspace.

The value is that of a text box out of sight, one label a line, so that links, presets and the last
runs treat it like any other text; ``assets/js/labels.js`` draws the chips over it.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import gradio as gr


def label_box(capability: str, labels: Sequence[str]) -> gr.Textbox:
    """Adds the box at this place of the page.

    Args:
        capability: whose; a page has one box a capability.
        labels: that it starts with.

    Returns:
        The text box with the labels, one a line.
    """
    name = f"labels-{capability}"
    gr.HTML(_box_html(name), js_on_load=f"modeldeck.labelBox(element, '{name}')")
    store = gr.Textbox(
        "\n".join(labels), label="Labels", lines=2, elem_id=name, elem_classes=["md-unseen"]
    )
    store.change(
        None, store, None, js=f"value => modeldeck.drawLabels('{name}', value)",
        api_visibility="private",
    )  # fmt: skip
    return store


def split_labels(text: str | None) -> list[str]:
    """The labels in the text box's value: its lines without white space around them, empty ones left out."""
    lines = (" ".join(line.split()) for line in (text or "").splitlines())
    return [line for line in lines if line]


def _box_html(name: str) -> str:
    box = html.escape(name)
    return (
        f'<div class="md-labels-box"><label class="md-labels-name" for="{box}-new">Labels</label>'
        f'<div class="md-labels-field"><ul aria-label="Labels" data-chips></ul>'
        f'<input id="{box}-new" type="text" autocomplete="off" enterkeyhint="enter" '
        f'placeholder="Add a label" aria-describedby="{box}-how"></div>'
        f'<p class="md-note" id="{box}-how">Enter or a comma adds a label, \u00d7 or Backspace '
        'removes one. A list can be pasted.</p><p class="md-spoken" aria-live="polite"></p></div>'
    )
