"""Pictures as clients of OpenAI's API know them: PNG files that carry their settings, in base64."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.responses import JSONResponse, Response

from models.drawing import Drawing
from models.image_png import png_bytes
from models.runs import Snapshot
from tabs.parts.deck import Deck
from tabs.parts.openai_bodies import Draw
from tabs.parts.openai_chat import awaited

_TASK = "image_generation"


async def images_answer(deck: Deck, body: Draw, gone: Callable[[], Awaitable[bool]]) -> Response:
    """Draws what a body asks for.

    Args:
        deck: the page.
        body: what was asked.
        gone: whether nobody waits for the pictures any more.

    Raises:
        Stopped: then.
    """
    wish = body.wish
    updates: AsyncIterator[Snapshot[Drawing]] = deck.snapshots(
        _TASK, body.model, lambda engine, stop: engine.draw(body.prompt, **wish, stop=stop)
    )
    found = await awaited(updates, gone)
    data = await asyncio.to_thread(_data, found.value)
    size = f"{found.value.width}x{found.value.height}"
    own = {"model": found.metrics.model, "warnings": list(found.value.warnings)}
    return JSONResponse(
        {"created": int(time.time()), "data": data, "size": size, "output_format": "png", **own}
    )


def _data(drawing: Drawing) -> list[dict[str, Any]]:
    """Each picture, with its seed and whether the model's own safety checker took it away."""
    return [
        {
            "b64_json": base64.b64encode(png_bytes(one.image, drawing.settings(one))).decode(),
            "seed": one.shot.seed,
            "blocked": one.blocked,
        }
        for one in drawing.pictures
    ]
