"""What every tab is handed: the service below, and how the page names and documents its endpoints."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import gradio as gr
from gradio.components import Component

from models.access import Access, Tokens
from models.errors import InputError
from models.runs import R, Snapshot, Update, Verb
from models.service import Service
from models.spec import CAPABILITIES, ModelCard
from models.stop import StopToken
from tabs.parts.errors import reported, reported_stream
from tabs.parts.tool_server import mark
from tabs.parts.typed_calls import typed_call, typed_stream
from tabs.parts.visitor import current_access, current_visitor


@dataclass(frozen=True)
class Sender:
    """A value that may be sent to other tabs; see ``tabs.parts.links.send_to``."""

    capability: str
    kind: str
    source: Component
    what: str
    slot: gr.Row


@dataclass(frozen=True)
class Place:
    """A view inside a tab that has a link of its own.

    Attributes:
        tab: of the page.
        views: the tabs inside that tab.
        view: id of the one among them.
    """

    tab: str
    views: gr.Tabs
    view: str


@dataclass
class Deck:
    """The page's side of a service.

    Attributes:
        service: everything below the page.
        header: the HTML component with device and memory; refreshed after each run.
        linked: capability, or view inside a tab, -> name -> component whose value a link restores.
        places: view inside a tab -> where it is.
        accepted: (capability, kind) -> component that takes values from other tabs.
        inside: (capability, kind) -> the tabs within that tab where this component is, and which one.
        senders: values that may be sent to other tabs.
        opened: tab -> what refreshes it when it is opened, and the components that fills.
        tokens: what pages were given to ask the Hub with.
        by_model: menus whose choices hang on the tab's model; see ``tabs.parts.values.ByModel``.
        redrawn: what is drawn anew after a link was restored: a function, its inputs, its outputs.
        late: what is wired once the page is whole, with its tabs.
    """

    service: Service
    header: gr.HTML
    linked: dict[str, dict[str, Component]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    accepted: dict[tuple[str, str], Component] = field(default_factory=dict)
    inside: dict[tuple[str, str], tuple[gr.Tabs, str]] = field(default_factory=dict)
    senders: list[Sender] = field(default_factory=list)
    opened: dict[str, tuple[Callable[[], Any], list[Component]]] = field(default_factory=dict)
    tokens: Tokens = field(default_factory=Tokens, repr=False)
    by_model: dict[Component, Callable[[str, str], Sequence[tuple[str, str]]]] = field(
        default_factory=dict
    )
    redrawn: list[tuple[Callable[..., Any], list[Component], list[Component]]] = field(
        default_factory=list
    )
    late: list[Callable[[gr.Tabs], None]] = field(default_factory=list)
    _stops: dict[tuple[str, str], StopToken] = field(default_factory=dict)
    _blanks: dict[StopToken, list[Any]] = field(default_factory=dict)

    def accept(
        self, capability: str, kind: str, component: Component,
        *, inside: tuple[gr.Tabs, str] | None = None,
    ) -> None:  # fmt: skip
        """Says where a tab takes a ``text``, an ``audio`` or an ``image`` from other tabs.

        Args:
            capability: the tab.
            kind: of value.
            component: takes it.
            inside: tabs within the tab, and the one to be opened, where the component is in such a one.
        """
        self.accepted[capability, kind] = component
        if inside is not None:
            self.inside[capability, kind] = inside

    def when_opened(self, name: str, refresh: Callable[[], Any], views: list[Component]) -> None:
        """Says what is drawn anew when a tab is opened."""
        self.opened[name] = (refresh, views)

    def after_link(
        self, draw: Callable[..., Any], inputs: list[Component], outputs: list[Component]
    ) -> None:
        """Says what is drawn from values that a link may restore, such as a conversation."""
        self.redrawn.append((draw, inputs, outputs))

    def cards(self, capability: str) -> list[ModelCard]:
        """Models on offer, the default first."""
        return self.service.catalog.of(capability)

    def card(self, capability: str, model: str) -> ModelCard:
        """The card of an id from the picker; raises ``InputError`` for what is no model id."""
        return self.service.catalog.find(capability, model)

    def known(self, capability: str, model: str) -> ModelCard | None:
        """The same; None for what is no model id, of which the picker itself says why."""
        try:
            return self.card(capability, model)
        except InputError:
            return None

    @property
    def locked(self) -> bool:
        """Whether only models on offer may be run, so that no picker takes a typed id."""
        return self.service.catalog.locked

    @property
    def access(self) -> Access:
        """The rights at the Hub of whoever sent the event or call that is being handled."""
        return current_access(self.tokens, public=self.service.public)

    async def answer(self, capability: str, model: str, verb: Verb[R]) -> Snapshot[R]:
        """One run to its end, for endpoints."""
        with self.service.visitors.admitted(*current_visitor()):
            return await self.service.answer(capability, model, verb, self.access)

    async def stream(
        self, capability: str, model: str, verb: Verb[R], stop: StopToken
    ) -> AsyncIterator[Update]:
        """Progress and snapshots of one run of a chosen model, with the caller's rights and limits.

        Raises:
            InputError: when the picker was emptied.
        """
        model = picked(model)
        with self.service.visitors.admitted(*current_visitor()):
            updates = self.service.stream(capability, model, verb, stop, self.access)
            async with aclosing(cast(Any, updates)):
                async for update in updates:
                    yield update

    async def snapshots(
        self, capability: str, model: str, verb: Verb[R]
    ) -> AsyncIterator[Snapshot[R]]:
        """The results of a run as they grow, for endpoints; who stops reading them ends the run.

        Args:
            capability: whose engine runs.
            model: an id; the app's default model when empty.
            verb: what runs.
        """
        halt = StopToken()
        updates = self.stream(capability, model or self.cards(capability)[0].id, verb, halt)
        try:
            async with aclosing(cast(Any, updates)):
                async for update in updates:
                    if isinstance(update, Snapshot):
                        yield update
        finally:
            halt.set()

    def start(self, session: str, capability: str) -> StopToken:
        """A new stop token for a session's run in a tab; a run still going there is stopped."""
        self.stop(session, capability)
        token = self._stops[session, capability] = StopToken(session)
        return token

    def stop(self, session: str, capability: str) -> None:
        """Asks the session's run in that tab to end and keep what it has."""
        token = self._stops.pop((session, capability), None)
        if token is not None:
            token.set()

    def drop(self, session: str, capability: str, blank: Sequence[Any]) -> None:
        """Asks the session's run in that tab to end, and to show ``blank`` in place of what it has.

        Args:
            session, capability: see ``start``.
            blank: a value for each output of the run.
        """
        token = self._stops.pop((session, capability), None)
        if token is not None:
            self._blanks[token] = list(blank)
            token.set()

    def dropped(self, token: StopToken) -> list[Any] | None:
        """What a run shows at its end because it was dropped; None when it was not."""
        return self._blanks.get(token)

    def overtaken(self, session: str, capability: str, token: StopToken) -> bool:
        """Whether a newer run of the session has taken the place of this one."""
        return self._stops.get((session, capability), token) is not token

    def finish(self, session: str, capability: str, token: StopToken) -> None:
        """Forgets the token of a run that has ended."""
        self._blanks.pop(token, None)
        if self._stops.get((session, capability)) is token:
            del self._stops[session, capability]

    def endpoint(
        self,
        call: Callable[..., Any],
        name: str,
        *,
        inputs: Sequence[Component] | None = None,
        outputs: Sequence[Component] | None = None,
        tool: bool | None = None,
        long: Sequence[str] = (),
    ) -> None:
        """Publishes an async function as ``/name``: an HTTP endpoint, and a capability's own an MCP tool.

        Args:
            call: typed, with a docstring written for a stranger; arguments are checked by type. An async
                generator answers with what grows.
            name: endpoint name without the slash.
            inputs: components of the arguments where files come in; None for plain JSON.
            outputs: components of the answer where files go out; None for plain JSON.
            tool: whether it is an MCP tool; None for those that are a capability's own.
            long: fields of the answer that the tool leaves out, since a language model has no use for them.
        """
        grows = inspect.isasyncgenfunction(call)
        checked: Callable[..., Any] = (
            reported_stream(typed_stream(call)) if grows else reported(typed_call(call))
        )
        mark(checked, name in CAPABILITIES if tool is None else tool, long)
        if inputs is None and outputs is None:
            gr.api(  # type: ignore[attr-defined]
                checked, api_name=name, concurrency_limit=None
            )
            return
        trigger = gr.Button(visible=False)
        trigger.click(
            checked,
            list(inputs or ()),
            list(outputs or ()),
            api_name=name,
            concurrency_limit=None,
            show_progress="hidden",
        )


def picked(model: str | None) -> str:
    """The id in a picker, which a person may have emptied; nobody then asked for the default.

    Raises:
        InputError: when it was.
    """
    if not (model or "").strip():
        raise InputError("No model is chosen.", hint="Choose one in the picker, then try again.")
    return model or ""


def answer_json(snapshot: Snapshot[Any]) -> dict[str, Any]:
    """A result dataclass and its metrics as plain JSON: the shape of every endpoint's answer."""
    metrics = asdict(snapshot.metrics)
    return {**asdict(snapshot.value), "model": metrics.pop("model"), "metrics": metrics}
