"""Two views that teach: a text through the tokenizer's steps, and ids through the embedding layer."""

from __future__ import annotations

import html
from collections.abc import Sequence

import gradio as gr

from models.errors import InputError
from models.snippets import source_of
from models.spec import ModelCard
from models.token_embeddings import Embedded, Neighbour, Vector, has_table
from models.tokenizer_steps import WHAT, Part, Steps
from models.units import counted
from tabs.parts.choices import rows
from tabs.parts.code_view import code_view
from tabs.parts.deck import Deck, Place
from tabs.parts.links import link_button
from tabs.parts.markup import empty, note
from tabs.parts.run import Job, RunBar, run_bar, wire
from tabs.parts.token_view import DRAWN, TINTS, chips_html, visible
from tabs.parts.vector_strip import scale_html, scale_of, strip_html

NAME = "tokenizer"
#: The starter that brings its embedding table.
WITH_TABLE = "starter/minilm-tokenizer"


def steps_view(deck: Deck, model: gr.Dropdown, place: Place) -> None:
    """Adds the view of the steps at this place of the page."""
    with gr.Row():
        with gr.Column():
            text = gr.Textbox(
                "Caf\u00e9s don't  close: 1234 \U0001f600", label="Text", lines=3, max_lines=10,
                placeholder="Write a short text.",
            )  # fmt: skip
            bar = run_bar("Show the steps")
        with gr.Column():
            steps = gr.HTML(empty("The steps appear here."))

    def job(text: str, model: str) -> Job:
        return Job(model, lambda engine, stop: engine.steps(text), steps_html)

    wire(deck, NAME, bar, job, [text, model], [steps], link=False)
    _linked_and_coded(deck, bar, text, model, place)


def embedding_view(deck: Deck, place: Place) -> None:
    """Adds the view of the embedding layer at this place of the page, with a picker of its own."""
    offered = with_table(deck)
    with gr.Row():
        with gr.Column():
            text = gr.Textbox(
                "The king visited Paris", label="Text", lines=2, max_lines=6,
                placeholder="Write a few words.",
            )  # fmt: skip
            model = gr.Dropdown(
                offered, value=offered[0][1] if offered else None,
                allow_custom_value=not deck.locked, label="Model", info=_info(deck, bool(offered)),
            )  # fmt: skip
            bar = run_bar("Look up the vectors", ready=bool(offered) or not deck.locked)
        with gr.Column():
            vectors = gr.HTML(empty("Tokens, ids and vectors appear here."))

    def job(text: str, model: str | None) -> Job:
        if not model:
            raise InputError("There is no model.", hint="Choose one whose weights are here.")
        return Job(model, lambda engine, stop: engine.embed(text), embedding_html)

    wire(deck, NAME, bar, job, [text, model], [vectors], link=False)
    _linked_and_coded(deck, bar, text, model, place)


def _linked_and_coded(
    deck: Deck, bar: RunBar, text: gr.Textbox, model: gr.Dropdown, place: Place
) -> None:
    """Adds a link that restores the view, and its code; ``models.snippets`` knows it by its id."""
    with bar.tools:
        link_button(deck, f"tokenizer_{place.view}", {"text": text, "model": model}, place)
    code_view(deck, NAME, bar, {"text": text}, model, lambda given: {**given, "view": place.view})


def with_table(deck: Deck) -> list[tuple[str, str]]:
    """The rows of a picker of models whose embedding table lies on this disk."""
    return [
        (text, model) for text, model in rows(deck, NAME)
        if model == WITH_TABLE or _brings_table(deck, deck.card(NAME, model))
    ]  # fmt: skip


def _brings_table(deck: Deck, card: ModelCard) -> bool:
    """Whether the weights are here; of the starters only ``WITH_TABLE`` has any."""
    return not card.is_starter and has_table(source_of(card, deck.service).folder)


def _info(deck: Deck, several: bool) -> str:
    if deck.locked:
        return "Those whose weights are here." if several else "No weights of a tokenizer are here."
    more = "one of the Hub has them on this disk once it has run in another tab"
    return f"Those whose weights are here; {more}."


