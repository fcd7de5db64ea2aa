"""The composition root of everything below the page: settings, catalog, registry and runner as one.

One ``Service`` per process. It knows capabilities and model ids; it knows no gradio.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, cast

from models import allocator
from models.access import MACHINE, NOBODY, Access
from models.admission import Admission, Wish, wish
from models.catalog import Catalog, load_catalog
from models.device import choose_device, glimpse, usable_cores
from models.errors import Stopped
from models.hub import hub_answers
from models.hub.client import account
from models.hub.desk import HubDesk
from models.hub.pins import Pins
from models.hub.preflight import Preflight
from models.hub.search import Found, search
from models.lending import borrowed, lender
from models.limits import Visitors
from models.loop_lag import LoopLag
from models.machine import glimpse_machine
from models.memory.sizes import SizeBook
from models.offers import Offer, fit, offers, reason
from models.registry import Registry
from models.runs import Loading, R, Runner, Snapshot, Update, Verb
from models.settings import Settings
from models.sources import ModelBuilder
from models.spec import ModelCard
from models.stop import StopToken
from models.variants import Shelf
from models.warming import Loaded
from models.zero_gpu import import_spaces
from models.zero_gpu.callers import carried
from models.zero_gpu.device import TIER, ZeroDevice, fixed_set, offered
from models.zero_gpu.engines import make_registry

#: Runs of a ZeroGPU Space that may wait for a GPU at once: their threads only wait.
ZERO_WORKERS = 32


@dataclass(frozen=True)
class Service:
    """Answers "run this verb of that capability on that model".

    Attributes:
        settings: what the process was started with.
        catalog: the models on offer.
        registry: the models in memory.
        runner: the workers.
        visitors: what each of them may do at once.
        desk: where the Hub is asked.
        lag: how late the event loop that serves the page is.
    """

    settings: Settings
    catalog: Catalog
    registry: Registry
    runner: Runner
    visitors: Visitors = field(default_factory=Visitors)
    desk: HubDesk = field(default_factory=HubDesk)
    lag: LoopLag = field(default_factory=LoopLag)

    async def stream(
        self,
        capability: str,
        model: str,
        verb: Verb[R],
        stop: StopToken,
        access: Access | None = None,
    ) -> AsyncIterator[Update]:
        """Progress and snapshots of one run; see ``models.runs.Runner.stream``.

        Args:
            capability: one of ``models.spec.CAPABILITIES``.
            model: id from the page or a call.
            verb: what to run.
            stop: ends it.
            access: the caller's rights at the Hub; ``own_access`` when None.

        Raises:
            InputError: when ``model`` is no model id.
        """
        card = self.catalog.find(capability, model)
        async for step in self.admission.steps(self._wish(card, model, access), stop):
            if isinstance(step, Loading):
                yield step
                continue
            spec, own = borrowed(card, step, verb)
            updates = cast(Any, self.runner.stream(spec, self._carried(own), stop))
            async with aclosing(updates):
                async for update in updates:
                    yield update

    async def answer(
        self, capability: str, model: str, verb: Verb[R], access: Access | None = None
    ) -> Snapshot[R]:
        """The final result of one run, with its metrics."""
        card = self.catalog.find(capability, model)
        async for step in self.admission.steps(self._wish(card, model, access)):
            if not isinstance(step, Loading):
                spec, own = borrowed(card, step, verb)
                return await self.runner.answer(spec, self._carried(own))
        raise Stopped

    async def keep(self, capability: str, model: str) -> Snapshot[Loaded]:
        """Loads a model with this machine's own rights, and keeps it in memory until it is unpinned."""
        card = self.catalog.find(capability, model)
        async for step in self.admission.steps(wish(lender(card), model, MACHINE)):
            if not isinstance(step, Loading):
                spec, verb = borrowed(card, step, lambda engine, stop: Loaded())
                done = await self.runner.answer(spec, verb)
                self.registry.pin(spec.key)
                return done
        raise Stopped

    async def preflight(
        self, capability: str, model: str, access: Access | None = None
    ) -> Preflight | None:
        """What the Hub says of a model before its weights are fetched; see ``models.admission``."""
        card = self.catalog.find(capability, model)
        return await self.admission.preflight(self._wish(card, model, access))

    async def search(
        self, capability: str, words: str, access: Access | None = None
    ) -> list[Found]:
        """Models of the Hub for a capability by letters of their name; see ``models.hub.search``."""
        rights = self.own_access if access is None else access
        return await asyncio.wrap_future(self.desk.pool.submit(search, capability, words, rights))

    async def account(self, access: Access) -> str:
        """Name of the Hub account behind a caller's rights; empty for nobody, or when not told."""
        if self.desk.offline:
            return ""
        return await asyncio.wrap_future(self.desk.pool.submit(account, access))

    @property
    def admission(self) -> Admission:
        """Who decides what may be loaded for whom."""
        return Admission(self.desk, self.registry, self.settings)

    def _wish(self, card: ModelCard, model: str, access: Access | None) -> Wish:
        return wish(lender(card), model, self.own_access if access is None else access)

    @property
    def public(self) -> bool:
        """Whether strangers use this app: by a share link or as a Space."""
        return self.settings.public

    @property
    def own_access(self) -> Access:
        """The rights of a caller who gave no token: this machine's, and nobody's on a public page."""
        return NOBODY if self.public else MACHINE

    def _carried(self, verb: Verb[R]) -> Verb[R]:
        """On ZeroGPU a run is charged to the visitor, who must be known where it runs."""
        return carried(verb) if self.settings.zero_gpu else verb

    def offers(self, capability: str) -> list[Offer]:
        """The rows of a capability's pickers; reads the Hub's cache where the Hub may not be asked."""
        if self.settings.zero_gpu:
            return [Offer(card) for card in self.catalog.of(capability)]
        here = self.desk.here() if self.desk.offline else None
        if here is not None and self.public:
            here = [facts for facts in here if not facts.restricted]
        return offers(self.catalog, capability, self.admission.machine, here)

    def reason(self, offer: Offer, *, default: bool = False) -> str:
        """Why a tab starts with a model, why it is recommended, or what to expect of it here.

        Args:
            offer: the model.
            default: whether it is the one that a tab starts with.
        """
        card, machine = offer.card, self.admission.machine
        if self.settings.zero_gpu:
            lent = "Built when this ZeroGPU Space started; a GPU is lent for each run."
            return lent if default else ""
        if default and {card.id, ""} & {
            m for task, m in self.settings.preloaded if task == card.capability
        }:
            return "Loaded when this app started, and kept in memory."
        if default and card.id.startswith("local/"):
            return "This app was started with it."
        if card.is_starter:
            label, why = self.device_label
            told = (
                "Starter: works without a network; the first run loads it. "
                f"Device: {label} ({why})."
            )
            best = next((o.card for o in self.offers(card.capability) if o.recommended), None)
            more = f" {best.title} is recommended on this machine." if best else ""
            return told + more if default else ""
        if offer.recommended:
            return reason(card, machine)
        return fit(card, machine) if card.is_hub else ""

    @property
    def device_label(self) -> tuple[str, str]:
        """Human name of the device and the reason; a glimpse until the first load has chosen."""
        if self.settings.zero_gpu:
            return ZeroDevice.label, "a GPU is lent for each run"
        device = self.registry.device
        guess = glimpse(self.settings.device)
        return (device.label, guess[1]) if device else guess

    def close(self) -> None:
        """Ends the workers and loaders."""
        self.runner.close()
        self.registry.close()
        self.desk.close()


