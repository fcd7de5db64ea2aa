"""The zero-shot tab: a text and labels that a person makes up in, how well each fits out."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.attribution import Attribution
from models.runs import Verb
from models.threshold import THRESHOLD
from models.zero_shot import Classification
from models.zero_shot_labels import TEMPLATE
from tabs.parts import (
    Deck,
    Job,
    answer_json,
    empty,
    model_picker,
    note,
    run_bar,
    send_to,
    wire,
)
from tabs.parts.batch import batch
from tabs.parts.code_view import code_view
from tabs.parts.compare import compare
from tabs.parts.differences import score_changes_html
from tabs.parts.events import AT_ONCE
from tabs.parts.example_chips import chips
from tabs.parts.label_box import label_box, split_labels
from tabs.parts.labels_view import columns, follow_threshold, threshold_slider
from tabs.parts.language_note import language_note
from tabs.parts.weigh_words import emptied, labels_of, weigh_words
from tabs.parts.zero_shot_view import preview_html, read_html, scores_html

NAME = "zero_shot"
TITLE = "Zero-shot"
ABOUT = "Sorts a text by labels that you make up, without training: topics, intents, feelings."

_INTENTS = (
    "get a refund", "find a missing parcel", "reset a password", "cancel a subscription",
    "report a broken product", "praise the service",
)  # fmt: skip
#: Name -> labels and their template.
LABEL_SETS: dict[str, tuple[tuple[str, ...], str]] = {
    "Topics": (
        ("sport", "politics", "technology", "business", "health", "travel", "food", "music"),
        TEMPLATE,
    ),
    "Intents": (_INTENTS, "The customer wants to {}."),
    "Emotions": (("joy", "anger", "sadness", "fear", "gratitude"), "The writer feels {}."),
    "Urgency": (("urgent", "not urgent"), "This message is {}."),
}  # fmt: skip
#: Name, text, label set, and whether several labels may fit.
_EXAMPLES = (
    (
        "A news item",
        "The keeper saved a penalty in the last minute and the home crowd roared.", "Topics", False,
    ),
    (
        "Two topics", "Athletes who sleep badly are injured twice as often, doctors found.",
        "Topics", True,
    ),
    ("A customer", "I was charged twice, please give me my money back.", "Intents", False),
    ("A diary", "I miss my old friends and the evenings never seem to end.", "Emotions", False),
)  # fmt: skip


_METHODS = (("Leave out each word", "occlusion"), ("Fewest words that keep it", "fewest"))


def _lines(name: str) -> str:
    """The labels of a set as the label box has them."""
    return "\n".join(LABEL_SETS[name][0])


EXAMPLES = [
    (name, [text, _lines(kind), several, LABEL_SETS[kind][1]])
    for name, text, kind, several in _EXAMPLES
]


def build(deck: Deck) -> None:
    """Adds the tab; see ``tabs.Tab``."""
    first, template_first = LABEL_SETS["Topics"]
    with gr.Row(elem_classes=["md-zero_shot"]):
        with gr.Column():
            text = gr.Textbox(
                label="Text", lines=4, max_lines=14, placeholder="Write or paste a text."
            )
            examples = gr.Row(elem_classes=["md-examples"])
            labels = label_box(NAME, first)
            with gr.Row(elem_classes=["md-examples"]) as sets:
                gr.HTML(note("Sets of labels"), elem_classes=["md-chips-name"])
            several = gr.Checkbox(
                False, label="Several labels may fit",
                info="Each is then scored by itself; else all share 100\u00a0%.",
            )  # fmt: skip
            template = gr.Textbox(
                template_first, label="Hypothesis template", max_lines=2,
                info="A sentence with {} where the label goes.",
            )  # fmt: skip
            preview = gr.HTML(preview_html(first, template_first, apart=True))
            bar = run_bar("Classify")
            model = model_picker(deck, NAME)
        with gr.Column():
            scores = gr.HTML(empty("The scores appear here."), label="Scores")
            threshold = threshold_slider("Labels from here on count: each is scored by itself.")
            read = gr.HTML("")
            last = follow_threshold(threshold, scores, scores_html)
            asked = [text, labels, several, template]
            coded = dict(zip(("text", "labels", "multi_label", "template"), asked, strict=True))
            weighing = weigh_words(deck, NAME, asked, model, verb, explained, _METHODS, coded=coded)

    def job(
        text: str, labels: str, multi_label: bool, template: str, model: str,
        threshold: float | None,
    ) -> Job:  # fmt: skip
        foreign = language_note(deck, NAME, model, text)
        return Job(
            model,
            verb(text, labels, multi_label, template, threshold),
            lambda found: [
                foreign + scores_html(found),
                gr.update(visible=found.multi_label),
                read_html(found),
                (foreign, found) if found.multi_label else None,
                *emptied(labels_of(found)),
            ],
        )

    deck.accept(NAME, "text", text)
    send_to(deck, NAME, bar.tools, "text", text, "text")
    wire(
        deck, NAME, bar, job, [*asked, model, threshold], [scores, threshold, read, last, *weighing],
        also=[text.submit, template.submit],
        examples=EXAMPLES,
        example_inputs=asked, slot=examples,
        presets={
            name: {"labels": _lines(name), "template": kind[1]} for name, kind in LABEL_SETS.items()
        },
    )  # fmt: skip
    chips(
        [(name, [_lines(name), kind[1]]) for name, kind in LABEL_SETS.items()],
        [labels, template], sets, "md-label-set",
    )  # fmt: skip

    def look(labels: str, template: str, model: str) -> str:
        return preview_html(split_labels(labels), template, apart=_apart(deck, model))

    gr.on(
        [labels.change, template.change, model.change], look, [labels, template, model], preview,
        trigger_mode="always_last", **AT_ONCE,
    )  # fmt: skip
    several.change(lambda on: gr.update(visible=bool(on)), several, threshold, **AT_ONCE)
    compare(
        deck, NAME, [*asked, threshold], verb,
        lambda result, *_: scores_html(result) + read_html(result), lambda a, b, *_: score_changes_html(a, b),
    )  # fmt: skip
    batch(deck, NAME, model, verb, columns, settings=[labels, several, template, threshold])
    code_view(deck, NAME, bar, coded, model)
    _endpoint(deck)


def _endpoint(deck: Deck) -> None:
    """Publishes ``/zero_shot`` and ``/zero_shot_words``."""

    async def zero_shot(
        text: str, labels: list[str], multi_label: bool = False, template: str = TEMPLATE,
        model: str = "", threshold: float = THRESHOLD,
    ) -> dict[str, Any]:  # fmt: skip
        """Scores how well each of your own labels fits a text, without training.

        Args:
            text: the text, up to a million characters; long texts are read in windows and averaged.
            labels: 1 to 50 different labels of up to 100 characters, such as sport and politics.
            multi_label: whether several may fit: each is then scored by itself, else all share 1.
            template: a sentence with {} where the label goes; the model judges that sentence.
            model: a starter or Hub model id; the app's default model when empty.
            threshold: from which score on a label fits, 0 to 1, where several may.

        Returns:
            ``labels`` (the best one, or those from the threshold on where several may fit), ``scores``
            (label, score 0 to 1, hypothesis, readings; best first), ``multi_label``, ``threshold``,
            ``method``, ``tokens``, ``max_tokens``, ``windows``, ``model`` and ``metrics``.
        """
        wanted = verb(text, labels, multi_label, template, threshold)
        found = await deck.answer(NAME, model, wanted)
        return {"labels": list(found.value.labels), **answer_json(found)}

    async def zero_shot_words(
        text: str, labels: list[str], label: str = "", multi_label: bool = False,
        template: str = TEMPLATE, method: str = "occlusion", model: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Weighs the words of a text: how much the score of a label falls without each one.

        Args:
            text: a text that the model reads at once, of up to 300 words; of a longer one the sentences are
                weighed, 100 at most.
            labels: as for ``/zero_shot``.
            label: which of them; the best one of the text when empty.
            multi_label: as for ``/zero_shot``.
            template: as for ``/zero_shot``.
            method: ``occlusion`` (the score, minus that without the word), or ``fewest`` (which of up to
                60 words can go one by one with the best label staying the best).
            model: a starter or Hub model id; the app's default model when empty.

        Returns:
            ``label``, ``score`` (of the whole text), ``words`` (text, start and end in characters,
            weight; null for a word that can't be left out), ``unit`` (word or sentence), ``gone`` (numbers
            of the words that can go, in turn) and ``rest_score`` for the fewest words, ``model`` and
            ``metrics``.
        """
        wanted = explained(method, label, text, labels, multi_label, template)
        return answer_json(await deck.answer(NAME, model, wanted))

    deck.endpoint(zero_shot, NAME, long=["readings", "hypothesis"])
    deck.endpoint(zero_shot_words, "zero_shot_words")


