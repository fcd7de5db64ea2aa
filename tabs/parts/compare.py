"""Two models on the same input: their results side by side, what differs, and what each one costs.

The runs go one after the other, so that neither slows the other down and the times can be compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from models.runs import Metrics, Snapshot, Verb
from models.spec import ModelCard
from models.stop import PartToken, StopToken
from tabs.parts.choices import choosing, rows
from tabs.parts.deck import Deck
from tabs.parts.differences import grid, sentence
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.markup import empty, note
from tabs.parts.metrics import number, seconds, size, status, where
from tabs.parts.picker import suggest_while_typing
from tabs.parts.run import header_html, session_of

#: Two times that differ by less than this factor are called about the same.
ALIKE = 1.1
#: Times below this are more chance than model, in seconds.
BRIEF_S = 0.05
_HINT = "Both read the input and the settings of this tab, one after the other."
_NOT_RUN = '<div class="md-status md-muted" role="status">Not run: stopped before.</div>'
_NAMES = ("First model", "Second model")


@dataclass(frozen=True)
class Plan:
    """What a tab compares; see ``compare`` for the three functions."""

    capability: str
    verb_of: Callable[..., Verb[Any]]
    show_html: Callable[..., str]
    difference_html: Callable[..., str]
    prepare: Callable[..., Sequence[Any]] | None = None

    @property
    def key(self) -> str:
        """Under which the page keeps the stop token: apart from the tab's own run."""
        return f"compare:{self.capability}"


@dataclass
class Side:
    """One of the two models during a comparison.

    Attributes:
        line: its status line as HTML.
        drawn: its result as HTML; empty before there is one.
        last: its newest snapshot.
    """

    line: str = ""
    drawn: str = ""
    last: Snapshot[Any] | None = None


def compare(
    deck: Deck,
    capability: str,
    inputs: Sequence[Component],
    verb_of: Callable[..., Verb[Any]],
    show_html: Callable[..., str],
    difference_html: Callable[..., str],
    prepare: Callable[..., Sequence[Any]] | None = None,
) -> tuple[list[gr.Dropdown], Dependency]:
    """Adds the closed accordion "Compare two models" at this place of the page.

    Args:
        deck: the page.
        capability: whose engines run.
        inputs: components whose values the three functions are given, in order.
        verb_of: called as ``verb_of(*values)``; may raise ``AppError``.
        show_html: called as ``show_html(result, *values)``, for each side.
        difference_html: called as ``difference_html(first, second, *values)``, in a thread.
        prepare: called once as ``prepare(*values)`` for the values that both sides get: what is
            drawn by lot must be the same for both.

    Returns:
        Both pickers, and the event of a comparison, so that something may follow its end.
    """
    with gr.Accordion("Compare two models", open=False, elem_classes=["md-later", "md-compare"]):
        gr.HTML(note(_HINT))
        with gr.Row(elem_classes=["md-abreast"]):
            pickers = [_picker(deck, capability, place) for place in range(2)]
        with gr.Row(elem_classes=["md-part-bar"]):
            go = gr.Button("Compare", variant="primary", scale=3, elem_classes=["md-part-run"])
            stop = gr.Button(
                "Stop", interactive=False, scale=1, min_width=80, elem_classes=["md-part-stop"]
            )
        slots = list[Component]()
        with gr.Row(elem_classes=["md-abreast"]):
            for name in _NAMES:
                with gr.Column(min_width=260, elem_classes=["md-side"]):
                    slots.append(gr.HTML("", elem_classes=["md-status-slot"]))
                    slots.append(gr.HTML(empty(f"{name}: its result appears here.")))
        difference = gr.HTML("", elem_classes=["md-difference"])
    plan = Plan(capability, verb_of, show_html, difference_html, prepare)
    compared: Dependency = go.click(
        _handler(deck, plan), [*pickers, *inputs], [go, stop, deck.header, *slots, difference],
        concurrency_limit=None, trigger_mode="once", **PRIVATE,
    )  # fmt: skip

    def halt(request: gr.Request) -> None:
        deck.stop(session_of(request), plan.key)

    stop.click(halt, None, None, **AT_ONCE)
    return pickers, compared


def _picker(deck: Deck, capability: str, place: int) -> gr.Dropdown:
    cards = [offer.card for offer in deck.service.offers(capability)]
    start = at_hand(cards, offline=deck.service.settings.offline)
    alone = place == 1 and start[0] is start[1]
    picker = gr.Dropdown(
        rows(deck, capability),
        value=start[place].id,
        allow_custom_value=not deck.locked,
        label=_NAMES[place],
        info=_second_needed(deck, cards) if alone else choosing(deck),
        min_width=260,
    )
    suggest_while_typing(deck, capability, picker)
    return picker


def _second_needed(deck: Deck, cards: Sequence[ModelCard]) -> str:
    """The second picker's line where both sides start with the same model."""
    needed = "A comparison needs a second model"
    if len(cards) == 1 and deck.locked:
        return f"{needed}, and only this one is offered here."
    if len(cards) == 1 and deck.service.settings.offline:
        return f"{needed}, and only this one is on this machine; offline, the Hub is not asked."
    return f"{needed}. {choosing(deck)}"


