"""One click, several models in turn: each one's result or error is kept, Stop ends what is left."""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from models.runs import Snapshot, Verb
from models.stop import PartToken, StopToken
from tabs.parts.deck import Deck
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.metrics import status
from tabs.parts.run import RunBar, header_html, session_of


@dataclass(frozen=True)
class Side:
    """One model's part.

    Attributes:
        title: of the model; its id where it is not known.
        value: its result, or None.
        failure: why there is none, as HTML; empty when there is one.
    """

    title: str
    value: Any = None
    failure: str = ""


@dataclass(frozen=True)
class Errand:
    """What a click means.

    Attributes:
        models: ids, run in this order.
        verb: called as ``verb(engine, stop)`` for each.
        show: shapes the sides for the outputs, one value each; called in a thread.
    """

    models: Sequence[str]
    verb: Verb[Any]
    show: Callable[[Sequence[Side]], Sequence[Any]]


def wire_several(
    deck: Deck,
    capability: str,
    key: str,
    bar: RunBar,
    errand: Callable[..., Errand],
    inputs: Sequence[Component],
    outputs: Sequence[Component],
) -> None:
    """Connects a run bar with several models.

    Args:
        deck: the page.
        capability: whose engines run.
        key: under which the page keeps the stop token; one run per session and key at a time.
        bar: the components.
        errand: input values -> Errand; may raise ``AppError``.
        inputs: components whose values ``errand`` is given, in order.
        outputs: components that ``Errand.show`` fills, in order.
    """
    ran = bar.run.click(
        _handler(deck, capability, key, errand, len(outputs)), list(inputs),
        [bar.run, bar.stop, bar.status, deck.header, *outputs],
        concurrency_limit=None, trigger_mode="once", **PRIVATE,
    )  # fmt: skip
    bar.runs.append(ran)

    def halt(request: gr.Request) -> None:
        deck.stop(session_of(request), key)

    bar.stop.click(halt, None, None, **AT_ONCE)


def _handler(
    deck: Deck, capability: str, key: str, errand: Callable[..., Errand], count: int
) -> Callable[..., AsyncIterator[list[Any]]]:
    """The event handler: the models one after the other, then what they gave."""
    same: list[Any] = [gr.skip()] * (1 + count)

    async def run(request: gr.Request, *values: Any) -> AsyncIterator[list[Any]]:
        session, sides = session_of(request), list[Side]()
        stop = deck.start(session, key)
        yield [gr.update(interactive=False), gr.update(interactive=True), "", *same]
        line, shown = "", same[1:]
        try:
            plan = errand(*values)
            for model in plan.models:
                async for line in followed(deck, capability, model, plan.verb, stop, sides):
                    yield [gr.skip(), gr.skip(), line, *same]
            line = summary(sides, len(plan.models), line)
            if any(side.value is not None for side in sides):
                shown = list(await asyncio.to_thread(plan.show, sides))
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            line = alert(as_app_error(error))
        finally:
            stop.set()
            deck.finish(session, key, stop)
        ready = gr.update(interactive=True), gr.update(interactive=False)
        yield [*ready, line, header_html(deck), *shown]

    return run


async def followed(
    deck: Deck, capability: str, model: str, verb: Verb[Any], stop: StopToken, sides: list[Side]
) -> AsyncIterator[str]:
    """Runs one model, yields status lines, and adds its side at the end. Its errors stay in it."""
    if stop.is_set:
        return
    found = Side(model)
    try:
        title = deck.card(capability, model).title
        found = Side(title)
        async for update in deck.stream(capability, model, verb, PartToken(stop)):
            yield status(update)
            if isinstance(update, Snapshot) and update.final:
                found = Side(title, update.value)
    except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
        found = Side(found.title, failure=alert(as_app_error(error)))
    sides.append(found)


def summary(sides: Sequence[Side], asked: int, last: str) -> str:
    """The status line at the end: a single model's own, the failures, or how many gave a result."""
    failures = [side for side in sides if side.failure]
    if asked == 1 and sides:
        return failures[0].failure if failures else last
    done = sum(side.value is not None for side in sides)
    head = (
        '<div class="md-status md-done" role="status"><span class="md-chip">'
        f"{done} of {asked} models gave a result</span></div>"
    )
    return head + "".join(
        f'<p class="md-note">{html.escape(side.title)}:</p>{side.failure}' for side in failures
    )
