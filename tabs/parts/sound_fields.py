"""Settings that every tab with sound as its result has: the file it becomes, and the seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic

import gradio as gr

from models.audio import FORMATS
from models.runs import R, Verb
from models.spec import Work
from tabs.parts.numbers import number_field


@dataclass(frozen=True)
class InFormat(Generic[R]):
    """A result with sound, and the format that it is wanted in, a key of ``models.audio.FORMATS``."""

    made: R
    kind: str

    @property
    def work(self) -> Work:
        """Seconds of sound made."""
        return self.made.work


def in_format(kind: str, make: Callable[[Any, Any], Iterator[R]]) -> Verb[InFormat[R]]:
    """A verb whose results know their format.

    Args:
        kind: the format.
        make: called as ``make(engine, stop)``.
    """

    def verb(engine: Any, stop: Any) -> Iterator[InFormat[R]]:
        for made in make(engine, stop):
            yield InFormat(made, kind)

    return verb


def file_field() -> gr.Dropdown:
    """The format of the file."""
    return gr.Dropdown(
        [(name.upper(), name) for name in FORMATS], value="wav", label="File", min_width=105,
        scale=2,
    )  # fmt: skip


def seed_fields() -> tuple[gr.Number, gr.Checkbox]:
    """The seed, and whether every run draws a new one."""
    with gr.Row(elem_classes=["md-voice"]):
        return (
            number_field("Seed", placeholder="drawn by lot", min_width=120, scale=2),
            gr.Checkbox(label="New seed for every run", value=True, min_width=150, scale=3),
        )