def steps_html(steps: Steps) -> str:
    """The text, and what it is after each step."""
    parts = steps.parts
    added = [part.text for part in parts if part.is_added]
    cut = f"Cut out first, as tokens of their own: {', '.join(added)}." if added else ""
    changed = any(part.normalized != part.text for part in parts)
    boxes = [
        _step(0, "Text", (), f'<p class="md-step-text">{visible(steps.text)}</p>', cut),
        _step(1, "Normaliser", steps.normaliser, _normalized(parts),
              "" if changed else "It changes nothing here."),
        _step(2, "Pre-tokenizer", steps.pre_tokenizer, _row(_pieces(parts)), ""),
        _step(3, "Model", steps.model, _row(_models(parts)),
              "Strings as the vocabulary spells them, and their ids."),
        _step(4, "Post-processor", steps.post_processor,
              f'<div class="md-token-view">{chips_html(steps.final[:DRAWN])}</div>', ""),
    ]  # fmt: skip
    wrong = (
        "" if steps.agrees else note("Taken one by one, the steps give other ids than the whole.")
    )
    return f'<ol class="md-steps">{"".join(boxes)}</ol>{wrong}'


def embedding_html(found: Embedded) -> str:
    """Each token with its id, the beginning of its vector, and the tokens nearest to it."""
    scale = scale_of(one.values for one in found.vectors)
    rows = "".join(_vector(index, one, scale) for index, one in enumerate(found.vectors))
    left = note(f"{counted(found.left, 'more token')}, not looked up.") if found.left else ""
    nearest = f"Nearest by cosine among {found.rows:,} rows of {html.escape(found.tensor)}."
    return (
        '<p class="md-lesson"><strong>The tokenizer</strong> turns text into ids and knows nothing of '
        "meaning. <strong>The embedding layer</strong> is a table with one row for each id: the same "
        "id always gives the same row, whatever stands around it. Meaning lies in where rows point: "
        f"near ones are listed.</p><ul class='md-vectors'>{rows}</ul>{left}"
        f"{scale_html(scale, found.dimensions, nearest)}"
    )


def _step(number: int, title: str, names: Sequence[str], body: str, remark: str) -> str:
    does = "; ".join(f"{name} {WHAT[name]}" if name in WHAT else name for name in names)
    if not names and number:
        does = "none: the text passes as it is"
    return (
        f'<li class="md-step"><h4>{title}</h4><p class="md-note">{html.escape(does)}</p>{body}'
        f"{note(remark) if remark else ''}</li>"
    )


def _normalized(parts: Sequence[Part]) -> str:
    return f'<p class="md-step-text">{"".join(visible(part.normalized) for part in parts)}</p>'


def _pieces(parts: Sequence[Part]) -> list[str]:
    pieces = [(piece, part.is_added) for part in parts for piece in part.pieces]
    return [
        f'<span class="md-token md-t{index % TINTS + 1}{" md-special" if added else ""}">'
        f"<span>{visible(piece)}</span></span>"
        for index, (piece, added) in enumerate(pieces)
    ]


def _models(parts: Sequence[Part]) -> list[str]:
    """Tokens in the tint of the piece that they come from."""
    chips, index = list[str](), 0
    for part in parts:
        numbers = iter(part.ids)
        for group in part.tokens:
            for token in group:
                chips.append(
                    f'<span class="md-token md-t{index % TINTS + 1}"><span>{visible(token)}</span>'
                    f"<small>{next(numbers)}</small></span>"
                )
            index += 1
    return chips


def _row(chips: Sequence[str]) -> str:
    left = len(chips) - DRAWN
    rest = note(f"{left:,} more are not drawn.") if left > 0 else ""
    return f'<div class="md-tokens" tabindex="0" role="group">{"".join(chips[:DRAWN])}</div>{rest}'


def _vector(index: int, one: Vector, scale: float) -> str:
    strip = strip_html(one.values, scale, f"Vector of token {one.token.id}")
    near = "".join(map(_near, one.nearest))
    return (
        f'<li><span class="md-token md-t{index % TINTS + 1}"><span>'
        f"{visible(one.token.piece, partial=one.token.is_partial)}</span><small>{one.token.id}</small>"
        f'</span>{strip}<div class="md-near"><span class="md-note">nearest</span>{near}</div></li>'
    )


def _near(near: Neighbour) -> str:
    return f'<span class="md-token"><span>{visible(near.piece)}</span><small>{near.cosine:.2f}</small></span>'
