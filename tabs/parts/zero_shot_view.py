"""What the zero-shot tab draws: scores, what the model read for each label, and a preview before a run."""

from __future__ import annotations

import html
from collections.abc import Sequence

from models.errors import InputError
from models.units import counted
from models.zero_shot import Classification, LabelFit
from models.zero_shot_labels import check, entailment_places
from tabs.parts.errors import alert
from tabs.parts.labels_view import scored_html, sentence_read
from tabs.parts.markup import note

#: Sentences that the preview shows.
SHOWN = 3
_TOGETHER = "The model reads your text together with each sentence, and says whether it follows:"
_APART = (
    "The model turns your text and each sentence into vectors, and measures how alike they are:"
)


def scores_html(result: Classification) -> str:
    """Bars for every label, best first, and how the text was read."""
    return scored_html(result, reading(result))


def reading(result: Classification) -> str:
    """One sentence on labels, length and windows: nothing is cut off silently."""
    kind = "each label by itself" if result.multi_label else "labels share 100\u00a0%"
    how = "similarity of embeddings" if result.method == "similarity" else "entailment"
    return sentence_read(
        f"By {how}, {kind}; the text has {counted(result.tokens, 'token')}", result
    )


def read_html(result: Classification) -> str:
    """A closed box: each label's sentence, with what the model said of it and how that became its score."""
    rows = "".join(map(_sentence, result.scores))
    return (
        '<details class="md-read"><summary>What the model read</summary>'
        f"{note(explanation(result))}<ol>{rows}</ol></details>"
    )


def explanation(result: Classification) -> str:
    """How the score of a label is made of what the model said."""
    if result.method == "similarity":
        if result.multi_label:
            return (
                "The number is the cosine between the vectors of text and sentence. A label's score "
                "rises with it along a curve that was fitted to this model on texts with known labels."
            )
        return (
            "The number is the cosine between the vectors of text and sentence. The softmax over all "
            "labels, with a temperature that was fitted to this model, makes them shares of 100\u00a0%."
        )
    if result.multi_label:
        return (
            "Does the sentence follow from the text? A label's score is entailment against "
            "contradiction alone; neutral, the sentence may or may not be true, is left out."
        )
    return (
        "Does the sentence follow from the text? The softmax over the entailment logits of all labels "
        "makes the scores: one label wins even where no sentence follows."
    )


def _sentence(fit: LabelFit) -> str:
    head = f"<q dir=auto>{html.escape(fit.hypothesis)}</q>"
    if fit.readings[0].name == "similarity":
        value = fit.readings[0].value
        told = f"similarity {value:.3f}"
        drawn = _strip([("md-yes", max(0.0, value))])
        return (
            f'<li>{head}{drawn}<p class="md-share-key"><span class="md-yes">{told}</span></p></li>'
        )
    yes, no = entailment_places([reading.name for reading in fit.readings])
    kinds = {yes: "md-yes", no: "md-no"}
    order = [yes, *(i for i in range(len(fit.readings)) if i not in (yes, no)), no]
    drawn = _strip([(kinds.get(i, "md-rest"), fit.readings[i].value) for i in order])
    key = "".join(
        f'<span class="{kinds.get(i, "md-rest")}">{html.escape(fit.readings[i].name)} '
        f"{fit.readings[i].value:.1%}</span>"
        for i in order
    )
    return f'<li>{head}{drawn}<p class="md-share-key">{key}</p></li>'


def _strip(parts: Sequence[tuple[str, float]]) -> str:
    drawn = "".join(
        f'<span class="{kind}" style="width:{share:.1%}"></span>' for kind, share in parts
    )
    return f'<div class="md-shares" aria-hidden="true">{drawn}</div>'


def preview_html(labels: Sequence[str], template: str, *, apart: bool) -> str:
    """The sentences that a model would read, or what is wrong with labels or template.

    Args:
        labels: as they stand.
        template: as it stands.
        apart: whether the model compares vectors, and does not read text and sentence together.
    """
    try:
        asked = check(labels, template)
    except InputError as error:
        return f'<div class="md-status">{alert(error)}</div>'
    before, _, after = (html.escape(part) for part in template.partition("{}"))
    lines = [
        f"<li>{before}<b>{html.escape(label)}</b>{after}</li>" for label in asked.labels[:SHOWN]
    ]
    more = len(asked.labels) - len(lines)
    if more > 0:
        lines.append(f'<li translate="yes">and {more} more</li>')
    how = _APART if apart else _TOGETHER
    said = f'<p translate="yes">{html.escape(how)}</p>'
    return f'<div class="md-preview" dir="auto">{said}<ul>{"".join(lines)}</ul></div>'
