"""This app, had its page been left to gradio: all of its config, and gradio's own searches in it.

Takes the same command line as app.py.
"""

from __future__ import annotations

import sys

import gradio as gr
from starlette.types import ASGIApp, Receive, Scope, Send

import app
from models.command_line import parse
from models.service import make_service
from tabs.parts.look import SCRIPTS


class Untouched:
    """Middleware that does nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


if __name__ == "__main__":
    scripts = tuple(path for path in SCRIPTS if path.name != "events.js")
    without = {"Compressed": Untouched, "QuickLookups": Untouched}
    for name, plain in {"Page": gr.Blocks, "SCRIPTS": scripts, **without}.items():
        setattr(app, name, plain)
    service = make_service(parse(sys.argv[1:]))
    app.serve(app.build_app(service), service)
