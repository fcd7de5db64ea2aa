"""Which values a component takes: from an address, a preset or a run that is shown again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import gradio as gr
from gradio.components import Component

from models.errors import InputError
from tabs.parts.numbers import EMPTY, may_be_empty

#: Components whose value is a plain text, number or tick, so that it fits into an address or JSON.
PLAIN = (gr.Textbox, gr.Dropdown, gr.Radio, gr.Number, gr.Slider, gr.Checkbox)
#: Menu -> its choices, (name, value), for a model's id and the value that is to be set.
ByModel = Mapping[Component, Callable[[str, str], Sequence[tuple[str, str]]]]
NONE_BY_MODEL: ByModel = MappingProxyType({})
#: Characters of a refused value that are repeated, and choices that are named.
_QUOTED, _NAMED = 40, 12


def fitted(part: Component, name: str, text: str) -> Any:
    """The component's value from its text in an address or file.

    Args:
        part: one of ``PLAIN``.
        name: what the value is called there, for the message.
        text: as Python's or JavaScript's ``str`` writes it.

    Raises:
        InputError: when the component does not take it; the message says what it takes.
    """
    if isinstance(part, gr.Textbox):
        return text
    if isinstance(part, gr.Checkbox):
        return _tick(name, text)
    if not text and may_be_empty(part):
        return EMPTY
    if isinstance(part, (gr.Number, gr.Slider)):
        return _number(part, name, text)
    if getattr(part, "multiselect", False):
        return _several(part, name, text)
    choices = {str(value): value for _, value in getattr(part, "choices", None) or ()}
    if text in choices:
        return choices[text]
    if getattr(part, "allow_custom_value", False):
        return text
    raise _refused(name, text, "one of " + ", ".join(list(choices)[:_NAMED]))


def fitted_by_model(part: Component, name: str, text: str, model: str, by_model: ByModel) -> Any:
    """The same; for a menu whose choices hang on the model an update of both.

    Args:
        part, name, text: see ``fitted``.
        model: id of the model that the value was set with.
        by_model: such menus.
    """
    if part not in by_model:
        return fitted(part, name, text)
    choices = list(by_model[part](model, text))
    values = [value for _, value in choices]
    if text not in values:
        raise _refused(name, text, "one of " + ", ".join(values[:_NAMED]))
    return gr.update(choices=choices, value=text)


def _several(part: Component, name: str, text: str) -> list[str]:
    """The values of a menu of several, which JavaScript writes with a comma between them."""
    known = [str(value) for _, value in getattr(part, "choices", None) or ()]
    values = [value for value in text.split(",") if value]
    strange = [value for value in values if value not in known]
    most = getattr(part, "max_choices", None)
    if (strange and not getattr(part, "allow_custom_value", False)) or len(values) > (
        most or len(values)
    ):
        raise _refused(name, text, f"up to {most or len(known)} of " + ", ".join(known[:_NAMED]))
    return values


def _tick(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise _refused(name, text, "true or false")
    return text.lower() == "true"


def _number(part: gr.Number | gr.Slider, name: str, text: str) -> float | int:
    low, high = part.minimum, part.maximum
    bounds = [f"from {low:g}"] if low is not None else []
    bounds += [f"up to {high:g}"] if high is not None else []
    wanted = " ".join(["a number", *bounds])
    try:
        value = float(text)
    except ValueError:
        raise _refused(name, text, wanted) from None
    fits = (low is None or value >= low) and (high is None or value <= high)
    if not fits or not math.isfinite(value):
        raise _refused(name, text, wanted)
    return int(value) if isinstance(part, gr.Number) and value.is_integer() else value


def _refused(name: str, text: str, wanted: str) -> InputError:
    return InputError(f"{name} can't be {text[:_QUOTED]!r}.", hint=f"It is {wanted}.")
