"""Number fields that may be empty: drawn as such, and read as "nothing was written"."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component

#: What an empty field holds. gradio's page turns None into 0 when a field is first seen, and sends
#: the 0; a text without a character it leaves alone.
EMPTY = ""
#: What arrives from a field; None where its part of the page was never opened, or it was emptied by hand.
Entered = float | str | None


def number_field(label: str, value: Any = None, **look: Any) -> gr.Number:
    """Adds a number field that is empty where ``value`` is None.

    It has no ``precision``: gradio would round the empty text. ``whole`` rounds instead.
    """
    return gr.Number(filled(value), label=label, **look)


def sent_number(label: str, value: int | None = None) -> gr.Number:
    """A whole number that an endpoint takes, handed on as it was sent.

    gradio would round 1.5 in silence and fail on "many" without a word; the endpoint refuses both and
    says why (``Deck.endpoint``).
    """
    part = gr.Number(value, label=label, precision=0)
    hand_on(part)
    return part


def hand_on(part: Component) -> None:
    """Lets a component's value through as it was sent: what is wrong with it is said in our own words."""
    # on the object, since gradio writes a .pyi file beside every subclass of a component
    part.preprocess = lambda payload: payload  # type: ignore[method-assign]


def may_be_empty(part: object) -> bool:
    """Whether a component is such a field."""
    return isinstance(part, gr.Number) and part.precision is None and part.minimum is None


def filled(value: Any) -> Any:
    """What a field is given to show ``value``, None being nothing."""
    return EMPTY if value is None else value


def entered(value: Entered) -> float | None:
    """A field's number; None where it is empty."""
    return None if value is None or value == EMPTY else float(value)


def whole(value: Entered) -> int | None:
    """A field's number, rounded; None where it is empty."""
    number = entered(value)
    return None if number is None else round(number)
