"""The part "Which words matter": weights by word, and the scores again without the words clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from gradio.components import Component

from models.attribution import METHODS, Attribution, without
from models.runs import Verb
from tabs.parts.code_view import code_view
from tabs.parts.deck import Deck
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.run import Job, run_bar, wire
from tabs.parts.word_view import changes_html, words_html


@dataclass(frozen=True)
class Weighed:
    """What a click on a word needs.

    Attributes:
        model: whose weights they are: its id.
        given: the values of the run, the text first.
        found: the weights of its words.
        dropped: numbers of the words that are left out so far.
    """

    model: str
    given: tuple[Any, ...]
    found: Attribution
    dropped: frozenset[int]


def weigh_words(
    deck: Deck,
    capability: str,
    inputs: Sequence[Component],
    model: Component,
    verb_of: Callable[..., Verb[Any]],
    explain_of: Callable[..., Verb[Attribution]],
    methods: Sequence[tuple[str, str]] = (),
    *,
    coded: Mapping[str, Component],
) -> list[Component]:
    """Adds the closed accordion at this place of the page.

    Args:
        deck: the page.
        capability: whose engine runs.
        inputs: components whose values the two functions are given, in order, the text first.
        model: the picker.
        verb_of: called as ``verb_of(*values)``: the scores of a text, a ``Ranking``.
        explain_of: called as ``explain_of(method, *values)``: the weights of its words.
        methods: (name, value) to choose from; the choice is left out where there are none.
        coded: settings of the code beside ``method``; see ``tabs.parts.code_view``.

    Returns:
        What is to be emptied when the tab's own run has a result: the words, the change of the
        scores, the state behind both (None when empty), and the status line.
    """
    usual = methods[0][1] if methods else METHODS[0]
    with gr.Accordion("Which words matter", open=False, elem_classes=["md-later"]):
        method = gr.Radio(
            list(methods), value=usual if methods else None, visible=bool(methods),
            show_label=False, container=False,
        )  # fmt: skip
        bar = run_bar("Weigh the words")
        words = gr.HTML("", js_on_load="modeldeck.dropOnClick(element, trigger)")
        change = gr.HTML("")
        place = gr.Column()
    seen = gr.State(None, time_to_live=3600)

    def job(method: str | None, model: str, *values: Any) -> Job:
        return Job(
            model,
            explain_of(method or usual, *values),
            lambda result: [
                words_html(values[0], result), "", Weighed(model, values, result, frozenset()),
            ],
        )  # fmt: skip

    wire(deck, capability, bar, job, [method, model, *inputs], [words, change, seen], link=False)

    async def drop(seen: Weighed | None, place: gr.EventData) -> list[Any]:
        if seen is None:
            return [gr.skip()] * 3
        now = replace(seen, dropped=seen.dropped ^ {int(place.word)})
        text, *others = now.given
        drawn = words_html(text, now.found, now.dropped)
        if not now.dropped:
            return [drawn, "", now]
        gone = [now.found.words[i] for i in sorted(now.dropped)]
        rest = without(text, [(word.start, word.end) for word in gone])
        try:
            before, after = [
                (await deck.answer(capability, seen.model, verb_of(one, *others))).value
                for one in (text, rest)
            ]
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            return [drawn, alert(as_app_error(error)), now]
        return [drawn, changes_html(before, after, [word.text for word in gone]), now]

    words.select(drop, seen, [words, change, seen], trigger_mode="always_last", **PRIVATE)
    # weights are of one model: those of another one beside its name would be taken for its own
    emptied = [words, change, seen, bar.status]
    model.change(lambda: ["", "", None, ""], None, emptied, **AT_ONCE)  # type: ignore[attr-defined]
    with place:
        code_view(
            deck, capability, bar, {**coded, "method": method}, model,
            lambda given: {**given, "method": given["method"] or usual},
        )  # fmt: skip
    return emptied