def make_service(settings: Settings) -> Service:
    """Wires a service together; imports no torch, unless this is a ZeroGPU Space.

    Raises:
        CatalogError: when the catalog file breaks its schema.
        ZeroGpuError, AppError: when a ZeroGPU Space can't build its models.
    """
    allocator.settle()
    if settings.zero_gpu:
        return _make_zero_service(settings)
    desk = _make_desk(settings)
    shelf = Shelf(settings.cache_folder, settings.variants)
    registry = Registry(
        _make_builder(settings, desk, shelf),
        lambda: choose_device(settings.device),
        budget_bytes=settings.memory_bytes,
        sizes=SizeBook(settings.cache_folder / "sizes.json"),
    )
    shelf.recharge = registry.recharge
    runner = Runner(registry, workers=max(2, usable_cores()), queue_size=settings.queue_size)
    machine = glimpse_machine(settings.device, settings.memory_bytes)
    tier = machine.tier if machine.has_gpu and not settings.offline and hub_answers() else "starter"
    return Service(
        settings,
        load_catalog(
            settings.local_models, preferred_tier=tier, locked=settings.locked, gpu=machine.has_gpu
        ).led_by((*settings.preloaded, *((m.capability, m.id) for m in settings.local_models))),
        registry,
        runner,
        visitors=Visitors(settings.limits),
        desk=desk,
    )


def _make_desk(settings: Settings) -> HubDesk:
    return HubDesk(settings.offline, Pins(settings.lock_file, grows=not settings.public))


def _make_builder(settings: Settings, desk: HubDesk, shelf: Shelf) -> ModelBuilder:
    folders = {model.id: model.folder for model in settings.local_models}
    return ModelBuilder(settings.cache_folder, folders, desk, shelf)


def _make_zero_service(settings: Settings) -> Service:
    """The service of a ZeroGPU Space: builds its models now, in this thread, the main one."""
    everything = load_catalog(settings.local_models, preferred_tier=TIER)
    cards = fixed_set(everything, settings.zero_choice)
    desk = _make_desk(settings)
    shelf = Shelf(settings.cache_folder, settings.variants)
    registry = make_registry(_make_builder(settings, desk, shelf), cards, import_spaces())
    shelf.recharge = registry.recharge
    runner = Runner(registry, workers=ZERO_WORKERS, queue_size=settings.queue_size)
    return Service(
        settings,
        offered(everything, cards, locked=settings.locked),
        registry,
        runner,
        visitors=Visitors(settings.limits),
        desk=desk,
    )
