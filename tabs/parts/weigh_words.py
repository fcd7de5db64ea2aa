"""The part "Which words matter": weights by word, and the scores again without the words clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import gradio as gr
from gradio.components import Component

from models.attribution import METHODS, Attribution, without
from models.runs import Verb
from models.spec import Ranking
from tabs.parts.code_view import code_view
from tabs.parts.deck import Deck
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.run import Job, run_bar, wire
from tabs.parts.word_view import ALIKE, ALIKE_TRY, changes_html, words_html

#: The first row of a menu of labels.
BEST = "the best one"


@dataclass(frozen=True)
class Weighed:
    """What a click on a word needs.

    Attributes:
        model: whose weights they are: its id.
        given: the values of the run.
        found: the weights of the words of one of them, a text.
        dropped: numbers of the words that are left out so far.
        at: which of the values that text is.
    """

    model: str
    given: tuple[Any, ...]
    found: Attribution
    dropped: frozenset[int]
    at: int = 0

    @property
    def text(self) -> str:
        """Whose words they are."""
        return str(self.given[self.at])

    @property
    def gone(self) -> list[str]:
        """The words that are left out."""
        return [self.found.words[i].text for i in sorted(self.dropped)]

    def left(self) -> tuple[Any, ...]:
        """The values of the run without them."""
        words = [self.found.words[i] for i in self.dropped]
        rest = without(self.text, [(word.start, word.end) for word in words])
        return (*self.given[: self.at], rest, *self.given[self.at + 1 :])


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
    named: str = "method",
    menu: tuple[str, str] | None = ("For the label", BEST),
    places: Mapping[str, int] = MappingProxyType({}),
    changes: Callable[[Any, Any, list[str]], str] = changes_html,
) -> list[Component]:
    """Adds the closed accordion at this place of the page.

    Args:
        deck: the page.
        capability: whose engine runs.
        inputs: components whose values the two functions are given, in order.
        model: the picker.
        verb_of: called as ``verb_of(*values)``: a result, such as the scores of a text.
        explain_of: called as ``explain_of(method, label, *values)``: the weights of its words.
        methods: (name, value) to choose from; the choice is left out where there are none.
        coded: settings of the code beside the method; see ``tabs.parts.code_view``.
        named: the method's name among those settings.
        menu: name and first row of the menu of what words are weighed for, such as a label; None where
            there is no choice. ``emptied`` brings the other rows.
        places: method -> which of the inputs is the text whose words it weighs; the first by default.
        changes: called as ``changes(before, after, words)`` with two results of ``verb_of``: what
            leaving these words out has changed, as HTML.

    Returns:
        What the tab's own run fills with ``emptied``: the words, the change of the scores, the state
        behind both, the status line, and the menu of labels.
    """
    usual = methods[0][1] if methods else METHODS[0]
    name, first = menu or ("", "")
    alike = ALIKE_TRY if "gradients" in dict(methods).values() else ALIKE
    with gr.Accordion("Which words matter", open=False, elem_classes=["md-later"]):
        method = gr.Radio(
            list(methods), value=usual if methods else None, visible=bool(methods),
            show_label=False, container=False,
        )  # fmt: skip
        label = gr.Dropdown(
            _rows((), first), value="", label=name, visible=bool(menu), elem_classes=["md-as-is"]
        )
        bar = run_bar("Weigh the words")
        words = gr.HTML("", js_on_load="modeldeck.dropOnClick(element, trigger)")
        change = gr.HTML("")
        place = gr.Column()
    seen = gr.State(None, time_to_live=3600)

    def drawn(now: Weighed) -> str:
        return words_html(now.text, now.found, now.dropped, alike)

    def job(method: str | None, label: str | None, model: str, *values: Any) -> Job:
        chosen = method or usual  # None: an accordion that was never opened

        def show(result: Attribution) -> list[Any]:
            now = Weighed(model, values, result, frozenset(result.gone), places.get(chosen, 0))
            return [drawn(now), "", now]

        return Job(model, explain_of(chosen, label or "", *values), show)

    given = [method, label, model, *inputs]
    wire(deck, capability, bar, job, given, [words, change, seen], link=False)

    async def drop(seen: Weighed | None, place: gr.EventData) -> list[Any]:
        if seen is None:
            return [gr.skip()] * 3
        now = replace(seen, dropped=seen.dropped ^ {int(place.word)})
        if not now.dropped:
            return [drawn(now), "", now]
        try:
            before, after = [
                (await deck.answer(capability, seen.model, verb_of(*values))).value
                for values in (now.given, now.left())
            ]
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            return [drawn(now), alert(as_app_error(error)), now]
        return [drawn(now), changes(before, after, now.gone), now]

    words.select(drop, seen, [words, change, seen], trigger_mode="always_last", **PRIVATE)
    # weights are of one model: those of another one beside its name would be taken for its own
    filled = [words, change, seen, bar.status, label]
    model.change(lambda: emptied(first=first), None, filled, **AT_ONCE)  # type: ignore[attr-defined]
    with place:
        code_view(
            deck, capability, bar, {**coded, named: method, "label": label}, model,
            lambda given: {**given, named: given[named] or usual},
        )  # fmt: skip
    return filled


def emptied(rows: Sequence[tuple[str, str]] = (), first: str = BEST) -> list[Any]:
    """What ``weigh_words`` returned once a run is done: its words were those of a run before.

    Args:
        rows: of the menu, name and value, by the run's result.
        first: the row before them.
    """
    return ["", "", None, "", gr.update(choices=_rows(rows, first), value="")]


def labels_of(result: Ranking) -> list[tuple[str, str]]:
    """The labels of a result as rows of the menu."""
    return [(one.label, one.label) for one in result.scores]


def _rows(rows: Sequence[tuple[str, str]], first: str) -> list[tuple[str, str]]:
    return [(first, ""), *rows]
