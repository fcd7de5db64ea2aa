"""Run, Stop and the status line: how every tab turns a click into a run and shows its course."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from models.runs import Snapshot, Update, Verb
from models.stop import StopToken
from tabs.parts.deck import Deck
from tabs.parts.errors import alert, as_app_error
from tabs.parts.events import AT_ONCE, PRIVATE
from tabs.parts.example_chips import chips
from tabs.parts.history import History
from tabs.parts.links import link_button
from tabs.parts.memory import memory
from tabs.parts.metrics import status
from tabs.parts.run_news import news

#: Class of a message box in which Enter runs; see ``assets/js/keys.js``.
SENDS = "md-enter-sends"


@dataclass(frozen=True)
class RunBar:
    """The components of a run bar, to be placed by the tab and wired by ``wire``.

    Attributes:
        run: starts a run.
        stop: ends it.
        status: its course and its cost.
        tools: place for what is done with a result.
        runs: the events that are runs, so that something may follow their end; ``wire`` fills it.
            Those of ``Live`` are not among them: they come with every key.
    """

    run: gr.Button
    stop: gr.Button
    status: gr.HTML
    tools: gr.Row
    runs: list[Dependency] = field(default_factory=list)


@dataclass(frozen=True)
class Job:
    """What a click means.

    Attributes:
        model: model id from the picker.
        verb: called as ``verb(engine, stop)``: returns a result, or an iterator of growing ones.
        show: shapes a result for the outputs: one value per output, or a single one.
        show_final: the same for the last result, where that differs (files to download, ...).
        course: a run of several models, called with the stop token, in place of ``verb`` on ``model``.
    """

    model: str
    verb: Verb[Any]
    show: Callable[[Any], Any]
    show_final: Callable[[Any], Any] | None = None
    course: Callable[[StopToken], AsyncIterator[Update]] | None = None


@dataclass(frozen=True)
class Live:
    """A run while somebody types.

    Attributes:
        trigger: the change of the text box, which is the first input of the run. (Its ``input``
            comes with keys that write a character only: not with Backspace, nor when text is pasted.)
        box: whether it is wanted.
        blank: what the outputs show when the text was emptied.
    """

    trigger: Any
    box: gr.Checkbox
    blank: Sequence[Any]


def run_bar(label: str, *, ready: bool = True) -> RunBar:
    """Adds the Run and Stop buttons and the status line at this place of the page.

    Args:
        label: of the Run button.
        ready: whether it can be pressed from the start.
    """
    with gr.Row(elem_classes=["md-runbar"]):
        run = gr.Button(
            label, variant="primary", interactive=ready, elem_classes=["md-run"], scale=3
        )
        stop = gr.Button("Stop", interactive=False, elem_classes=["md-stop"], scale=1, min_width=80)
    status = gr.HTML("", elem_classes=["md-status-slot"])
    tools = gr.Row(elem_classes=["md-tools"])
    with tools:
        pass
    return RunBar(run, stop, status, tools)


def wire(
    deck: Deck,
    capability: str,
    bar: RunBar,
    job: Callable[..., Job],
    inputs: Sequence[Component],
    outputs: Sequence[Component],
    *,
    also: Sequence[Any] = (),
    examples: Sequence[tuple[str, Sequence[Any]]] = (),
    example_inputs: Sequence[Component] | None = None,
    slot: gr.Column | gr.Row | None = None,
    link: bool = True,
    live: Live | None = None,
    content: Sequence[Component] | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
    after: Sequence[Dependency] = (),
    key: str = "",
) -> None:
    """Connects a run bar.

    Args:
        deck: the page.
        capability: whose engine runs; one run per session and capability at a time.
        bar: the components.
        job: the tab's handler: input values -> Job; may raise ``AppError``.
        inputs: components whose values ``job`` is given, in order.
        outputs: components that ``Job.show`` fills, in order.
        also: further triggers, such as ``text.submit``.
        examples: (label, values) of chips that fill ``example_inputs`` and run at once.
        example_inputs: where the chips' values go; ``inputs`` without the picker by default.
        slot: where the chips are drawn; here and now when None.
        link: whether this is the tab's own run, which offers a link that restores its inputs, its
            last runs and presets: one bar a tab does.
        live: how it also runs while somebody types.
        content: those of the inputs that are the visitor's own text or file, which no preset
            holds; the first one by default.
        presets: that come with the tab, name -> setting -> value.
        after: events whose end begins a run, such as one that takes a message back.
        key: under which the page keeps the stop token; the capability when empty. One run per
            session and key at a time.
    """
    key = key or capability
    kept: History | None = None
    given, sinks = list(inputs), [bar.run, bar.stop, bar.status, deck.header, *outputs]
    if link:
        with bar.tools:
            link_button(deck, capability, dict(zip(signature(job).parameters, inputs, strict=True)))
        kept = memory(
            capability, deck.linked[capability], inputs, outputs, content or inputs[:1],
            presets or {}, bar.status, deck.by_model,
        )  # fmt: skip
        given, sinks = [*given, kept.state, kept.keep], [*sinks, kept.state, kept.listing]
    handler = _handler(deck, capability, job, len(outputs), kept, key)
    settings: dict[str, Any] = {**PRIVATE, "concurrency_limit": None}
    bar.runs.append(
        gr.on([bar.run.click, *also], handler, given, sinks, trigger_mode="once", **settings)
    )
    bar.runs.extend(event.then(handler, given, sinks, **settings) for event in after)

    def stop(request: gr.Request) -> None:
        deck.stop(session_of(request), key)

    bar.stop.click(stop, None, None, **AT_ONCE)
    if live is not None:
        # without the history: half-written texts are not kept
        passing = _handler(deck, capability, job, len(outputs), key=key)
        _live(deck, key, passing, live, list(inputs), sinks[: 4 + len(outputs)], settings)
    if examples:
        targets = list(
            example_inputs if example_inputs is not None else inputs[: len(examples[0][1])]
        )
        filled = chips(examples, targets, slot)
        bar.runs.append(filled.then(handler, given, sinks, **settings))


def _live(
    deck: Deck,
    key: str,
    handler: Callable[..., AsyncIterator[list[Any]]],
    live: Live,
    inputs: list[Component],
    sinks: list[Component],
    settings: dict[str, Any],
) -> None:
    """Runs while somebody types: the newest text wins, a run for an older one is stopped."""

    def overtake(on: bool, request: gr.Request) -> None:
        if on:
            deck.stop(session_of(request), key)

    async def run(request: gr.Request, on: bool, *values: Any) -> AsyncIterator[list[Any]]:
        if not on:
            yield [gr.skip()] * len(sinks)
            return
        if not values[0].strip():  # what stands there belongs to a text that is gone
            yield [*_buttons(running=False), "", gr.skip(), *live.blank]
            return
        async for update in handler(request, *values):
            yield update

    live.trigger(overtake, live.box, None, **AT_ONCE)
    live.trigger(run, [live.box, *inputs], sinks, trigger_mode="always_last", **settings)


def _handler(
    deck: Deck,
    capability: str,
    job: Callable[..., Job],
    count: int,
    kept: History | None = None,
    key: str = "",
) -> Callable[..., AsyncIterator[list[Any]]]:
    """The event handler: an async generator over the run's updates.

    With ``kept`` the values end with the runs so far and whether to keep more of them, and the
    updates with the runs and their list.

    The final result comes with the very last update. gradio sends what changed between two updates,
    and a busy page that has not drawn the one before takes "nothing new" after it for "no value".
    """
    key = key or capability
    same = [gr.skip(), gr.skip()] if kept is not None else []
    unchanged = [*[gr.skip()] * count, *same]

    async def run(request: gr.Request, *values: Any) -> AsyncIterator[list[Any]]:
        session = session_of(request)
        *asked, runs, keep = values if kept is not None else (*values, [], False)
        token = deck.start(session, key)
        yield [*_buttons(running=True), "", gr.skip(), *unchanged]
        line, sent, last = "", list[Any](), unchanged
        try:
            plan = job(*asked)
            async for update in _updates(deck, capability, plan, token):
                if deck.overtaken(session, key, token) or deck.dropped(token) is not None:
                    continue
                line = status(update)
                if not isinstance(update, Snapshot):
                    yield [gr.skip(), gr.skip(), line, gr.skip(), *unchanged]
                    continue
                shown = _show(plan, update, count)
                fresh, sent = news(shown, sent), shown
                if not update.final:
                    yield [gr.skip(), gr.skip(), line, gr.skip(), *fresh, *same]
                elif kept is None or keep is False:  # None: the tick was never seen
                    last = [*fresh, *same]
                else:
                    last = [*fresh, *kept.noted(runs, asked, update, shown)]
        except Exception as error:  # noqa: BLE001 - shown, and logged under a ticket
            line = alert(as_app_error(error))
        finally:
            token.set()
            blank = deck.dropped(token)
            deck.finish(session, key, token)
        if deck.overtaken(session, key, token):
            return  # the buttons, the line and the outputs are the newer run's
        if blank is not None:  # comes after whatever of the run is still on its way to the page
            line, last = "", [*blank, *same]
        yield [*_buttons(running=False), line, header_html(deck), *last]

    return run


def _updates(deck: Deck, capability: str, plan: Job, token: StopToken) -> AsyncIterator[Update]:
    if plan.course is not None:
        return plan.course(token)
    return deck.stream(capability, plan.model, plan.verb, token)


def _show(plan: Job, update: Snapshot[Any], count: int) -> list[Any]:
    show = plan.show_final if update.final and plan.show_final else plan.show
    values = show(update.value)
    return [values] if count == 1 else list(values)


def _buttons(*, running: bool) -> tuple[Any, Any]:
    return gr.update(interactive=not running), gr.update(interactive=running)


def session_of(request: gr.Request) -> str:
    """The browser page that an event came from."""
    return request.session_hash or "no session"


def header_html(deck: Deck) -> str:
    """The header's figures now; see ``tabs.parts.header``."""
    from tabs.parts.header import figures_html

    return figures_html(deck.service, deck.access.identity)
