"""What gradio does for each event or visitor and need not: a thread for a comparison, a search for a
library, a copy of the whole page.

All are undone from outside, without a change to gradio's code. Where a later gradio no longer does
them nothing is undone, and a test tells.
"""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Callable, Iterator
from functools import wraps
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState, StateHolder

#: What gradio calls it (gradio/routes.py).
NAME = "login_check"


def check_without_threads(server: Any) -> int:
    """Lets the event loop itself run the login check of every route; what it decides stays gradio's.

    The check compares a name and waits for nothing, but it is a plain function, and FastAPI runs those
    in a thread: two changes of thread for each of the two requests of an event.

    Args:
        server: the FastAPI app of a launched page.

    Returns:
        How many routes have it.
    """
    found = [
        need
        for route in _routes(server.router)
        for need in getattr(getattr(route, "dependant", None), "dependencies", ())
        if getattr(need.call, "__name__", "") == NAME
    ]
    for need in found:
        need.call = _awaitable(need.call)
    return len(found)


class _Session(SessionState):
    """A visitor's state: what differs from the page, and no description of every component."""

    def __init__(self, blocks: Any) -> None:
        undescribed = SimpleNamespace(default_config=blocks.default_config, blocks={})
        super().__init__(undescribed)  # type: ignore[arg-type]
        own, every = self.blocks_config, blocks.default_config
        own.blocks = ChainMap({}, every.blocks)  # type: ignore[assignment]
        own.fns = every.fns  # only pages with gr.render change them, and this one has none


class _Sessions(StateHolder):
    """All visitors' states."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = _Session(self.blocks)
        return super().__getitem__(session_id)


def keep_light_sessions(page: gr.Blocks) -> None:
    """Keeps no copy of the page for each visitor.

    Gradio describes every component of the page anew at a visitor's first event, for its deep links,
    which this app does not offer (``tabs.parts.links`` does without). For a page of this size that
    took the event loop a tenth of a second a visitor, in which everybody waited, and two megabytes.
    Its lists of components and events are kept once for all too; a visitor's own changes lie above them.

    Args:
        page: launched, before its first visitor.
    """
    sessions = _Sessions()  # type: ignore[no-untyped-call]
    sessions.set_blocks(page)
    page.app.state_holder = sessions


def remember_missing_library(name: str = "matplotlib") -> None:
    """Notes in ``sys.modules`` that a library is not installed, so that its import fails at once.

    Gradio tries to import matplotlib twice for each event, and Python looks through every folder of
    its path each time.
    """
    if name not in sys.modules and find_spec(name) is None:
        sys.modules[name] = None  # type: ignore[assignment]


def _routes(router: Any) -> Iterator[Any]:
    """Every route, those of included routers as FastAPI resolves them."""
    for route in router.routes:
        inner = getattr(route, "effective_route_contexts", None)
        yield from inner() if inner else [route]


def _awaitable(check: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(check)
    async def checked(**values: Any) -> Any:
        return check(**values)

    return checked
