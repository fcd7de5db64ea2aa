"""Pictures as clients of OpenAI's API know them: PNG files that carry their settings, in base64."""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncIterator
from typing import Any

from models.drawing import Drawing
from models.image_png import png_bytes
from models.runs import Snapshot
from tabs.parts.deck import Deck
from tabs.parts.openai_bodies import Draw


def drawings(deck: Deck, body: Draw) -> AsyncIterator[Snapshot[Drawing]]:
    """Snapshots of the pictures that a body asks for; who stops reading them ends the drawing."""
    wish = body.wish
    return deck.snapshots(
        "image_generation", body.model,
        lambda engine, stop: engine.draw(body.prompt, **wish, stop=stop),
    )  # fmt: skip


def pictures(found: Snapshot[Drawing]) -> dict[str, Any]:
    """The answer; each picture has its seed, and whether the model's own safety checker took it away."""
    drawing = found.value
    data = [
        {
            "b64_json": base64.b64encode(png_bytes(one.image, drawing.settings(one))).decode(),
            "seed": one.shot.seed,
            "blocked": one.blocked,
        }
        for one in drawing.pictures
    ]
    size = {"size": f"{drawing.width}x{drawing.height}", "output_format": "png"}
    own = {"model": found.metrics.model, "warnings": list(drawing.warnings)}
    return {"created": int(time.time()), "data": data, **size, **own}
