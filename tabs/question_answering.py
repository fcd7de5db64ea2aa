"""The question-answering tab: a question and a passage in, the passage's own words out."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from models.question_answering import MAX_ANSWERS, Answers
from models.runs import Verb
from models.units import counted
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
from tabs.parts.batch import Second, batch
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.differences import answer_difference_html
from tabs.parts.document import document_button
from tabs.parts.language_note import language_note
from tabs.parts.spans import Span, spans_html

NAME = "question_answering"
TITLE = "Question answering"
ABOUT = (
    "Finds the words of a text that answer a question, or says that the text does not answer it."
)

_BRIDGE = (
    "The bridge of Millau stands in the south of France. It was designed by Michel Virlogeux and "
    "Norman Foster and crosses the valley of the River Tarn. Work began in October 2001, and the "
    "bridge was opened to traffic on 16 December 2004. Its tallest mast stands 343 metres above the "
    "valley floor, higher than the Eiffel Tower. It cost about 400 million euros, which were paid by "
    "the builder Eiffage."
)
EXAMPLES = [
    ("When?", ["When did the bridge open?", _BRIDGE]),
    ("Where?", ["Where is the bridge?", _BRIDGE]),
    ("How much?", ["How much did the bridge cost?", _BRIDGE]),
    ("Not in the text", ["How many cars cross the bridge each day?", _BRIDGE]),
]
#: Characters of the passage shown around its answers when it is longer than ``SHOWN``.
SHOWN, AROUND = 20_000, 400
#: Answers that are shown unless somebody asks for more or fewer.
COUNT = 3
#: Columns that likely hold the passage of each question.
_PASSAGES = Second("passage", ("context", "passage", "paragraph"))


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    with gr.Row(elem_classes=["md-question_answering"]):
        with gr.Column():
            question = gr.Textbox(label="Question", placeholder="What do you want to know?")
            passage = gr.Textbox(
                label="Passage", lines=8, max_lines=18, placeholder="Paste the text to look in."
            )
            examples = gr.Row(elem_classes=["md-examples"])
            count = gr.Slider(
                1, MAX_ANSWERS, COUNT, step=1, label="Answers",
                info="At most: the best one, and its rivals.",
            )  # fmt: skip
            bar = run_bar("Find the answer")
            model = model_picker(deck, NAME)
        with gr.Column():
            answers = gr.HTML(empty("The answer appears here."), label="Answer")
            best = gr.State("", time_to_live=3600)

    def job(question: str, passage: str, count: float, model: str) -> Job:
        foreign = language_note(deck, NAME, model, passage)
        return Job(
            model,
            verb(question, passage, count, edges=True),
            lambda result: [
                foreign + answers_html(result, passage),
                result.answers[0].text if result.has_answer else "",
            ],
        )

    deck.accept(NAME, "text", passage)
    document_button(passage, bar.tools)
    send_to(deck, NAME, bar.tools, "text", passage, "passage")
    send_to(deck, NAME, bar.tools, "text", best, "answer")
    wire(
        deck,
        NAME,
        bar,
        job,
        [question, passage, count, model],
        [answers, best],
        also=[question.submit],
        examples=EXAMPLES,
        slot=examples,
        content=[question, passage],
    )

    compare(
        deck, NAME, [question, passage, count], verb,
        lambda result, *_: verdict_html(result, linked=False) + shares_html(result),
        lambda a, b, *_: answer_difference_html(a, b),
    )  # fmt: skip
    batch(
        deck, NAME, model, verb, columns, settings=[passage, count], noun="question",
        wanted=("question", "query"), second=_PASSAGES,
    )  # fmt: skip

    code_view(deck, NAME, bar, {"question": question, "context": passage, "count": count}, model)

    async def question_answering(
        question: str, context: str, count: int = COUNT, model: str = ""
    ) -> dict[str, Any]:
        """Finds the spans of a passage that answer a question.

        Args:
            question: what to ask, up to half of the model's window.
            context: the passage, up to a million characters; long ones are read in windows.
            count: most answers wanted, 1 to 10.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``answers`` (text, start and end in characters of ``context``, score 0 to 1; best first),
            ``has_answer``, ``no_answer_score``, ``tokens``, ``windows``, ``model`` and ``metrics``.
        """
        found = await deck.answer(NAME, model, verb(question, context, count))
        return {k: v for k, v in answer_json(found).items() if k != "edges"}

    deck.endpoint(question_answering, NAME)


def verb(question: str, passage: str, count: float = COUNT, **wanted: Any) -> Verb[Answers]:
    """What every run of this tab asks of its engine; ``wanted`` are further arguments of it."""
    return lambda engine, stop: engine.answer(
        question, passage, count=int(count), stop=stop, **wanted
    )


def columns(result: Answers) -> dict[str, str | float]:
    """A result as columns of a table: the best span with its share and place, or that there is none.

    Its rivals are one column: all spans but the answer.
    """
    rivals = result.answers[1:] if result.has_answer else result.answers
    told = {"other spans": "; ".join(f"{a.text} ({a.score:.1%})" for a in rivals)}
    if not result.has_answer:
        none = {"answer": "", "found": "no answer", "start": "", "end": ""}
        return {**none, "score": result.no_answer_score, **told}
    best = result.answers[0]
    place = {"start": best.start, "end": best.end}
    return {"answer": best.text, "found": "answer", **place, "score": best.score, **told}


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
