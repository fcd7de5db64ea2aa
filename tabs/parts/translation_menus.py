"""The two language menus of the translation tab: what they offer, and what Swap does to them."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr

from models.languages import Pairs, direction, language_name
from models.translation import Translation
from models.translation_cards import card_pairs
from tabs.parts.deck import Deck
from tabs.parts.events import AT_ONCE, PRIVATE


class Read(NamedTuple):
    """What the last run of a page read: its text, and the language it took it for."""

    text: str
    source: str


def language_row(pairs: Pairs) -> tuple[gr.Dropdown, gr.Button, gr.Dropdown]:
    """Adds both menus with Swap between them at this place of the page.

    The menus take values that are not in them, because a chip or a link may fill in a pair whose
    target is only offered once its source is; what the model can't do, its engine refuses.

    Args:
        pairs: what the first model can translate.

    Returns:
        The menu of the source, Swap, and the menu of the target.
    """
    first, second = pairs.choose("", "")
    with gr.Row(elem_classes=["md-languages"]):
        source = gr.Dropdown(
            source_choices(pairs), value=first, label="From", min_width=110, scale=4,
            allow_custom_value=True,
        )  # fmt: skip
        swap = gr.Button("⇄ Swap", size="sm", elem_classes=["md-swap"], min_width=76, scale=0)
        target = gr.Dropdown(
            choices(pairs.targets(first)), value=second, label="To", min_width=110, scale=4,
            allow_custom_value=True,
        )  # fmt: skip
    return source, swap, target


def follow_model(
    deck: Deck, capability: str, model: gr.Dropdown, source: gr.Dropdown, swap: gr.Button,
    target: gr.Dropdown, text: gr.Textbox, output: gr.Textbox, read: gr.State,
) -> None:  # fmt: skip
    """Lets the menus offer what the chosen model can do, and Swap turn everything round.

    Args:
        deck: the page.
        capability: of the tab.
        model: the picker.
        source, swap, target: from ``language_row``.
        text, output: the text and its translation.
        read: a ``Read`` of the last run, or None.
    """

    def offered(model: str, source: str, target: str) -> list[Any]:
        card = deck.known(capability, model)
        return menus(card_pairs(card), source, target) if card else [gr.skip()] * 2

    def turned(
        model: str, source: str, target: str, text: str, output: str, read: Read | None
    ) -> list[Any]:
        card = deck.known(capability, model)
        if card is None:
            return [gr.skip()] * 4
        return swapped(card_pairs(card), source, target, text, output, read)

    asked = [model, source, target]
    model.change(offered, asked, [source, target], **AT_ONCE)
    source.change(offered, asked, [source, target], **AT_ONCE)
    swap.click(  # in the queue, since gradio shows messages of queued events only
        turned, [*asked, text, output, read], [source, target, text, output],
        concurrency_limit=None, **PRIVATE,
    )  # fmt: skip


def choices(codes: tuple[str, ...]) -> list[tuple[str, str]]:
    """(name, code) of languages, by name."""
    return sorted((language_name(code), code) for code in codes)


def source_choices(pairs: Pairs) -> list[tuple[str, str]]:
    """The same for what can be translated from, with a guess as the first choice."""
    return [("Guess it", ""), *choices(pairs.sources)]


def menus(pairs: Pairs, source: str, target: str) -> list[Any]:
    """Updates of both language menus: what can't be done is not offered."""
    sources = pairs.sources
    start = source if source in ("", *sources) else pairs.choose("", "")[0]
    targets = pairs.targets(start)
    end = target if target in targets else pairs.choose(start, "")[1]
    return [
        gr.update(choices=source_choices(pairs), value=start),
        gr.update(choices=choices(targets), value=end),
    ]


def swapped(
    pairs: Pairs, source: str, target: str, text: str, output: str, read: Read | None
) -> list[Any]:
    """Updates of both menus, the text and the translation, the other way round; says why where not.

    Args:
        pairs: what the model can translate.
        source: as chosen; where it is empty, the last run's guess counts, if the text is still the
            one that it was made from.
        target: as chosen.
        text, output: as they stand on the page.
        read: of the last run.
    """
    start = source or (read.source if read and read.text == text else "")
    if not start:
        gr.Info("Choose the language of the text first, or translate it, then swap.")
        return [gr.skip()] * 4
    if start not in pairs.targets(target):
        gr.Info(f"This model does not translate from {language_name(target)} back.")
        return [gr.skip()] * 4
    moved = [output, gr.update(value=text, rtl=direction(start) == "rtl")]
    return [*menus(pairs, target, start), *(moved if output else [gr.skip()] * 2)]


def shown(result: Translation) -> Any:
    """The output box: the text, in the direction its language is written."""
    return gr.update(value=result.text, rtl=direction(result.target) == "rtl")