def at_hand(cards: Sequence[ModelCard], *, offline: bool) -> tuple[ModelCard, ModelCard]:
    """The two models that a comparison starts with: what can be had, twice the first if need be."""
    here = [
        card for card in cards if not offline or card.is_starter or card.id.startswith("local/")
    ]
    first = here[0] if here else cards[0]
    return first, here[1] if len(here) > 1 else first


def _handler(deck: Deck, plan: Plan) -> Callable[..., AsyncIterator[list[Any]]]:
    """The event handler: both runs, then their difference."""

    async def run(
        request: gr.Request, first: str, second: str, *values: Any
    ) -> AsyncIterator[list[Any]]:
        session, sides = session_of(request), (Side(), Side())
        whole = deck.start(session, plan.key)
        yield [*_buttons(running=True), gr.skip(), *_views(sides), ""]
        given: Sequence[Any] = plan.prepare(*values) if plan.prepare else values
        try:
            for side, model in zip(sides, (first, second), strict=True):
                async for _ in follow(deck, plan, model, whole, side, given):
                    yield [gr.skip(), gr.skip(), gr.skip(), *_views(sides), gr.skip()]
            drawn = await asyncio.to_thread(conclusion, sides, plan, given)
        finally:
            whole.set()
            deck.finish(session, plan.key, whole)
        yield [*_buttons(running=False), header_html(deck), *_views(sides), drawn]

    return run


async def follow(
    deck: Deck, plan: Plan, model: str, whole: StopToken, side: Side, values: Sequence[Any]
) -> AsyncIterator[None]:
    """Runs one side to its end and yields whenever ``side`` has changed. Its errors stay in it."""
    if whole.is_set:
        side.line = _NOT_RUN
        return
    try:
        verb = plan.verb_of(*values)
        async for update in deck.stream(plan.capability, model, verb, PartToken(whole)):
            side.line = status(update)
            if isinstance(update, Snapshot):
                side.last, side.drawn = update, plan.show_html(update.value, *values)
            yield
    except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
        side.line = alert(as_app_error(error))


def conclusion(sides: tuple[Side, Side], plan: Plan, values: Sequence[Any]) -> str:
    """The difference of results and costs; empty unless both sides have a result."""
    first, second = sides[0].last, sides[1].last
    if first is None or second is None:
        return ""
    try:
        parts = [plan.difference_html(first.value, second.value, *values)]
    except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
        parts = [alert(as_app_error(error))]
    parts.append(costs_html(first.metrics, second.metrics))
    if first.metrics.model == second.metrics.model:
        parts.append(note("It is the same model on both sides."))
    if first.stopped or second.stopped or not (first.final and second.final):
        parts.append(note("Not everything was run: the difference is between what there is."))
    return f'<h3 class="md-difference-title">Difference</h3>{"".join(parts)}'


def costs_html(first: Metrics, second: Metrics) -> str:
    """Times, speed and memory of both models in a table, and the faster one in a sentence."""
    rows = [
        ["Model", first.title, second.title],
        ["Run", seconds(first.run_s), seconds(second.run_s)],
        ["Speed", _speed(first), _speed(second)],
        ["Load", _load(first), _load(second)],
        ["Memory", _memory(first), _memory(second)],
        ["Device", where(first), where(second)],
    ]
    fresh = " and ".join(m.title for m in (first, second) if m.load_s)
    warning = f"Just loaded: {fresh}. A first run is slower; compare again." if fresh else ""
    table = grid(["", "First", "Second"], rows, ours=True)
    return sentence(pace(first, second)) + table + (note(warning) if warning else "")


def pace(first: Metrics, second: Metrics) -> str:
    """One sentence on which run was faster, and by what factor."""
    slow, fast = max(first.run_s, second.run_s), min(first.run_s, second.run_s)
    if slow < BRIEF_S:
        return f"Both took less than {seconds(BRIEF_S)}: too short a time to compare."
    if fast <= 0 or slow / fast < ALIKE:
        return "Both took about the same time."
    winner = "first" if first.run_s < second.run_s else "second"
    return f"The {winner} model was {number(slow / fast)} times as fast."


def _speed(metrics: Metrics) -> str:
    return f"{number(metrics.throughput)} {metrics.unit}/s" if metrics.throughput else ""


def _load(metrics: Metrics) -> str:
    return seconds(metrics.load_s) if metrics.load_s else "already loaded"


def _memory(metrics: Metrics) -> str:
    return size(metrics.memory_bytes) if metrics.memory_bytes else "unknown"


def _views(sides: tuple[Side, Side]) -> list[str]:
    return [html for side in sides for html in (side.line, side.drawn)]


def _buttons(*, running: bool) -> tuple[Any, Any]:
    return gr.update(interactive=not running), gr.update(interactive=running)
