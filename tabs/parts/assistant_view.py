"""Draws a conversation with the assistant: messages, a card for every step, what planned them.

Whatever a person, a model or a tool has written is data: escaped, or Markdown without HTML and pictures.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.assistant import materials_of
from models.assistant_talk import Entry, Said, Step
from models.tool_arguments import Material
from models.tools import TOOLS
from tabs.parts.assistant_results import given_text, result_html
from tabs.parts.chat_view import said_html, tools_html
from tabs.parts.markup import empty, note
from tabs.parts.metrics import seconds

NOTHING = "The conversation appears here, with a card for every tool that is called."
_STATES = {
    "running": "running",
    "done": "done",
    "failed": "failed",
    "stopped": "stopped",
    "skipped": "not run",
}
#: Characters of an argument that a card shows before it is folded.
_SHOWN = 160


def talk_html(
    talk: Sequence[Entry],
    *,
    views: Mapping[str, str] | None = None,
    paths: Mapping[str, Path] | None = None,
    file: Material | None = None,
    growing: str = "",
) -> str:
    """The whole conversation.

    Args:
        talk: its entries.
        views: key of a step -> its result as it was drawn when it was made.
        paths: key of a step -> its file.
        file: what is attached to the last message.
        growing: the answer that is being written.
    """
    if not talk and not growing:
        return empty(NOTHING)
    materials = {one.name: one for one in materials_of(talk, file, paths)}
    drawn = [
        _said(entry, place, last=place == len(talk) - 1)
        if isinstance(entry, Said)
        else step_html(entry, materials, (views or {}).get(entry.key), (paths or {}).get(entry.key))
        for place, entry in enumerate(talk)
    ]  # fmt: skip
    if growing:
        drawn.append(_turn("assistant md-writing", "Assistant", said_html(growing)))
    return f'<div class="md-chat" role="log" aria-label="Conversation">{"".join(drawn)}</div>'


def _said(entry: Said, place: int, *, last: bool) -> str:
    if entry.role == "assistant":
        acts = ["undo"] if last else []
        body = said_html(entry.content) if entry.content else note("No answer.")
        return _turn("assistant", "Assistant", body + tools_html(acts, place, entry.content))
    name = f'<b translate="yes">Attached:</b> {html.escape(entry.file)}'
    attached = f'<p class="md-attached">{name}</p>' if entry.file else ""
    body = f'<div class="md-said md-plain" dir="auto">{html.escape(entry.content)}</div>{attached}'
    return _turn("user", "You", body + tools_html([], place, entry.content))


def _turn(kind: str, name: str, body: str) -> str:
    return f'<article class="md-turn md-{kind}"><h4>{name}</h4>{body}</article>'


def step_html(
    step: Step, materials: Mapping[str, Material], view: str | None = None, path: Path | None = None
) -> str:
    """The card of a step: tool, arguments, model, time, and what came of it."""
    title = TOOLS[step.tool].title if step.tool else "A call that can't be read"
    facts = [step.title, seconds(step.seconds) if step.seconds else "", _STATES[step.state]]
    line = " \u00b7 ".join(html.escape(fact) for fact in facts if fact)
    spinner = (
        '<span class="md-spinner" aria-hidden="true"></span>' if step.state == "running" else ""
    )
    known = dict(materials)
    if view is None:
        view = result_html(step, given_text(step, known), path or step.path)
    wrong = (
        ""
        if not step.error
        else (
            f'<p class="md-toolstep-error"><strong>{html.escape(step.error)}</strong> '
            f"{html.escape(step.hint)}</p>"
        )
    )
    heading = f"<h4>{step.number}. {html.escape(title)}</h4>"
    return (
        f'<article class="md-toolstep md-toolstep-{step.state}"><header>{heading}'
        f'<span class="md-toolstep-facts">{spinner}{line}</span></header>{arguments_html(step)}{wrong}'
        f'<div class="md-toolstep-result">{view}</div>{_tools(step)}</article>'
    )


def arguments_html(step: Step) -> str:
    """The name that a model calls and what it gave."""
    rows = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{_value(value)}</dd></div>"
        for name, value in step.arguments.items()
    )
    call = f'<code class="md-toolstep-call">{html.escape(step.tool)}</code>' if step.tool else ""
    return f'{call}<dl class="md-toolstep-given">{rows}</dl>'


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= _SHOWN:
        return f'<span dir="auto">{html.escape(text)}</span>'
    return (
        f'<details><summary dir="auto">{html.escape(text[:_SHOWN].rstrip())}\u2026</summary>'
        f'<div class="md-text" dir="auto" tabindex="0">{html.escape(text)}</div></details>'
    )


def _tools(step: Step) -> str:
    """Open the same input in the tool's own tab; copy the result."""
    if not step.tool or step.state == "running":
        return ""
    label = html.escape(TOOLS[step.tool].title)
    opened = (
        f'<button type="button" data-act="pick" data-turn="{step.number}" '
        f'title="Open {label} with this input">Open in tab</button>'
    )
    text = html.escape(step.text)
    copy = (
        f'<button type="button" data-copy="{text}" title="Copy the result">Copy</button>'
        if text
        else ""
    )
    return f'<div class="md-turn-tools">{opened}{copy}</div>'
