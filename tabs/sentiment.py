"""The sentiment tab: a text in, every label's share out."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.attribution import Attribution
from models.errors import AppError
from models.runs import Verb
from models.sentiment import Sentiment
from models.snippets import source_of
from models.threshold import THRESHOLD
from models.units import counted
from tabs.parts import (
    Deck,
    Job,
    answer_json,
    empty,
    model_picker,
    run_bar,
    send_to,
    wire,
)
from tabs.parts.batch import batch
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.differences import score_changes_html
from tabs.parts.events import AT_ONCE
from tabs.parts.labels_view import (
    columns,
    follow_threshold,
    scored_html,
    sentence_read,
    threshold_slider,
)
from tabs.parts.language_note import language_note
from tabs.parts.weigh_words import emptied, labels_of, weigh_words

NAME = "sentiment"
TITLE = "Sentiment"
ABOUT = "Says how positive, neutral or negative a text sounds, with the score of every label."

_METHODS = (
    ("Leave out each word", "occlusion"), ("Integrated gradients", "gradients"),
    ("Fewest words that keep it", "fewest"),
)  # fmt: skip
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
            threshold = threshold_slider(
                "Labels from here on count, where a model scores each by itself."
            )
            last = follow_threshold(threshold, scores, scores_html)
            weighing = weigh_words(
                deck, NAME, [text], model, verb, explained, _METHODS, coded={"text": text}
            )

    def job(text: str, model: str, threshold: float | None) -> Job:
        foreign = language_note(deck, NAME, model, text)
        return Job(
            model,
            verb(text, threshold),
            lambda found: [
                foreign + scores_html(found),
                gr.update(visible=True) if found.multi_label else gr.skip(),
                (foreign, found) if found.multi_label else None,
                *emptied(labels_of(found)),
            ],
        )

    deck.accept(NAME, "text", text)
    send_to(deck, NAME, bar.tools, "text", text, "text")
    wire(
        deck,
        NAME,
        bar,
        job,
        [text, model, threshold],
        [scores, threshold, last, *weighing],
        also=[text.submit],
        examples=EXAMPLES,
        slot=examples,
    )

    pickers, compared = compare(
        deck, NAME, [text, threshold], verb,
        lambda result, *_: scores_html(result), lambda a, b, *_: score_changes_html(a, b),
    )  # fmt: skip
    # what a model does is known beforehand where its files are here, else after it has run
    events: list[Any] = [model.change, *(picker.change for picker in pickers), compared.then]
    for event in events:
        event(
            lambda *models: gr.update(visible=any(many_labels(deck, m) for m in models)),
            [model, *pickers], threshold, **AT_ONCE,
        )  # fmt: skip
    batch(deck, NAME, model, verb, columns, settings=[threshold])
    code_view(deck, NAME, bar, {"text": text}, model)
    _endpoint(deck)


def _endpoint(deck: Deck) -> None:
    """Publishes ``/sentiment`` and ``/sentiment_words``."""

    async def sentiment(text: str, model: str = "", threshold: float = THRESHOLD) -> dict[str, Any]:
        """Scores the sentiment of a text.

        Args:
            text: the text, up to a million characters; long texts are scored in windows and averaged.
            model: a starter or Hub model id; the app's default model when empty.
            threshold: from which score on a label counts, 0 to 1, for models that score each label by
                itself.

        Returns:
            ``labels`` (the best one, or those from the threshold on where several may count),
            ``scores`` (label and score 0 to 1, best first), ``multi_label``, ``threshold``, ``tokens``,
            ``windows``, ``model`` and ``metrics``.
        """
        found = await deck.answer(NAME, model, verb(text, threshold))
        return {"labels": list(found.value.labels), **answer_json(found)}

    async def sentiment_words(
        text: str, label: str = "", method: str = "occlusion", model: str = ""
    ) -> dict[str, Any]:
        """Weighs the words of a text: how much each one moves the score of a label.

        Args:
            text: a text that the model reads at once, of up to 300 words; of a longer one the sentences are
                weighed, 100 at most.
            label: one of the model's labels; the best one of the text when empty.
            method: ``occlusion`` (the probability, minus that without the word), ``gradients``
                (integrated gradients of the logit), or ``fewest`` (which of up to 60 words can go
                one by one with the best label staying the best).
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``label``, ``score`` (of the whole text), ``method``, ``words`` (text, start and end in
            characters, weight; null for a word that can't be left out), ``gap`` (share of the change
            that gradients miss), ``unit`` (word or sentence), ``gone`` (numbers of the words that can
            go, in turn) and ``rest_score`` for the fewest words, ``model`` and ``metrics``.
        """
        return answer_json(await deck.answer(NAME, model, explained(method, label, text)))

    deck.endpoint(sentiment, NAME)
    deck.endpoint(sentiment_words, "sentiment_words")


def verb(text: str, threshold: float | None = None) -> Verb[Sentiment]:
    """What every run of this tab asks of its engine; the slider gives None until it was shown."""
    least = THRESHOLD if threshold is None else threshold
    return lambda engine, stop: engine.score(text, threshold=least, stop=stop)


def many_labels(deck: Deck, model: str | None) -> bool:
    """Whether a text may have several labels by a model, as far as the files on this disk tell."""
    try:
        source = source_of(deck.card(NAME, model or ""), deck.service, model or "")
    except AppError:  # the picker shows why
        return False
    return source.config.get("problem_type") == "multi_label_classification"


def explained(method: str, label: str, text: str) -> Verb[Attribution]:
    """The weights of a text's words for a label by a method of ``models.attribution``."""
    return lambda engine, stop: engine.explain(text, method=method, label=label, stop=stop)


def scores_html(result: Sentiment) -> str:
    """Bars for every label, best first, and how the text was read."""
    return scored_html(result, reading(result))


def reading(result: Sentiment) -> str:
    """One sentence on length and windows: nothing is cut off silently."""
    kind = "each label by itself" if result.multi_label else "labels share 100 %"
    return sentence_read(f"{counted(result.tokens, 'token')} ({kind})", result)
