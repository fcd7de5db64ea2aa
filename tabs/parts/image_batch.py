"""Many prompts drawn in one run: PNG files that carry their settings, and a table with the seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from gradio.components import Component

from models.drawing import Drawing
from models.image_png import png_bytes
from models.runs import Verb
from tabs.parts.batch import batch
from tabs.parts.batch_table import Columns
from tabs.parts.deck import Deck
from tabs.parts.image_controls import settings

#: Prompts of one run.
MOST = 500
#: Columns of prompts go by these names, the likeliest first.
NAMES = ("prompt", "text", "description", "caption", "title")


def draw_many(deck: Deck, capability: str, model: Component, fields: Sequence[Component]) -> None:
    """Adds "Many prompts at once" for pictures.

    Args:
        deck: the page.
        capability: whose engine runs.
        model: the tab's picker.
        fields: the tab's settings, in the order of ``tabs.parts.image_controls.settings``.
    """
    batch(
        deck, capability, model, verb, columns, settings=fields, noun="prompt", wanted=NAMES,
        write=written, most=MOST,
    )  # fmt: skip


def verb(prompt: str, *fields: Any) -> Verb[Drawing]:
    """Draws a row with the tab's settings."""
    wanted = settings(*fields)
    return lambda engine, stop: engine.draw(prompt, **wanted, stop=stop)


def columns(result: Drawing) -> Columns:
    """A drawing as columns of a table: what makes its pictures again, and what was not done as asked."""
    shots = [picture.shot for picture in result.pictures]
    return {
        "seed": listed(shot.seed for shot in shots),
        "width": result.width,
        "height": result.height,
        "steps": listed(shot.steps for shot in shots),
        "guidance": listed(shot.guidance for shot in shots),
        "warnings": " ".join(result.warnings),
    }


def listed(values: Iterable[int | float]) -> str:
    """Different values with semicolons between them, as text: a seed is a name more than a number."""
    return "; ".join(f"{value:g}" if isinstance(value, float) else str(value)
                     for value in dict.fromkeys(values))  # fmt: skip


def written(result: Drawing, path: Path) -> list[Path]:
    """Writes every picture, numbered where there are several."""
    several = len(result.pictures) > 1
    paths = []
    for number, picture in enumerate(result.pictures, start=1):
        paths.append(path.with_name(f"{path.name}{f'-{number}' if several else ''}.png"))
        paths[-1].write_bytes(png_bytes(picture.image, result.settings(picture)))
    return paths
