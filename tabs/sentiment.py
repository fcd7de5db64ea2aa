"""The sentiment tab: a text in, every label's share out."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.sentiment import Sentiment
from tabs.parts import (
    Deck,
    Job,
    answer_json,
    bars,
    empty,
    model_picker,
    note,
    run_bar,
    send_to,
    wire,
)
from tabs.parts.compare import compare
from tabs.parts.differences import score_changes_html

NAME = "sentiment"
TITLE = "Sentiment"
ABOUT = "Says how positive, neutral or negative a text sounds, with the score of every label."

EXAMPLES = [
    (
        "A warm review",
        ["A warm, funny and beautifully acted film that I would gladly watch again."],
    ),
    ("A bad evening", ["The food was cold, the waiter rude, and the bill a bad joke."]),
    ("A plain fact", ["The train leaves from platform four at half past nine."]),
]


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    with gr.Row(elem_classes=["md-sentiment"]):
        with gr.Column():
            text = gr.Textbox(
                label="Text", lines=5, max_lines=14, placeholder="Write or paste a text."
            )
            examples = gr.Row(elem_classes=["md-examples"])
            bar = run_bar("Score the text")
            model = model_picker(deck, NAME)
        with gr.Column():
            scores = gr.HTML(empty("The scores appear here."), label="Scores")

    def job(text: str, model: str) -> Job:
        return Job(model, lambda engine, stop: engine.score(text, stop=stop), scores_html)

    deck.accept(NAME, "text", text)
    send_to(deck, NAME, bar.tools, "text", text, "text")
    wire(
        deck,
        NAME,
        bar,
        job,
        [text, model],
        [scores],
        also=[text.submit],
        examples=EXAMPLES,
        slot=examples,
    )

    compare(
        deck, NAME, [text], lambda text: lambda engine, stop: engine.score(text, stop=stop),
        lambda result, _: scores_html(result), lambda a, b, _: score_changes_html(a, b),
    )  # fmt: skip

    async def sentiment(text: str, model: str = "") -> dict[str, Any]:
        """Scores the sentiment of a text.

        Args:
            text: the text, up to a million characters; long texts are scored in windows and averaged.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``scores`` (label and score 0 to 1, best first), ``multi_label``, ``tokens``, ``windows``,
            ``model`` and ``metrics``.
        """
        return answer_json(
            await deck.answer(NAME, model, lambda engine, stop: engine.score(text, stop=stop))
        )

    deck.endpoint(sentiment, NAME)


def scores_html(result: Sentiment) -> str:
    """Bars for every label, best first, and how the text was read."""
    rows = [(score.label, score.score) for score in result.scores]
    return bars(rows, label="score of each label") + note(reading(result))


def reading(result: Sentiment) -> str:
    """One sentence on length and windows: nothing is cut off silently."""
    kind = "each label by itself" if result.multi_label else "labels share 100 %"
    length = f"{result.tokens:,} tokens ({kind})"
    if result.windows_total == 1:
        return f"{length}; the model reads up to {result.max_tokens:,} at once."
    return (
        f"{length}, read in {result.windows} of {result.windows_total} windows of "
        f"{result.max_tokens:,} and averaged."
    )
