"""The two language menus of the translation tab: what they offer, and what Swap does to them."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr

from models.languages import Pairs, direction, language_name
from models.translation import Translation


class Read(NamedTuple):
    """What the last run of a page read: its text, and the language it took it for."""

    text: str
    source: str


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
