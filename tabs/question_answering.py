"""The question-answering tab: a question and a passage in, the passage's own words out."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.attribution import Attribution
from models.question_answering import MAX_ANSWERS, Answers
from models.runs import Verb
from tabs.parts import Deck, Job, answer_json, empty, model_picker, run_bar, send_to, wire
from tabs.parts.answer_view import answer_changes_html, answers_html, shares_html, verdict_html
from tabs.parts.batch import Second, batch
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.differences import answer_difference_html
from tabs.parts.document import document_button
from tabs.parts.language_note import language_note
from tabs.parts.weigh_words import emptied, weigh_words

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
#: Answers that are shown unless somebody asks for more or fewer.
COUNT = 3
_PARTS = (
    ("Of the question", "question"), ("Of the passage", "passage"),
    ("Fewest of the question", "fewest"),
)  # fmt: skip
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
            weighing = weigh_words(
                deck, NAME, [question, passage, count], model, verb, explained, _PARTS,
                named="part", menu=None, coded={"question": question, "context": passage},
                places={"passage": 1}, changes=answer_changes_html,
            )  # fmt: skip

    def job(question: str, passage: str, count: float, model: str) -> Job:
        foreign = language_note(deck, NAME, model, passage)
        return Job(
            model,
            verb(question, passage, count, edges=True),
            lambda result: [
                foreign + answers_html(result, passage),
                result.answers[0].text if result.has_answer else "",
                *emptied(),
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
        [answers, best, *weighing],
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

    async def question_answering_words(
        question: str, context: str, part: str = "question", model: str = ""
    ) -> dict[str, Any]:
        """Weighs the words of a question or a passage: how much the answer's share falls without each.

        Args:
            question: what to ask, up to half of the model's window.
            context: the passage; of one that the model does not read at once, the part around the answer
                is read, and its words are weighed.
            part: whose words: ``question`` or ``passage``; or ``fewest``, which of up to 60 words of the
                question can go one by one with the answer staying.
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``label`` (the answer, or "no answer"), ``score`` (its share, of what is read at once),
            ``words`` (text, start and end in characters, weight; null for words of the answer itself),
            ``gone`` (numbers of the words that can go, in turn) and ``rest_score`` for the fewest words,
            ``model`` and ``metrics``.
        """
        return answer_json(await deck.answer(NAME, model, explained(part, "", question, context)))

    deck.endpoint(question_answering, NAME)
    deck.endpoint(question_answering_words, "question_answering_words")


def verb(question: str, passage: str, count: float = COUNT, **wanted: Any) -> Verb[Answers]:
    """What every run of this tab asks of its engine; ``wanted`` are further arguments of it."""
    return lambda engine, stop: engine.answer(
        question, passage, count=int(count), stop=stop, **wanted
    )


def explained(part: str, _: str, question: str, passage: str, *__: object) -> Verb[Attribution]:
    """The weights of the words of a part; see ``models.answer_words``."""
    return lambda engine, stop: engine.explain(question, passage, part=part, stop=stop)


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
