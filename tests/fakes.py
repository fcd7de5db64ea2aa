"""Readable stand-ins: a device with a memory limit, and models that are plain byte counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.catalog import Catalog
from models.hub.desk import HubDesk
from models.loading import ModelSpec, Report
from models.memory.recovery import Host
from models.registry import Registry
from models.runs import Runner
from models.service import Service
from models.settings import Settings
from models.spec import CAPABILITIES, ModelCard, Placement, Weights, Work
from models.variant_memory import Beside

#: Seconds to wait for another thread: only a fault takes as long, however busy the machine.
WAIT_S = 100


class Clock:
    """Seconds that only move when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeMemoryError(RuntimeError):
    """What ``FakeDevice`` raises where CUDA would run out of memory."""


@dataclass
class FakeDevice:
    """A device of ``limit`` bytes that counts what lives on it."""

    limit: int
    name: str = "fake:0"
    label: str = "fake device"
    used: int = 0
    released: int = 0
    host_limit: int = 100
    park_limit: int = 0
    parked: int = 0
    copied: int = 0
    exact: bool = True
    fails_to_unpark: int = 0
    fails_to_park: int = 0

    def budget_bytes(self) -> int:
        return self.limit

    def host_budget_bytes(self) -> int:
        return self.host_limit

    def host_free_bytes(self) -> int:
        return self.host_limit

    def park_budget_bytes(self) -> int:
        return self.park_limit

    def park(self, engine: Any) -> bool:
        """Moves the bytes from the device to ``parked``, where a copy may still be."""
        if self.fails_to_park:  # as of pinned memory: a device says so without an error
            self.fails_to_park -= 1
            return False
        if not engine.parks:
            return False
        self.used -= engine.memory_bytes
        self.parked += 0 if engine.has_copy else engine.memory_bytes
        self.copied += not engine.has_copy
        engine.on_device, engine.has_copy = False, True
        return True

    def beside_runs(self) -> AbstractContextManager[None]:
        return nullcontext()

    def gauge(self, memory: str) -> None:
        """None: there is no high-water mark."""

    def unpark(self, engine: Any) -> None:
        if self.fails_to_unpark:
            self.fails_to_unpark -= 1
            raise FakeMemoryError("on the way back")
        self.allocate(engine.memory_bytes)
        engine.on_device = True

    def forget_copy(self, engine: Any) -> None:
        self.parked -= engine.memory_bytes if engine.has_copy else 0
        engine.has_copy = False

    def used_bytes(self) -> int:
        return self.used

    def place(self, card: ModelCard, on: str | None = None) -> Placement:
        return Placement(on or self.name, "float32", "the only device of this test")

    def is_out_of_memory(self, error: BaseException) -> bool:
        return isinstance(error, FakeMemoryError)

    def release_cached(self) -> None:
        self.released += 1

    def allocate(self, size: int) -> None:
        if self.used + size > self.limit:
            raise FakeMemoryError(f"{size} bytes wanted, {self.limit - self.used} free")
        self.used += size


@dataclass(frozen=True)
class Echo:
    """The result of ``FakeEngine``."""

    text: str
    work: Work = field(default_factory=lambda: Work(1, "texts"))


class FakeEngine:
    """Occupies bytes on a fake device until it is garbage; its verb returns the text in capitals."""

    reentrant = parks = True
    on_device, has_copy = True, False
    host: Host | None = None

    def __init__(self, device: FakeDevice, size: int) -> None:
        self._device, self.memory_bytes = device, 0
        device.allocate(size)
        self.memory_bytes = size

    def shout(self, text: str) -> Echo:
        return Echo(text.upper())

    def __del__(self) -> None:
        self._device.used -= self.memory_bytes if self.on_device else 0
        self._device.parked -= self.memory_bytes if self.has_copy else 0


@dataclass
class FakeBuilder:
    """Builds ``FakeEngine``s of the size in ``sizes`` and ``besides``; can be held up, and told to fail."""

    device: FakeDevice
    sizes: dict[str, int] = field(default_factory=dict)
    host: FakeDevice = field(default_factory=lambda: FakeDevice(limit=100, name="cpu"))
    besides: dict[str, int] = field(default_factory=dict)
    underestimate: int = 0
    fetch_gate: threading.Event | None = None
    on_build: Callable[[str], None] = lambda _: None
    failures: dict[str, Exception] = field(default_factory=dict)
    injected: dict[str, Exception] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    built: list[str] = field(default_factory=list)

    def inject(self, phase: str) -> None:
        """Raises the error that was put in for this phase, once."""
        if phase in self.injected:
            raise self.injected.pop(phase)

    def fetch(self, spec: ModelSpec, report: Report) -> Weights:
        self.inject("fetch")
        self.fetched.append(spec.card.id)
        report(0.5, "half")
        if self.fetch_gate is not None:
            assert self.fetch_gate.wait(WAIT_S)
        return Weights(spec.card, Path("."), "r1")

    def estimate_bytes(self, weights: Weights, placement: Placement) -> int:
        self.inject("estimate")
        return self.sizes.get(weights.card.id, 10) - self.underestimate

    def beside(self, weights: Weights, placement: Placement, size_bytes: int) -> Beside:
        return Beside(0 if weights.plain else self.besides.get(weights.card.id, 0))

    def build(self, weights: Weights, placement: Placement) -> FakeEngine:
        name = weights.card.id
        self.on_build(name)
        if name in self.failures:
            raise self.failures[name]
        here = self.host if placement.device == "cpu" else self.device
        self.inject("build")
        beside = self.beside(weights, placement, 0).size_bytes
        engine = FakeEngine(here, self.sizes.get(name, 10) + beside)
        self.inject("half built")
        self.built.append(name)
        return engine


def card(name: str, capability: str = "sentiment", **more: object) -> ModelCard:
    """A card with nothing but a name."""
    return ModelCard(id=name, capability=capability, engine="fake", title=name, **more)


def spec(name: str) -> ModelSpec:
    """A spec with nothing but a name."""
    return ModelSpec(card(name))


class OpenDesk(HubDesk):
    """A desk that lets everybody have every model, and asks nobody."""

    def admit(self, card, revision, access, patterns, room):
        return ModelSpec(card, revision, access)


def fake_service(builder: FakeBuilder, *names: str) -> Service:
    """A service whose capabilities all have ``FakeEngine``s of these names; close it in the end."""
    registry = Registry(builder, lambda: builder.device)
    cards = [card(name, capability) for capability in CAPABILITIES for name in names]
    runner = Runner(registry, workers=2, queue_size=4)
    return Service(Settings(), Catalog(cards), registry, runner, desk=OpenDesk())
