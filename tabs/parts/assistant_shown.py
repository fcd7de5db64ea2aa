"""What of a conversation with the assistant is shown: while it goes on, at its end, and brought back.

Results are kept for the session as they were drawn, with their files, under keys drawn by lot: what a
link brings back has other keys, and is shown as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from models.assistant import materials_of
from models.assistant_loop import Exchange
from models.assistant_talk import Said, Talk, read, written
from models.errors import AppError
from models.tool_arguments import Material
from tabs.parts.assistant_plan import facts_html
from tabs.parts.assistant_results import given_text, result_html
from tabs.parts.assistant_view import talk_html
from tabs.parts.deck import Deck
from tabs.parts.errors import alert
from tabs.parts.events import AT_ONCE

#: How long results stay at hand in the session, in seconds, and how many of them.
LIFE_S, KEPT = 3600, 100


@dataclass(frozen=True)
class Kept:
    """What a step has given, for this session: as it was drawn, and its file where it is one."""

    view: str
    path: Path | None


def views_of(kept: Mapping[str, Kept]) -> dict[str, str]:
    """Key of a step -> its result as it was drawn."""
    return {key: one.view for key, one in kept.items()}


def paths_of(kept: Mapping[str, Kept]) -> dict[str, Path]:
    """Key of a step -> its file."""
    return {key: one.path for key, one in kept.items() if one.path is not None}


@dataclass
class Showing:
    """How the exchange of one message is shown.

    Attributes:
        file: what is attached to the message.
        kept: results of the conversation so far.
        transcript: in whose part of gradio's cache files lie.
    """

    file: Material | None
    kept: dict[str, Kept]
    transcript: gr.HTML

    def growing(self, exchange: Exchange) -> list[Any]:
        """Message, conversation, transcript, facts, answer, results: while it goes on."""
        said = exchange.turn.said if exchange.turn and not exchange.turn.calls else ""
        drawn = talk_html(
            exchange.talk, views=views_of(self.kept), file=self.file,
            paths=paths_of(self.kept), growing=said,
        )  # fmt: skip
        return ["", gr.skip(), drawn, facts_html(exchange), gr.skip(), gr.skip()]

    def final(self, exchange: Exchange) -> list[Any]:
        """The same at the end."""
        kept = dict([*self.kept.items(), *self._made(exchange).items()][-KEPT:])
        drawn = talk_html(
            exchange.talk, views=views_of(kept), file=self.file,
            paths=paths_of(kept),
        )  # fmt: skip
        return ["", written(exchange.talk), drawn, facts_html(exchange), exchange.answer, kept]

    def _made(self, exchange: Exchange) -> dict[str, Kept]:
        """The results of this message's steps as they are drawn."""
        materials = {
            one.name: one for one in materials_of(exchange.talk, self.file, paths_of(self.kept))
        }
        found = {}
        for step in exchange.since:
            if isinstance(step, Said):
                continue
            if step.path is not None:
                self.transcript.temp_files.add(str(step.path))
            found[step.key] = Kept(
                result_html(step, given_text(step, materials), step.path), step.path
            )
        return found


def connect_turns(
    deck: Deck, message: gr.Textbox, talk: gr.Textbox, transcript: gr.HTML, kept: gr.State
) -> None:
    """What the buttons of the conversation do, and how it is drawn when a link has brought it."""

    def undo(talk: str, kept: dict[str, Kept]) -> list[Any]:
        entries = read(talk)
        asked = [i for i, one in enumerate(entries) if isinstance(one, Said) and one.role == "user"]
        if not asked:
            return [gr.skip()] * 3
        left, last = entries[: asked[-1]], entries[asked[-1]]
        text = last.content if isinstance(last, Said) else ""
        return [text, written(left), _drawn(left, kept)]

    def redraw(talk: str, kept: dict[str, Kept]) -> Any:
        if not talk:
            return gr.skip()
        try:
            return _drawn(read(talk), kept)
        except AppError as error:  # a link is anybody's
            return alert(error)

    transcript.undo(undo, [talk, kept], [message, talk, transcript], **AT_ONCE)
    deck.after_link(redraw, [talk, kept], [transcript])


def _drawn(entries: Talk, kept: dict[str, Kept]) -> str:
    return talk_html(
        entries, views=views_of(kept), paths=paths_of(kept),
    )  # fmt: skip
