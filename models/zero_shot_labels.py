"""What zero-shot classification asks: labels and a template in, the sentences that a model reads out.

Also which classes of a model mean that a sentence follows from a text. Knows no network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from models.errors import InputError

#: The template where nobody gives one.
TEMPLATE = "This text is about {}."
#: Labels of one call: an entailment model reads the whole text once for each.
MAX_LABELS = 50
#: Characters of a label, and of a template.
MAX_LABEL, MAX_TEMPLATE = 100, 300
#: Where a label goes.
_SLOT = "{}"


@dataclass(frozen=True)
class Asked:
    """Labels and their sentences.

    Attributes:
        labels: without the white space around them, in the order given.
        hypotheses: the template with each label in it.
    """

    labels: tuple[str, ...]
    hypotheses: tuple[str, ...]


def check(labels: Sequence[str], template: str) -> Asked:
    """The sentences of these labels.

    Args:
        labels: 1 to ``MAX_LABELS``, all different, of 1 to ``MAX_LABEL`` characters.
        template: 3 to ``MAX_TEMPLATE`` characters, with one ``{}`` and no other braces.

    Raises:
        InputError: says which label, or what of the template, is wrong.
    """
    found = check_labels(labels)
    before, after = _around(template)
    return Asked(found, tuple(f"{before}{label}{after}" for label in found))


def check_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """The labels without white space around them.

    Raises:
        InputError: when there are none or too many, or one is empty, too long, or given twice.
    """
    found = tuple(" ".join(label.split()) for label in labels)
    if not found:
        raise InputError("There are no labels.", hint="Add the labels to choose from.")
    if len(found) > MAX_LABELS:
        raise InputError(
            f"There are {len(found):,} labels; the limit is {MAX_LABELS}.",
            hint="Remove some, or group them and ask again within the group that wins.",
        )
    for number, label in enumerate(found, start=1):
        if not label:
            raise InputError(f"Label {number} is empty.", hint="Write a word, or remove it.")
        if len(label) > MAX_LABEL:
            raise InputError(
                f"The label {label[:40] + '...'!r} has {len(label):,} characters; the limit is "
                f"{MAX_LABEL}.",
                hint="A label is a word or a short phrase.",
            )
    label, times = Counter(label.casefold() for label in found).most_common(1)[0]
    if times > 1:
        raise InputError(
            f"The label {label!r} is given {times} times.", hint="Each may stand once."
        )
    return found


def _around(template: str) -> tuple[str, str]:
    """What stands before and after a label in its sentence."""
    if not template.strip():
        raise InputError("The template is empty.", hint=f'Write one such as "{TEMPLATE}".')
    if len(template) > MAX_TEMPLATE:
        raise InputError(
            f"The template has {len(template):,} characters; the limit is {MAX_TEMPLATE}.",
            hint="One short sentence does best.",
        )
    before, slot, after = template.partition(_SLOT)
    if not slot:
        raise InputError(
            f"The template {template[:60]!r} has no {_SLOT}.",
            hint=f'Write {_SLOT} where the label goes, as in "{TEMPLATE}".',
        )
    if any(brace in before + after for brace in _SLOT):
        raise InputError(
            f"The template {template[:60]!r} has more braces than one {_SLOT}.",
            hint=f"Keep one {_SLOT}, where the label goes.",
        )
    return before, after


def entailment_places(names: Sequence[str]) -> tuple[int, int]:
    """Which of a model's classes say that a sentence follows from a text, and that it does not.

    The first is found by its name, as transformers' pipeline does. The other is called a
    contradiction, or "not entailment" where there are two classes; where neither name is there, it
    is the class at the far end, the pipeline's own rule.

    Args:
        names: the classes in lower case, by their index.

    Raises:
        ValueError: when there is no such class, or nothing beside it; the message is a phrase.
    """
    told = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
    yes = next((i for i, name in enumerate(names) if name.startswith("entail")), None)
    if yes is None:
        raise ValueError(f"none of its classes ({told}) is entailment")
    if len(names) < 2:
        raise ValueError(f"it has no class but {told}")
    no = next((i for i, name in enumerate(names) if name.startswith(("contra", "not"))), None)
    if no is None:
        no = len(names) - 1 if yes == 0 else 0
    return yes, no
