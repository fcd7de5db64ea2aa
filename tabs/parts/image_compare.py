"""Two image models on the same prompt and seed: their pictures side by side, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gradio.components import Component

from models.drawing import Drawing
from models.ranges import seed_or_lot
from tabs.parts.compare import compare
from tabs.parts.deck import Deck
from tabs.parts.differences import grid, sentence
from tabs.parts.image_batch import listed, verb
from tabs.parts.image_view import inline, live_html
from tabs.parts.markup import note
from tabs.parts.numbers import whole

#: Longest side of a picture that is drawn, in pixels.
SIDE = 512
#: Places of the seed and of "New seed for every run" after the prompt; see ``image_controls.settings``.
_SEED, _LOT = 6, 7


def compare_pictures(deck: Deck, capability: str, inputs: Sequence[Component]) -> None:
    """Adds "Compare two models" for pictures.

    Args:
        deck: the page.
        capability: whose engines run.
        inputs: the prompt and the tab's settings, in the order of ``image_controls.settings``.
    """
    compare(
        deck, capability, inputs, verb,
        lambda drawing, *_: drawing_html(drawing),
        lambda first, second, *_: difference_html(first, second),
        same_seed,
    )  # fmt: skip


def same_seed(*values: Any) -> list[Any]:
    """The values with a seed for both sides: the chosen one, else one drawn by lot once."""
    found, lot = list(values), values[_LOT]
    found[_SEED] = seed_or_lot(None if lot is None or lot else whole(values[_SEED]))
    found[_LOT] = False
    return found


def drawing_html(drawing: Drawing) -> str:
    """The finished pictures, before the first one the one in progress, and what was not done."""
    pictures = "".join(
        inline(picture.image, f"Picture {number}", SIDE)
        for number, picture in enumerate(drawing.pictures, start=1)
    )
    warnings = "".join(map(note, drawing.warnings))
    return f'<div class="md-drawn">{pictures or live_html(drawing)}</div>{warnings}'


def difference_html(first: Drawing, second: Drawing) -> str:
    """The settings of both, and how far the first pictures are apart."""
    pairs = [_facts(first), _facts(second)]
    rows = [[name, pairs[0][name], pairs[1][name]] for name in pairs[0]]
    return sentence(apart(first, second)) + grid(["", "First", "Second"], rows, ours=True)


def apart(first: Drawing, second: Drawing) -> str:
    """One sentence on the mean difference of colour, where both have a picture of one size."""
    if not first.pictures or not second.pictures:
        return "There are not two pictures to compare."
    images = [drawing.pictures[0].image.convert("RGB") for drawing in (first, second)]
    if images[0].size != images[1].size:
        return "The pictures have different sizes."
    one, two = (np.asarray(image, np.int16) for image in images)  # (height, width, 3)
    mean = float(np.abs(one - two).mean()) / 255
    return (
        f"Colours differ by {mean:.1%} on average: 0 % is the same picture."
        if mean
        else "Both pictures are the same, pixel for pixel."
    )


def _facts(drawing: Drawing) -> dict[str, str]:
    shots = drawing.shots
    return {
        "Size": f"{drawing.width} x {drawing.height}",
        "Steps": listed(shot.steps for shot in shots),
        "Guidance": listed(shot.guidance for shot in shots),
        "Seed": listed(shot.seed for shot in shots),
    }
