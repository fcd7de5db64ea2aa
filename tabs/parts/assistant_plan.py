"""Draws how a request was planned: the router's choices, or what a chat model read and wrote. All is data."""

from __future__ import annotations

import html
from collections.abc import Sequence

from models.assistant import Turn
from models.assistant_loop import Exchange
from models.assistant_router import Choice
from models.assistant_talk import Step
from models.units import counted
from tabs.parts.assistant_view import arguments_html
from tabs.parts.chat_view import said_html
from tabs.parts.markup import note

#: What a conversation says at its end where it has no answer.
ENDS = {
    "steps": "Ended: that were as many steps as are allowed for one message.",
    "stopped": "Stopped. What was done stays.",
    "failed": "The planner could not go on.",
}
_ROUTER = (
    "No language model: each wish is compared with example requests, and the nearest ones win."
)


def facts_html(exchange: Exchange) -> str:
    """How the last request was planned: the router's choices, or what a chat model read and wrote."""
    parts = [ENDS[exchange.ended]] if exchange.ended in ENDS else []
    if exchange.error is not None:
        parts.append(str(exchange.error))
    ended = "".join(
        f'<p class="md-status md-alert" role="note">{html.escape(one)}</p>' for one in parts
    )
    turns = exchange.turns
    chosen = [choice for turn in turns for choice in turn.choices]
    return ended + (choices_html(chosen) if chosen else written_html(turns))


def choices_html(choices: Sequence[Choice]) -> str:
    """How the router read each wish."""
    rows = "".join(map(_choice_row, choices))
    if not rows:
        return ""
    return (
        '<section class="md-plan"><h4>How the router read it</h4>'
        f"{note(_ROUTER)}"
        '<div class="md-table" tabindex="0" role="region" aria-label="How the router read it"><table>'
        "<thead><tr><th>wish</th><th>nearest example</th><th>mean cosine of the two nearest</th></tr>"
        "</thead>"
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _choice_row(choice: Choice) -> str:
    scores = ", ".join(f"{name} {score:.2f}" for name, score in choice.scores)
    return (
        f'<tr><td dir="auto">{html.escape(choice.wish)}</td><td>{html.escape(choice.example)}</td>'
        f"<td>{html.escape(scores)}</td></tr>"
    )


def written_html(turns: Sequence[Turn]) -> str:
    """What a chat model read and wrote, turn by turn, tags and thoughts included."""
    drawn = "".join(
        f'<details class="md-read"><summary>Turn {number}: what the model wrote '
        f"({counted(turn.tokens, 'token')})</summary>"
        '<div class="md-text md-rendered" dir="auto" tabindex="0">'
        f"{html.escape(turn.written)}</div></details>"
        for number, turn in enumerate(turns, start=1)
        if turn.written
    )
    if not drawn:
        return ""
    read = html.escape(turns[-1].read)
    return (
        f'<section class="md-plan"><h4>How the model planned it</h4>{drawn}<details class="md-read">'
        "<summary>What the model read before its last turn</summary>"
        f'<div class="md-text md-rendered" dir="auto" tabindex="0">{read}</div></details></section>'
    )


def turn_html(turn: Turn) -> str:
    """The first turn of one side of a comparison: its calls, which are not run."""
    calls = "".join(
        f'<li><code class="md-toolstep-call">{html.escape(call.name)}</code>'
        f"{arguments_html(Step(0, '', call.arguments))}</li>"
        for call in turn.calls
    )
    said = said_html(turn.said) if turn.said else ""
    problem = note(turn.problem) if turn.problem else ""
    nothing = note("No tool is called.") if not calls else ""
    plan = choices_html(turn.choices) if turn.choices else written_html([turn])
    return f'<ol class="md-calls">{calls}</ol>{nothing}{said}{problem}{plan}'
