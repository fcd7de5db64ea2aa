"""What may come next: the model's probabilities, what the sampler makes of them, and temperature at work.

A click on a token puts it at the end of the text and looks again: generation by hand.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from models.generated_text import Alternative
from models.next_token import SHARE, Outlook, Warmth
from models.runs import Verb
from tabs.parts.deck import Deck
from tabs.parts.events import AT_ONCE
from tabs.parts.markup import empty, note
from tabs.parts.run import Job, Live, run_bar, wire
from tabs.parts.token_view import visible

#: Hint under the field.
_HINT = (
    "Reads the text as it stands now, with what is in the message field, and stops before the next token. "
    "Choose a token to put it at the end of the answer."
)


def next_token_view(
    deck: Deck,
    capability: str,
    verb_of: Callable[..., Verb[Outlook]],
    model: Component,
    inputs: Sequence[Component],
    bending: Sequence[gr.Slider],
) -> None:
    """Adds the closed accordion "What may come next" at this place of the page.

    Args:
        deck: the page.
        capability: whose engines look.
        verb_of: called as ``verb_of(begun, *values)``; may raise ``AppError``.
        model: the tab's picker.
        inputs: components whose values ``verb_of`` is given.
        bending: settings after whose change it looks again.
    """
    with gr.Accordion("What may come next", open=False, elem_classes=["md-later", "md-next"]):
        gr.HTML(note(_HINT))
        begun = gr.Textbox(
            label="The answer so far", lines=1, max_lines=6, placeholder="Nothing yet"
        )
        follow = gr.Checkbox(True, label="Look again when a setting changes")
        bar = run_bar("Look")
        view = gr.HTML(
            empty("The likeliest next tokens appear here."),
            js_on_load="modeldeck.turns(element, trigger)",
        )

    def job(model: str, begun: str | None, *values: Any) -> Job:
        return Job(model, verb_of(begun or "", *values), outlook_html)

    def pick(begun: str | None, event: gr.EventData) -> str:
        return f"{begun or ''}{event.piece}"

    picked = view.select(pick, begun, begun, **AT_ONCE)

    def changed(call: Any, given: Any, filled: Any, **more: Any) -> None:
        gr.on([part.release for part in bending], call, given, filled, **more)

    # what the run while somebody types asks of its first input is that it is not empty
    wire(
        deck, capability, bar, job, [model, begun, *inputs], [view], also=[begun.submit],
        link=False, after=[picked], key=f"next:{capability}", live=Live(changed, follow, [""]),
    )  # fmt: skip


def outlook_html(result: Outlook) -> str:
    """The likeliest tokens before and after the sampler, then the same at several temperatures."""
    rows = "".join(map(_row, result.alternatives))
    head = "<tr><th>next token</th><th>model</th><th>after the sampler</th></tr>"
    return (
        f'<div class="md-table"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
        f"{temperatures_html(result.warmths)}"
    )


def _row(one: Alternative) -> str:
    piece = visible(one.piece, partial="\\x" in one.piece)
    name = f"<span>{piece}</span>"
    if "\\x" not in one.piece:  # half a character can't be put at the end of a text
        name = (
            f'<button type="button" data-act="pick" data-piece="{html.escape(one.piece)}" '
            f'title="Put it at the end; id {one.id}">{piece}</button>'
        )
    return f'<tr><th scope="row">{name}</th>{_share(one.before)}{_share(one.after)}</tr>'


def _share(value: float) -> str:
    shown = "0 %" if value == 0 else "&lt; 0.1 %" if value < 0.0005 else f"{value:.1%}"
    return f'<td class="md-share" style="--share:{value:.4f}">{shown}</td>'


def temperatures_html(warmths: Sequence[Warmth]) -> str:
    """A column for each temperature: how probability spreads as it rises."""
    heads = "".join(f"<th>{warmth.temperature:g}</th>" for warmth in warmths)
    names = [piece for piece, _ in warmths[0].shares]
    rows = "".join(
        f'<tr><th scope="row">{visible(name, partial=chr(92) + "x" in name)}</th>'
        + "".join(_share(warmth.shares[at][1]) for warmth in warmths)
        + "</tr>"
        for at, name in enumerate(names)
    )
    bits = "".join(f"<td>{warmth.entropy:.1f} bits</td>" for warmth in warmths)
    counts = "".join(f"<td>{warmth.nucleus:,}</td>" for warmth in warmths)
    return (
        '<h4>The same at other temperatures</h4><div class="md-table" tabindex="0"><table><thead>'
        f"<tr><th>temperature</th>{heads}</tr></thead><tbody>{rows}"
        f'<tr><th scope="row" translate="yes">openness</th>{bits}</tr>'
        f'<tr><th scope="row" translate="yes">tokens for {SHARE:.0%}</th>{counts}</tr></tbody></table></div>'
        f"{note('By temperature alone, without top-k, top-p, min-p and penalty.')}"
    )
