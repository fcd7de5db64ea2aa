"""Which values of a run's outputs are new to a page."""

from __future__ import annotations

from typing import Any

import gradio as gr


def news(values: list[Any], sent: list[Any]) -> list[Any]:
    """The values that differ from those sent before: a browser works for each that it is given.

    Updates of properties are sent again: see ``tabs.parts.run`` on what "nothing new" does to them.
    """
    if len(values) != len(sent):
        return values
    return [
        gr.skip() if not _is_update(new) and (new is old or (_plain(new) and new == old)) else new
        for new, old in zip(values, sent, strict=True)
    ]


def _is_update(value: Any) -> bool:
    return isinstance(value, dict) and "__type__" in value


def _plain(value: Any) -> bool:
    """Whether a value is quick and safe to compare: no pictures, sounds or tables."""
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, str | int | float)
