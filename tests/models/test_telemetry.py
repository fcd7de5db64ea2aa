"""What the registry tells about itself: counts, phases, bytes and waits."""

from __future__ import annotations

import threading

import pytest

from models.errors import ModelBroken
from models.registry import Registry
from tests.fakes import WAIT_S, Clock, FakeBuilder, FakeDevice, spec


@pytest.fixture
def builder():
    return FakeBuilder(FakeDevice(limit=100), sizes={"a": 60, "b": 60})


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def registry(builder, clock):
    made = Registry(builder, lambda: builder.device, clock=clock)
    yield made
    made.close()


def test_a_fresh_registry_tells_of_nothing(registry):
    told = registry.telemetry()
    assert (told.loads, told.waiting, told.memories) == (0, 0, ())


def test_misses_joins_and_hits_are_told_apart(registry, builder):
    builder.fetch_gate = threading.Event()
    claims = [registry.claim(spec("a")) for _ in range(3)]
    builder.fetch_gate.set()
    for claim in claims:
        claim.wait(WAIT_S)
    registry.claim(spec("a")).release()
    told = registry.telemetry()
    assert (told.misses, told.joins, told.hits, told.loads) == (1, 2, 1, 1)


def test_each_phase_of_a_load_is_timed(registry, builder, clock):
    def four_seconds(_):
        clock.now += 4

    builder.on_build = four_seconds
    registry.claim(spec("a")).wait(WAIT_S)
    phases = registry.telemetry().phases
    assert phases["reading weights"].seconds == 4
    assert {"queued", "fetching files", "making room"} < set(phases)
    assert all(phase.count == 1 for phase in phases.values())


def test_bytes_are_told_beside_what_the_device_measures(registry, builder):
    registry.claim(spec("a")).wait(WAIT_S)
    builder.device.used += 7  # somebody else's
    (memory,) = [m for m in registry.telemetry().memories if m.name == "fake:0"]
    assert memory.budget_bytes == 100
    assert (memory.charged_bytes, memory.measured_bytes) == (60, 67)


def test_an_eviction_is_told_with_its_reason(registry):
    for name in "ab":
        with registry.claim(spec(name)):
            pass
    registry.unload(spec("b").key)
    assert registry.telemetry().evictions == {"room": 1, "asked": 1}


def test_a_failure_is_told_by_kind(registry, builder):
    builder.failures = {"a": ModelBroken("bad"), "b": ZeroDivisionError()}
    for name in "ab":
        with pytest.raises(ModelBroken):
            registry.claim(spec(name)).wait(WAIT_S)
    assert registry.telemetry().failures == {"ModelBroken": 1, "ZeroDivisionError": 1}


def test_a_waiter_for_memory_shows_with_its_age(registry, clock):
    held = registry.claim(spec("a"))
    held.wait(WAIT_S)
    newcomer = registry.claim(spec("b"))
    while not registry.telemetry().in_line:
        pass
    clock.now += 9
    told = registry.telemetry()
    assert (told.in_line, told.oldest_in_line_s) == (1, 9)
    assert (told.waiting, told.oldest_wait_s) == (1, 9)
    assert [(lease.model, lease.generation, lease.age_s) for lease in told.leases] == [("a", 1, 9)]
    held.release()
    newcomer.wait(WAIT_S)
    assert registry.telemetry().in_line == 0
