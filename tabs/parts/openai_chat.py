"""A chat as clients of OpenAI's API know it: one answer, or pieces of it while it is written."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

from starlette.responses import Response, StreamingResponse

from models.generated_text import Generation
from models.runs import Snapshot
from tabs.parts.deck import Deck
from tabs.parts.errors import as_app_error
from tabs.parts.openai_bodies import Chat

_TASK = "text_generation"
#: Why a text ended, in their words; ours are the keys of ``models.generated_text.ENDS``.
_ENDED = {"limit": "length", "window": "length"}


def answers(deck: Deck, body: Chat) -> AsyncIterator[Snapshot[Generation]]:
    """Snapshots of the answer to a conversation; who stops reading them ends the writing."""
    sampler, turns = body.sampler, body.turns
    return deck.snapshots(
        _TASK, body.model, lambda engine, stop: engine.write(turns, sampler, stop=stop)
    )


async def in_pieces(updates: AsyncIterator[Snapshot[Generation]], counts: bool) -> Response:
    """An answer while it is written.

    Args:
        updates: from ``answers``.
        counts: whether a last piece counts the tokens.

    Raises:
        AppError: before the first piece; what goes wrong later comes as a piece.
    """
    first = await anext(updates)
    return StreamingResponse(_pieces(first, updates, counts), media_type="text/event-stream")


def whole(found: Snapshot[Generation]) -> dict[str, Any]:
    """The answer as one object."""
    text = found.value
    choice = {"index": 0, "message": {"role": "assistant", "content": text.text},
              "finish_reason": _reason(text), "logprobs": None}  # fmt: skip
    return {**_head("chat.completion", found), "choices": [choice], "usage": _usage(text)}


def _usage(text: Generation) -> dict[str, int]:
    asked = text.prompt.count
    total = asked + text.tokens
    return {"prompt_tokens": asked, "completion_tokens": text.tokens, "total_tokens": total}


async def _pieces(
    first: Snapshot[Generation], rest: AsyncIterator[Snapshot[Generation]], counts: bool = False
) -> AsyncIterator[str]:
    """The answer as server-sent events; where tokens are counted, a last one has them and no choice."""
    head, sent = _head("chat.completion.chunk", first), ""

    def event(choices: list[Any], usage: dict[str, int] | None = None) -> str:
        piece = {**head, "choices": choices, **({"usage": usage} if counts else {})}
        return f"data: {json.dumps(piece, ensure_ascii=False)}\n\n"

    def line(delta: dict[str, str], reason: str | None = None) -> str:
        return event([{"index": 0, "delta": delta, "finish_reason": reason}])

    yield line({"role": "assistant", "content": ""})
    try:
        async with aclosing(cast(Any, rest)):
            update = first
            while True:
                fresh = update.value.text.removeprefix(sent)
                if fresh and len(fresh) + len(sent) == len(update.value.text):
                    sent += fresh
                    yield line({"content": fresh})
                if update.final:
                    yield line({}, _reason(update.value))
                    if counts:
                        yield event([], _usage(update.value))
                    break
                update = await anext(rest)
    except Exception as error:  # noqa: BLE001 - told, and logged under a ticket
        yield f"data: {json.dumps({'error': {'message': str(as_app_error(error))}})}\n\n"
    yield "data: [DONE]\n\n"


def _head(kind: str, found: Snapshot[Generation]) -> dict[str, Any]:
    name = f"chatcmpl-{uuid.uuid4().hex}"
    return {"id": name, "object": kind, "created": int(time.time()), "model": found.metrics.model}


def _reason(found: Generation) -> str:
    return _ENDED.get(found.ended, "stop")
