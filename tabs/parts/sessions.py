"""What the server keeps of each visitor between two events: little, and not for ever.

Gradio describes every component of the page anew at a visitor's first event and keeps what each event
reads and shows, all for its deep links, which this app does not offer (``tabs.parts.links`` does without).
For a page of this size that took the event loop a tenth of a second a visitor and two megabytes, and every
text that was ever read or shown last. And it keeps its last ten thousand visitors, gone or not.

All is undone from outside, without a change to gradio's code, and tests tell when a gradio does otherwise.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState, StateHolder
from starlette.types import ASGIApp, Receive, Scope, Send

#: Where browsers and gradio's client keep a connection open for as long as they are there.
HEARTBEAT = "/heartbeat/"
#: How long after its last event a visitor who left is remembered: gradio's own time for values of theirs.
LEFT = timedelta(hours=1)
#: The same for one who never had a page or client open, only bare requests, most of which come once.
PASSING = timedelta(minutes=5)


class Session(SessionState):
    """A visitor's state: values, and components that differ from the page; no description of any."""

    def __init__(self, blocks: Any) -> None:
        undescribed = SimpleNamespace(default_config=blocks.default_config, blocks={})
        super().__init__(undescribed)  # type: ignore[arg-type]
        own, every = self.blocks_config, blocks.default_config
        own.blocks = ChainMap({}, every.blocks)  # type: ignore[assignment]
        own.fns = every.fns  # only pages with gr.render change them, and this one has none

    def __setitem__(self, key: int, value: Any) -> None:
        if isinstance(self.blocks_config.blocks.get(key), gr.State):
            super().__setitem__(key, value)
            self.config_values.clear()
        else:
            self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        """Describes no component that an event changed."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Keeps no text, table or file that an event read or showed."""


class Sessions(StateHolder):
    """The states of all visitors who are there, and for a while of those who were.

    Args:
        page: what they visit.
    """

    def __init__(self, page: gr.Blocks) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._here: Counter[str] = Counter()
        self._had_page: set[str] = set()
        self.set_blocks(page)

    def __getitem__(self, session_id: str) -> SessionState:
        with self.lock:
            if session_id not in self.session_data:
                self.session_data[session_id] = Session(self.blocks)
            self.session_data.move_to_end(session_id)
            self.time_last_used[session_id] = datetime.now()
            while len(self.session_data) > self.capacity:
                self._drop(next(iter(self.session_data)))
            return self.session_data[session_id]

    def came(self, session_id: str) -> None:
        """Somebody keeps a page or a client open."""
        self._here[session_id] += 1
        self._had_page.add(session_id)

    def went(self, session_id: str) -> None:
        """And closed it. A page that reconnects comes before it goes."""
        self._here[session_id] -= 1
        if self._here[session_id] <= 0:
            del self._here[session_id]
            if session_id not in self.session_data:
                self._had_page.discard(session_id)

    def delete_all_expired_state(self) -> None:
        """Gradio calls this every second: values whose time is over go, and visitors who are gone."""
        super().delete_all_expired_state()  # type: ignore[no-untyped-call]
        self.forget(datetime.now())

    def forget(self, now: datetime) -> None:
        """Drops who is not here and was long enough idle by ``now``, a time as gradio notes it."""
        with self.lock:
            for session_id in list(self.session_data):  # the longest idle first
                idle = now - self.time_last_used.get(session_id, now)
                if idle < PASSING:
                    break
                had_page = session_id in self._had_page
                if session_id not in self._here and (idle >= LEFT or not had_page):
                    self._drop(session_id)

    def _drop(self, session_id: str) -> None:
        """Forgets a visitor whole, with the letter box of answers; values that must be told so are told."""
        self.delete_state(session_id)
        line = self.blocks._queue
        if not line.pending_event_ids_session.get(session_id):
            line.pending_event_ids_session.pop(session_id, None)
            line.pending_messages_per_session.pop(session_id, None)
        del self.session_data[session_id]
        self.time_last_used.pop(session_id, None)
        self._had_page.discard(session_id)


class Present:
    """Tells ``Sessions`` of every connection that a page or a client keeps open."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        _, found, session_id = scope.get("path", "").partition(HEARTBEAT)
        sessions = getattr(scope.get("app"), "state_holder", None)
        if not found or scope["type"] != "http" or not isinstance(sessions, Sessions):
            await self._app(scope, receive, send)
            return
        sessions.came(session_id)
        try:
            await self._app(scope, receive, send)
        finally:
            sessions.went(session_id)


def keep_light_sessions(page: gr.Blocks) -> None:
    """Lets a page keep ``Sessions`` instead of gradio's own.

    Args:
        page: launched, before its first visitor.
    """
    page.app.state_holder = Sessions(page)
