"""What gradio does for each event and need not: a thread for a comparison, a search for a library.

Both are undone from outside, without a change to gradio's code. Where a later gradio no longer does
them nothing is undone, and a test tells.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from importlib.util import find_spec
from typing import Any

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
