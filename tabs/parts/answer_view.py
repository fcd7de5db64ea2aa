"""Draws answers: the best one, its rivals, their places in the passage. Text of a person is data: escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence

from models.question_answering import Answers
from models.units import counted
from tabs.parts.differences import ANSWER_HEADS, answer_row, grid
from tabs.parts.markup import bars, note
from tabs.parts.spans import Span, spans_html
from tabs.parts.word_view import left_out_html

#: Characters of the passage shown around its answers when it is longer than ``SHOWN``.
SHOWN, AROUND = 20_000, 400


def answers_html(result: Answers, passage: str) -> str:
    """The answer, the shares of its rivals, and the passage with every candidate marked."""
    return (
        f'<div class="md-question_answering-result">{verdict_html(result)}'
        f"{shares_html(result)}{note(reading(result))}{passage_html(result, passage)}"
        f"{edges_html(result, passage)}</div>"
    )


def verdict_html(result: Answers, *, linked: bool = True) -> str:
    """One large line: the best answer, with a link to its place, or that the passage has none."""
    if result.has_answer:
        best = result.answers[0]
        words = html.escape(best.text)
        shown = (
            f'<button type="button" data-shows="1">{words}</button>'
            if linked
            else f"<b>{words}</b>"
        )
        return f'<p class="md-verdict">{shown}<span>{best.score:.1%}</span></p>'
    return (
        '<p class="md-verdict md-none">No answer in this text'
        f"<span>{result.no_answer_score:.1%}</span></p>"
    )


def shares_html(result: Answers) -> str:
    """Bars for the candidates and for "no answer"; a candidate's script does not move its number."""
    rows = [
        (f"{n}. \u2068{_short(a.text)}\u2069", a.score)
        for n, a in enumerate(result.answers, start=1)
    ]
    return bars([*rows, ("no answer", result.no_answer_score)], label="share of each candidate")


def reading(result: Answers) -> str:
    """One sentence on what was read, and what the candidates are when none wins."""
    length = f"The passage has {counted(result.tokens, 'token')}"
    how = (
        "read at once."
        if result.windows_total == 1
        else f"read in {result.windows} of {result.windows_total} overlapping windows."
    )
    weak = "" if result.has_answer else " The candidates are what the model likes best otherwise."
    return f"{length}, {how}{weak}"


def passage_html(result: Answers, passage: str) -> str:
    """The passage with its candidates marked by offset; of a very long one, the parts around them."""
    spans = [
        Span(
            answer.start, answer.end,
            "md-candidate" + (" md-best" if number == 1 and result.has_answer else ""),
            str(number), f"candidate {number}, {answer.score:.1%}", str(number),
        )
        for number, answer in enumerate(result.answers, start=1)
    ]  # fmt: skip
    return spans_html(
        passage, spans, "md-passage", "The passage with its candidates",
        between=lambda start, end: _between(passage, start, end),
    )  # fmt: skip


def _between(passage: str, start: int, end: int) -> str:
    if len(passage) <= SHOWN or end - start <= 2 * AROUND:
        return html.escape(passage[start:end])
    left = passage[start : start + AROUND] if start else ""
    right = passage[end - AROUND : end] if end < len(passage) else ""
    hidden = end - start - len(left) - len(right)
    return (
        f'{html.escape(left)}<em translate="yes">[{counted(hidden, "character")} without a candidate]</em>'
        f"{html.escape(right)}"
    )


def edges_html(result: Answers, passage: str) -> str:
    """The window of the best answer: a bar over a token for the start, under it for the end."""
    if not result.edges:
        return ""
    pieces, at = [], result.edges[0].start
    for edge in result.edges:
        pieces.append(html.escape(passage[at : edge.start]))
        pieces.append(
            f'<span style="--md-begins:{edge.begins:.2f};--md-ends:{edge.ends:.2f}" '
            f'title="start {edge.begins:.1%}, end {edge.ends:.1%}">'
            f"{html.escape(passage[edge.start : edge.end])}</span>"
        )
        at = edge.end
    said = (
        "A bar over a token: the share of the model's belief that the answer starts there; under "
        "it: that it ends there. What is missing to 100 % stands on the question and on no answer."
    )
    return (
        f'<details class="md-edges"><summary>Where an answer may start and end</summary>'
        f'{note(said)}<div class="md-strip" dir="auto">{"".join(pieces)}</div></details>'
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def answer_changes_html(before: Answers, after: Answers, dropped: Sequence[str]) -> str:
    """The answer with and without the words that are left out of the question or the passage."""
    rows = [answer_row(name, found) for name, found in (("as written", before), ("without", after))]
    return grid(["", *ANSWER_HEADS], rows) + left_out_html(dropped)
