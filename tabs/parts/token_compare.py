"""Tokenizers side by side on the same text, and on the same sentence in ten languages."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import gradio as gr

from models.errors import InputError
from models.runs import Metrics
from models.snippets import source_of
from models.tokenizer_costs import MOST, SENTENCES, Cost, check_models, measure, relative_costs
from models.units import counted
from tabs.parts.choices import choosing, rows
from tabs.parts.code_view import code_view
from tabs.parts.deck import Deck, Place
from tabs.parts.links import link_button
from tabs.parts.markup import empty, note
from tabs.parts.picker import suggest_while_typing
from tabs.parts.run import run_bar
from tabs.parts.several import Errand, Side, wire_several
from tabs.parts.token_view import chips_html

NAME = "tokenizer"
_HOW_MANY = "Two to four. "
#: Tokens of each tokenizer that are drawn.
DRAWN = 600


def compare_view(deck: Deck, place: Place) -> None:
    """Adds the view at this place of the page."""
    cards = deck.cards(NAME)
    with gr.Row():
        with gr.Column():
            text = gr.Textbox(
                label="Text", lines=5, max_lines=16, placeholder="Write or paste a text.",
                value="Tokenizers differ: 1,234,567 caf\u00e9s, \u5716\u66f8\u9928, def f(x): return x**2",
            )  # fmt: skip
            models = gr.Dropdown(
                rows(deck, NAME),
                value=[card.id for card in cards[:3]],
                multiselect=True, max_choices=MOST, allow_custom_value=not deck.locked,
                label="Tokenizers", info=_HOW_MANY + choosing(deck),
            )  # fmt: skip
            suggest_while_typing(deck, NAME, models, hint=_HOW_MANY)
            bar = run_bar("Compare")
        with gr.Column():
            shown = gr.HTML(empty("The tokenizers appear here side by side."))
    with gr.Column():
        languages = gr.HTML("")

    def errand(text: str, models: list[str]) -> Errand:
        if not text:
            raise InputError("There is no text.", hint="Write or paste some.")
        return Errand(
            check_models(models or []), lambda engine, stop: measure(engine, text), comparison_html
        )

    wire_several(deck, NAME, "compare:tokenizer", bar, errand, [text, models], [shown, languages])

    def settings_of(given: dict[str, Any]) -> dict[str, Any]:
        chosen = check_models(given["models"] or [])
        found = [source_of(deck.card(NAME, model), deck.service, model) for model in chosen]
        return {**given, "models": [(one.checkpoint, one.revision or None) for one in found]}

    with bar.tools:
        link_button(deck, "tokenizer_several", {"text": text, "models": models}, place)
    code_view(deck, NAME, bar, {"text": text, "models": models}, gr.State(cards[0].id), settings_of)


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
    done = [side for side in sides if side.value is not None]
    return costs_html(done) + "".join(map(_tokens, done)), languages_html(done)


def costs_html(sides: Sequence[Side]) -> str:
    """One row a tokenizer: tokens, characters and bytes per token, relative cost, vocabulary."""
    shares = relative_costs([side.value for side in sides])
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(side.title)}</th>"
        f"<td>{len(r.tokens):,}{_unknown(r.unknown)}</td><td>{r.characters_per_token:.2f}</td>"
        f"<td>{r.bytes_per_token:.2f}</td>"
        f'<td><span class="md-share" style="--share:{share / max(shares):.3f}">'
        f"{share:.2f}\u00d7</span></td><td>{r.vocabulary:,}</td></tr>"
        for side, share in zip(sides, shares, strict=True)
        if (r := side.value.result)
    )
    heads = ("tokenizer", "tokens", "characters each", "bytes each", "relative cost", "vocabulary")
    return _grid(heads, rows, "Cost of the text")


def languages_html(sides: Sequence[Side]) -> str:
    """Tokens of the sentence in each language, by tokenizer, with their proportion to English."""
    most = max(one.against_first for side in sides for one in side.value.languages)
    rows = "".join(
        f"<tr><th scope='row'>{name}<small>{html.escape(sentence)}</small></th>"
        + "".join(_fertility(side.value, index, most) for side in sides)
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
    tokens = side.value.result.tokens
    left = len(tokens) - DRAWN
    rest = note(f"{counted(left, 'more token')}, not drawn.") if left > 0 else ""
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
