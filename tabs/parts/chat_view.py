"""Draws a conversation: turns with what can be done to each, the answer being written, a text gone on with.

What a person or a model says is data. Answers are often Markdown: that is drawn by a parser that knows no
HTML and no pictures, so that a page never loads what a model names. ``assets/js/chat.js`` has the clicks.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from models.conversation import Message
from tabs.parts.markup import empty

NOTHING = "The conversation appears here. Write a message, or choose an example."
_NAMES = {"system": "System", "user": "You", "assistant": "Model"}
_THOUGHT = re.compile(r"\s*<think>(.*?)(?:</think>\s*|$)", re.DOTALL)
#: Characters of a message that are drawn as Markdown; a longer one is drawn as it is.
MARKDOWN = 40_000


def transcript_html(messages: Sequence[Message], *, editing: int | None = None) -> str:
    """Every turn but the system's, each with its tools.

    Args:
        messages: the conversation; its last message may be an answer.
        editing: the message that is being edited: it and what follows is marked.
    """
    turns = [
        _turn(place, message, last=place == len(messages) - 1, stale=_after(place, editing))
        for place, message in enumerate(messages)
        if message["role"] != "system"
    ]
    if not turns:
        return empty(NOTHING)
    note = "" if editing is None else _EDITING
    return f'<div class="md-chat" role="log" aria-label="Conversation">{"".join(turns)}</div>{note}'


_EDITING = (
    '<p class="md-note md-editing" role="status">The marked messages will be replaced when you send the '
    'edited one. <button type="button" data-act="keep">Keep them</button></p>'
)


def _after(place: int, editing: int | None) -> bool:
    return editing is not None and place >= editing


def _turn(place: int, message: Message, *, last: bool, stale: bool) -> str:
    role, text = message["role"], message["content"]
    acts = ["edit"] if role == "user" else ["retry", "goon", "undo"] if last else []
    body = said_html(text) if role == "assistant" else _plain(text)
    old = " md-stale" if stale else ""
    return (
        f'<article class="md-turn md-{role}{old}"><h4>{_NAMES[role]}</h4>{body}'
        f"{tools_html(acts, place, text)}</article>"
    )


_ACTS = {
    "edit": ("Edit", "Edit this message and go on from there"),
    "retry": ("Try again", "Write another answer in place of this one"),
    "goon": ("Go on", "Go on with this answer where it ended"),
    "undo": ("Take back", "Take the last message and its answer back"),
}


def tools_html(acts: Sequence[str], place: int, text: str, piece: str = "") -> str:
    """The buttons of a turn; the text to copy stands in the button that does it.

    Args:
        acts: keys of ``_ACTS``.
        place: of the message in the conversation.
        text: what is copied.
        piece: what the acts take along.
    """
    along = f' data-piece="{html.escape(piece)}"' if piece else ""
    buttons = "".join(
        f'<button type="button" data-act="{act}" data-turn="{place}"{along} title="{_ACTS[act][1]}">'
        f"{_ACTS[act][0]}</button>"
        for act in acts
    )
    copy = (
        f'<button type="button" data-copy="{html.escape(text)}" title="Copy the text">Copy</button>'
    )
    return f'<div class="md-turn-tools">{buttons}{copy}</div>'


def writing_html(text: str) -> str:
    """The answer that is being written."""
    return (
        '<article class="md-turn md-assistant md-writing" aria-live="off">'
        f"<h4>{_NAMES['assistant']}</h4>{said_html(text)}</article>"
    )


def continued_html(given: str, written: str, *, done: bool) -> str:
    """A text that a model went on with: what was given, then what it wrote."""
    tools = tools_html(["goon"], 0, given + written, given + written) if done else ""
    return (
        '<article class="md-turn md-continued"><div class="md-text" dir="auto" tabindex="0">'
        f"{html.escape(given)}<mark>{html.escape(written)}</mark></div>{tools}</article>"
    )


def said_html(text: str) -> str:
    """An answer: its thoughts folded, the rest as Markdown without HTML and pictures."""
    thought = _THOUGHT.match(text)
    rest = text[thought.end() :] if thought else text
    folded = ""
    if thought:
        folded = (
            '<details class="md-thought"><summary>What the model thought first</summary>'
            f"{_plain(thought[1].strip())}</details>"
        )
    if len(rest) > MARKDOWN:
        return folded + _plain(rest)
    return f'{folded}<div class="md-said" dir="auto">{_markdown().render(rest)}</div>'


def _plain(text: str) -> str:
    return f'<div class="md-said md-plain" dir="auto">{html.escape(text)}</div>'


@cache
def _markdown() -> MarkdownIt:
    """Markdown with tables; HTML stays text, pictures become links, a line break is one."""
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable("table").disable("image").add_render_rule("link_open", _link)
    return parser


def _link(renderer: Any, tokens: Sequence[Token], at: int, options: Any, environment: Any) -> str:
    """The opening of a link, which leads away from the page and tells nobody where from."""
    tokens[at].attrSet("target", "_blank")
    tokens[at].attrSet("rel", "noopener noreferrer nofollow")
    return str(renderer.renderToken(tokens, at, options, environment))
