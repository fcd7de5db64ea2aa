"""The result of a step as its own tab would show it, where that is simple; else as text."""

from __future__ import annotations

import html
from pathlib import Path

from models.assistant_talk import Step
from models.entities import Entities
from models.tool_arguments import Material
from tabs.parts.entity_view import label_order, text_html
from tabs.parts.files import address
from tabs.parts.markup import bars, block, note

#: Bars of a ranking that are drawn.
_BARS = 8


def result_html(step: Step, given: str = "", path: Path | None = None) -> str:
    """What a step has given, or has so far.

    Args:
        step: the step, with the engine's result or without.
        given: the text that it was given, for results that are drawn over it.
        path: its file, where it is one and is at hand.
    """
    if path is not None:
        return media_html(path, step.told)
    if isinstance(step.result, Entities):
        if not step.result.entities:
            return block(step.told or "No names were found.")
        found = step.result.entities
        return text_html(given, found, label_order(step.result))
    scores = getattr(step.result, "scores", None)
    if scores is not None:
        return bars([(one.label, one.score) for one in scores[:_BARS]], label="scores")
    text = step.text or step.told
    return block(text) if text else ""


def media_html(path: Path, told: str) -> str:
    """A player or a picture, with its facts."""
    where, words = address(path), html.escape(told)
    if path.suffix == ".png":
        shown = f'<img class="md-toolstep-picture" src="{where}" alt="{words}">'
    else:
        shown = (
            '<audio class="md-toolstep-sound" controls aria-label="Sound" preload="metadata" '
            f'src="{where}"></audio>'
        )
    return f"{shown}{note(told)}"


def given_text(step: Step, materials: dict[str, Material]) -> str:
    """The text that a step was given, its name looked up."""
    value = step.arguments.get("text", "")
    found = materials.get(value) if isinstance(value, str) else None
    return found.text if found is not None else str(value)
