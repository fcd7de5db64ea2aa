"""Turns our errors into what the page shows and what an API caller reads: the only code that does.

On the page an error stands in the status line, where it stays until the next run; for an endpoint
it is a ``gr.Error``, whose message gradio sends to the caller.
"""

from __future__ import annotations

import html
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import gradio as gr

from models.errors import AppError, Stopped
from tabs.parts.markup import outside

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


def alert(error: AppError) -> str:
    """The error as HTML for the status line: the fact, then what to do."""
    if isinstance(error, Stopped):
        return (
            '<div class="md-status md-muted" role="status">Stopped before there was a result.</div>'
        )
    hint = f' <span class="md-hint">{html.escape(error.hint)}</span>' if error.hint else ""
    fact, page = html.escape(error.message), f" {outside(error.page)}" if error.page else ""
    return f'<div class="md-status md-alert" role="alert"><strong>{fact}</strong>{hint}{page}</div>'


def as_app_error(error: Exception) -> AppError:
    """Any exception as one that can be shown; unknown ones go to the log under a ticket number."""
    if isinstance(error, AppError):
        return error
    ticket = uuid.uuid4().hex[:8]
    log.error("ticket %s", ticket, exc_info=error)
    return AppError(
        "Something went wrong in Modeldeck itself.",
        hint=f"The log has the details under ticket {ticket}.",
    )


def reported(call: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Wraps an async handler so that callers get a ``gr.Error`` that they can read."""

    @wraps(call)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await call(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            raise page_error(error) from None

    return guarded


def reported_stream(call: Callable[P, AsyncIterator[T]]) -> Callable[P, AsyncIterator[T]]:
    """The same for an async generator: what goes wrong does so while it is read, not when it is called."""

    @wraps(call)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        try:
            async with aclosing(cast(Any, call(*args, **kwargs))) as values:
                async for value in values:
                    yield value
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            raise page_error(error) from None

    return guarded


def page_error(error: Exception) -> gr.Error:
    return gr.Error(str(as_app_error(error)), title="Not done", print_exception=False)
