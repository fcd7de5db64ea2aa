"""Scores of labels as they are drawn, and the slider that says from which score on a label counts.

Shared by what sorts a text: ``sentiment`` with the labels of a model, ``zero_shot`` with those of a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from models.sentiment import Sentiment
from models.threshold import THRESHOLD
from models.zero_shot import Classification
from tabs.parts.batch_table import score_columns
from tabs.parts.events import AT_ONCE
from tabs.parts.markup import bars, labels_html, note

Result = Sentiment | Classification
"""What has ``scores`` of labels, and says which of them count."""


def scored_html(result: Result, reading: str) -> str:
    """Bars for every label, best first, and how the text was read.

    Where labels are scored each by itself, those from the threshold on are named above the bars.

    Args:
        result: what the model found.
        reading: one sentence on how the text was read.
    """
    rows = [(one.label, one.score) for one in result.scores]
    drawn = bars(rows, label="score of each label") + note(reading)
    if not result.multi_label:
        return drawn
    return f"{labels_html(result.labels, result.threshold)}{drawn}"


def sentence_read(length: str, result: Result) -> str:
    """One sentence on a text's length, which it begins with, and on the windows that it was read in."""
    if result.windows_total == 1:
        return f"{length}; the model reads up to {result.max_tokens:,} at once."
    return (
        f"{length}, read in {result.windows} of {result.windows_total} windows of "
        f"{result.max_tokens:,} and averaged."
    )


def columns(result: Result) -> dict[str, str | float]:
    """A result as columns: best label, its score, every score, and where several may count those that do."""
    counting = {"labels": "; ".join(result.labels)} if result.multi_label else {}
    return {**score_columns(result), **counting}


def threshold_slider(info: str) -> gr.Slider:
    """Adds the slider, which is seen only where labels are scored each by itself."""
    return gr.Slider(0, 1, THRESHOLD, step=0.01, visible=False, label="Threshold", info=info)


def follow_threshold(threshold: gr.Slider, scores: gr.HTML, draw: Callable[[Any], str]) -> gr.State:
    """Draws the last result anew when the slider moves, without asking the model again.

    Args:
        threshold: the slider.
        scores: what is drawn anew.
        draw: a result -> its HTML.

    Returns:
        Where a run puts what stands above the scores, and its result; None where no threshold applies.
    """
    last = gr.State(None, time_to_live=3600)

    def moved(threshold: float, last: tuple[str, Result] | None) -> Any:
        return gr.skip() if last is None else last[0] + draw(replace(last[1], threshold=threshold))

    threshold.input(moved, [threshold, last], scores, **AT_ONCE)
    return last
