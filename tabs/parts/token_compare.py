"""Tokenizers side by side on the same text, and on the same sentence in ten languages."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from models.errors import InputError
from models.runs import Metrics, Snapshot
from models.stop import PartToken, StopToken
from models.tokenizer_costs import MOST, SENTENCES, Cost, check_models, measure, relative_costs
from tabs.parts.deck import Deck
from tabs.parts.errors import alert, as_app_error
from tabs.parts.markup import empty, note
from tabs.parts.metrics import status
from tabs.parts.picker import choice
from tabs.parts.run import header_html, run_bar, session_of
from tabs.parts.token_view import chips_html

NAME = "tokenizer"
#: Tokens of each tokenizer that are drawn.
DRAWN = 600
_KEY = "compare:tokenizer"


@dataclass(frozen=True)
class Side:
    """One tokenizer's answer, or why there is none.

    Attributes:
        title: of the model.
        cost: what was measured, or None.
        failure: an alert as HTML; empty when it worked.
    """

    title: str
    cost: Cost | None = None
    failure: str = ""


def compare_view(deck: Deck) -> None:
    """Adds the view at this place of the page."""
    cards = deck.cards(NAME)
    with gr.Row():
        with gr.Column():
            text = gr.Textbox(
                label="Text", lines=5, max_lines=16, placeholder="Write or paste a text.",
                value="Tokenizers differ: 1,234,567 caf\u00e9s, \u5716\u66f8\u9928, def f(x): return x**2",
            )  # fmt: skip
            models = gr.Dropdown(
                [(choice(card), card.id) for card in cards],
                value=[card.id for card in cards[:3]],
                multiselect=True, max_choices=MOST, allow_custom_value=True,
                label="Tokenizers", info="Choose two to four, or type any Hub id as org/name.",
            )  # fmt: skip
            bar = run_bar("Compare")
        with gr.Column():
            shown = gr.HTML(empty("The tokenizers appear here side by side."))
    with gr.Column():
        languages = gr.HTML("")

    async def run(request: gr.Request, text: str, models: list[str]) -> AsyncIterator[list[Any]]:
        session, sides = session_of(request), list[Side]()
        stop = deck.start(session, _KEY)
        yield [gr.update(interactive=False), gr.update(interactive=True), "", *[gr.skip()] * 3]
        line = ""
        try:
            _check_text(text)
            for model in check_models(models or []):
                async for line in _followed(deck, text, model, stop, sides):
                    yield [gr.skip(), gr.skip(), line, *[gr.skip()] * 3]
            line = _summary(sides)
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            line = alert(as_app_error(error))
        finally:
            stop.set()
            deck.finish(session, _KEY, stop)
        page = comparison_html(sides) if sides else (gr.skip(), gr.skip())
        bar_ready = gr.update(interactive=True), gr.update(interactive=False)
        yield [*bar_ready, line, header_html(deck), *page]

    gr.on(
        [bar.run.click], run, [text, models],
        [bar.run, bar.stop, bar.status, deck.header, shown, languages],
        api_visibility="private", show_progress="hidden", concurrency_limit=None,
        trigger_mode="once",
    )  # fmt: skip

    def halt(request: gr.Request) -> None:
        deck.stop(session_of(request), _KEY)

    bar.stop.click(halt, None, None, queue=False, api_visibility="private", show_progress="hidden")


async def _followed(
    deck: Deck, text: str, model: str, stop: StopToken, sides: list[Side]
) -> AsyncIterator[str]:
    """Runs one tokenizer, yields status lines, and adds its side at the end. Errors stay in it."""
    if stop.is_set:
        return
    found = Side(model)
    try:
        title = deck.card(NAME, model).title
        updates = deck.service.stream(
            NAME, model, lambda engine, stop: measure(engine, text), PartToken(stop)
        )
        async for update in updates:
            yield status(update)
            if isinstance(update, Snapshot) and update.final:
                found = Side(title, update.value)
    except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
        found = Side(model, failure=alert(as_app_error(error)))
    sides.append(found)


async def compared(deck: Deck, text: str, models: Sequence[str]) -> dict[str, Any]:
    """The answer of ``/tokenizer_compare``; see there."""
    chosen = check_models(models or [card.id for card in deck.cards(NAME)[:3]])
    found = [
        await deck.answer(NAME, model, lambda engine, stop: measure(engine, text))
        for model in chosen
    ]
    shares = relative_costs([one.value for one in found])
    rows = [_row(one.value, one.metrics, share) for one, share in zip(found, shares, strict=True)]
    return {"tokenizers": rows, "sentences": dict(SENTENCES)}


def comparison_html(sides: Sequence[Side]) -> tuple[str, str]:
    """The costs of the text with its tokens, and the table of languages."""
    done = [side for side in sides if side.cost is not None]
    failed = "".join(
        f'<h4 class="md-side-title">{html.escape(side.title)}</h4>{side.failure}'
        for side in sides
        if side.cost is None
    )
    if not done:
        return failed, ""
    return costs_html(done) + "".join(map(_tokens, done)) + failed, languages_html(done)


def costs_html(sides: Sequence[Side]) -> str:
    """One row a tokenizer: tokens, characters and bytes per token, relative cost, vocabulary."""
    shares = relative_costs([side.cost for side in sides if side.cost])
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(side.title)}</th>"
        f"<td>{len(r.tokens):,}{_unknown(r.unknown)}</td><td>{r.characters_per_token:.2f}</td>"
        f"<td>{r.bytes_per_token:.2f}</td>"
        f'<td><span class="md-share" style="--share:{share / max(shares):.3f}">'
        f"{share:.2f}\u00d7</span></td><td>{r.vocabulary:,}</td></tr>"
        for side, share in zip(sides, shares, strict=True)
        if side.cost and (r := side.cost.result)
    )
    heads = ("tokenizer", "tokens", "characters each", "bytes each", "relative cost", "vocabulary")
    return _grid(heads, rows, "Cost of the text")


def languages_html(sides: Sequence[Side]) -> str:
    """Tokens of the sentence in each language, by tokenizer, with their proportion to English."""
    most = max(one.against_first for side in sides if side.cost for one in side.cost.languages)
    rows = "".join(
        f"<tr><th scope='row'>{name}<small>{html.escape(sentence)}</small></th>"
        + "".join(_fertility(side.cost, index, most) for side in sides if side.cost)
        + "</tr>"
        for index, (name, sentence) in enumerate(SENTENCES.items())
    )
    heads = ("The same sentence", *(side.title for side in sides))
    why = note(
        "Tokens, and how many times as many as English takes with the same tokenizer. A language "
        "that takes twice the tokens fills the context twice as fast and costs twice as much."
    )
    return f'<h3 class="md-side-title">Ten languages</h3>{why}{_grid(heads, rows, "Languages")}'


def _fertility(cost: Cost, index: int, most: float) -> str:
    found = cost.languages[index]
    level = (found.against_first - 1) / max(most - 1, 1)
    return (
        f'<td class="md-heat" style="--share:{max(0.0, min(1.0, level)):.3f}">{found.tokens}'
        f"<small>{found.against_first:.1f}\u00d7</small>{_unknown(found.unknown)}</td>"
    )


def _unknown(count: int) -> str:
    return f' <small class="md-lost">{count:,} unknown</small>' if count else ""


def _tokens(side: Side) -> str:
    if side.cost is None:
        return ""
    tokens = side.cost.result.tokens
    left = len(tokens) - DRAWN
    rest = note(f"{left:,} more tokens are not drawn.") if left > 0 else ""
    return (
        f'<h4 class="md-side-title">{html.escape(side.title)}</h4>'
        f'<div class="md-token-view">{chips_html(tokens[:DRAWN], ids=False)}</div>{rest}'
    )


def _grid(heads: Sequence[str], rows: str, label: str) -> str:
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in heads)
    return (
        f'<div class="md-token-grid" tabindex="0" role="region" aria-label="{label}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(cost: Cost, metrics: Metrics, share: float) -> dict[str, Any]:
    result = cost.result
    return {
        "model": metrics.model,
        "tokens": len(result.tokens),
        "unknown": result.unknown,
        "vocabulary": result.vocabulary,
        "characters_per_token": round(result.characters_per_token, 3),
        "bytes_per_token": round(result.bytes_per_token, 3),
        "relative_cost": round(share, 3),
        "languages": {one.language: one.tokens for one in cost.languages},
    }


def _summary(sides: Sequence[Side]) -> str:
    done = sum(side.cost is not None for side in sides)
    text = f"{done} of {len(sides)} tokenizers compared; special tokens are not counted"
    return f'<div class="md-status md-done" role="status"><span class="md-chip">{text}</span></div>'


def _check_text(text: str) -> None:
    if not text:
        raise InputError("There is no text.", hint="Write or paste some.")