def verb(
    text: str, labels: str | list[str], multi_label: bool, template: str,
    threshold: float | None = None,
) -> Verb[Classification]:  # fmt: skip
    """What every run of this tab asks of its engine.

    Args:
        text, multi_label, template: see the engine.
        labels: one a line, or as a list.
        threshold: see the engine; the slider gives None until it was shown.
    """
    given = labels if isinstance(labels, list) else split_labels(labels)
    least = THRESHOLD if threshold is None else threshold
    return lambda engine, stop: engine.classify(
        text, given, template=template, multi_label=bool(multi_label), threshold=least, stop=stop
    )


def explained(
    method: str, label: str, text: str, labels: str | list[str], multi_label: bool, template: str
) -> Verb[Attribution]:
    """The weights of a text's words for one of its labels, the best one when empty; see the engine."""
    given = labels if isinstance(labels, list) else split_labels(labels)
    return lambda engine, stop: engine.explain(
        text,
        given,
        template=template,
        multi_label=bool(multi_label),
        label=label,
        method=method,
        stop=stop,
    )


def _apart(deck: Deck, model: str) -> bool:
    """Whether a model compares vectors; an id that is none is told of by the run."""
    known = {card.id: card for card in deck.cards(NAME)}
    return model in known and known[model].engine == "similarity"
