"""This app as users start it, with more to measure by.

The endpoints ``/noop``, ``/load`` and ``/lags`` go the way of every other endpoint of the page.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

OWN = argparse.ArgumentParser(add_help=False)
OWN.add_argument("--earlier", type=int, default=0)
_options, _rest = OWN.parse_known_args(sys.argv[1:])
sys.argv[1:] = _rest

import app
from benchmarks.earlier_events import remember
from models.command_line import parse
from models.loop_lag import LoopLag
from models.service import make_service
from models.spec import Work
from tabs.parts.deck import Deck


@dataclass(frozen=True)
class Loaded:
    """The result of a run that only wants the model in memory."""

    work: Work = field(default_factory=lambda: Work(0, "models"))


def main() -> None:
    """Serves until it is ended."""
    import gradio as gr

    service = make_service(parse(sys.argv[1:]))
    page = app.build_app(service)

    async def noop(text: str) -> str:
        """Gives the text back."""
        return text

    async def load(task: str, model: str) -> float:
        """Seconds until the model was in memory."""
        done = await service.answer(task, model, lambda engine, stop: Loaded())
        return done.metrics.load_s

    probe, watches = LoopLag(), AsyncExitStack()
    begun = False

    async def lags() -> list[float]:
        """The event loop's lags in seconds since this was last asked; none the first time."""
        nonlocal begun
        if not begun:
            begun = True
            await watches.enter_async_context(probe.watching())
        found = probe.lags_s()
        probe.forget()
        return found

    with page:
        deck = Deck(service, gr.HTML())
        deck.endpoint(noop, "noop")
        deck.endpoint(load, "load")
        deck.endpoint(lags, "lags")
    app.serve(page, service, block=False)
    remember(page, _options.earlier)
    page.block_thread()


if __name__ == "__main__":
    main()
