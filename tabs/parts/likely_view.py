"""Draws what a text cost and how likely it was: the window, each token with its rivals, what was read.

The rivals of all tokens go along as JSON in an attribute; ``assets/js/chat.js`` shows those of the token
that is pointed at or chosen with the arrow keys, as text.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence

from models.generated_text import ENDS, Generation, Prompt, Step
from models.units import counted
from tabs.parts.markup import Ours, bars, figures, note
from tabs.parts.metrics import number
from tabs.parts.token_chat import marked
from tabs.parts.token_view import chips_html, visible

#: Tokens of a text that are drawn with their rivals; tokens of the prompt that are drawn.
DRAWN, READ = 800, 600
#: Characters of what was read that are drawn.
SHOWN = 20_000


def running_html(result: Generation) -> str:
    """While it is being written: how full the window is."""
    return meter_html(result)


def facts_html(result: Generation) -> str:
    """Everything about a text that has ended."""
    lines = "".join(f'<p class="md-note md-lost">{html.escape(s)}</p>' for s in remarks(result))
    return (
        f"{_figures(result)}{meter_html(result)}{lines}{_recommended(result)}{likely_html(result)}"
        f"{read_html(result.prompt)}"
    )


def _recommended(result: Generation) -> str:
    """The sampler that the model's makers ship with it, as a sentence."""
    named = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in result.recommended)
    return note(f"Its makers recommend {named}.") if named else ""


def _figures(result: Generation) -> str:
    pairs = [("tokens written", f"{result.tokens:,}"), ("ended because", _ended(result))]
    if result.seed is not None:
        pairs.append(("seed", str(result.seed)))
    if result.perplexity:
        pairs.append(("perplexity", number(result.perplexity)))
    return figures(pairs)


def _ended(result: Generation) -> str:
    return ENDS.get(result.ended, "it was stopped")


def meter_html(result: Generation) -> str:
    """How much of the model's window prompt and text fill."""
    used = result.prompt.count + result.tokens
    share = bars(
        [(Ours("window filled"), used / result.window)], label="share of the model's window in use"
    )
    return share + note(
        f"{used:,} of {result.window:,} tokens: {result.prompt.count:,} read, {result.tokens:,} "
        f"written, at most {result.limit:,} this time."
    )


def remarks(result: Generation) -> list[str]:
    """What a person should know, as sentences."""
    found = list(result.prompt.remarks)
    if result.dropped:
        noun = "message was" if result.dropped == 1 else "messages were"
        found.append(f"The oldest {result.dropped} {noun} left out: the window is full.")
    if result.ended == "window":
        found.append("The window is full: begin a new conversation, or leave old messages out.")
    if result.ended == "limit":
        found.append("It reached the longest answer: 'Go on' writes more.")
    if result.ended == "loop":
        found.append("It repeated itself; a higher temperature or a repetition penalty helps.")
    return found


def likely_html(result: Generation) -> str:
    """The text as tokens, tinted by how unlikely each one was, with the rivals of each."""
    steps = [*result.steps, *([result.end] if result.end else [])]
    if not steps:
        return ""
    drawn = steps[:DRAWN]
    left = len(steps) - len(drawn)
    rest = note(f"{counted(left, 'more token')}, not drawn.") if left else ""
    data = html.escape(json.dumps(rivals_of(drawn), ensure_ascii=False, separators=(",", ":")))
    tokens = "".join(_token(place, step) for place, step in enumerate(drawn))
    return (
        '<section class="md-likely"><h4>How likely each token was</h4>'
        f'<p class="md-likely-key">{_KEY}</p>'
        f'<div class="md-likely-text" dir="auto" tabindex="0" role="group" '
        f'aria-label="Tokens of the answer" data-steps="{data}">{tokens}</div>{rest}'
        '<div class="md-likely-detail" role="status"><p class="md-note">Point at a token, tap it, or step '
        "through them with the arrow keys, to see what else might have come.</p></div></section>"
    )


_KEY = (
    '<span class="md-tok" style="--p:1">certain</span> <span class="md-tok" style="--p:.5">50 %</span> '
    '<span class="md-tok" style="--p:0">unlikely</span> '
    '<span class="md-tok md-drawn-lot" style="--p:1">not the likeliest</span>'
)


def rivals_of(steps: Sequence[Step]) -> list[list[object]]:
    """For the page: for each token its rank, and each rival's piece, id, probabilities, and if it came."""
    return [
        [
            step.rank,
            [
                [one.piece, one.id, _short(one.before), _short(one.after), int(one == step.chosen)]
                for one in step.others
            ],
        ]
        for step in steps
    ]


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def _token(place: int, step: Step) -> str:
    lot = " md-drawn-lot" if step.rank > 1 else ""
    piece = step.chosen.piece
    shown = html.escape(piece) if piece.strip(" ") and piece.isprintable() else _glyphs(piece)
    return (
        f'<span class="md-tok{lot}" data-t="{place}" style="--p:{_short(step.chosen.before)}">{shown}'
        "</span>"
    )


def _glyphs(piece: str) -> str:
    """A piece of blanks, line ends or single bytes, so that it can be seen; a line ends after it."""
    return visible(piece, partial="\\x" in piece) + "\n" * piece.count("\n")


def read_html(prompt: Prompt) -> str:
    """The string and the tokens that the model really read, folded."""
    text = prompt.text
    rest = (
        note(f"{counted(len(text) - SHOWN, 'more character')}, not drawn.")
        if len(text) > SHOWN
        else ""
    )
    tokens = prompt.tokens[:READ]
    left = prompt.count - len(tokens)
    more = note(f"{counted(left, 'more token')}, not drawn.") if left > 0 else ""
    return (
        '<details class="md-read md-tokenizer"><summary>What the model really read</summary>'
        f'<pre class="md-rendered" tabindex="0">{marked(text[:SHOWN], tokens)}</pre>{rest}'
        f"{chips_html(tokens)}{more}</details>"
    )
