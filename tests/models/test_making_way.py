"""Models that do not fit together: who makes way, who waits behind whom, and who never leaves."""

from __future__ import annotations

import threading
import time

import pytest

from models.errors import Busy, Stopped
from models.memory.room import ROOM_WAIT_S
from models.registry import Registry
from tests.fakes import WAIT_S, Clock, FakeBuilder, FakeDevice, spec


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def builder():
    return FakeBuilder(FakeDevice(limit=100), sizes={"a": 80, "b": 80, "big": 90, "small": 20})


@pytest.fixture
def registry(builder, clock):
    made = Registry(builder, lambda: builder.device, clock=clock)
    yield made
    made.close()


def until(condition):
    """Waits for another thread; fails the test rather than hang."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def states(registry):
    return sorted((r.card.id, r.state.name) for r in registry.residents())


def held(registry, name):
    claim = registry.claim(spec(name))
    claim.wait(WAIT_S)
    return claim


def waiting(registry, name):
    """A claim whose load stands in the line for room."""
    before = registry.telemetry().in_line
    claim = registry.claim(spec(name))
    until(lambda: registry.telemetry().in_line == before + 1)
    return claim


def test_a_busy_model_makes_way_and_newcomers_queue_behind_the_load_it_makes_way_for(registry):
    first = held(registry, "a")
    newcomer = waiting(registry, "b")
    until(lambda: ("a", "DRAINING") in states(registry))
    late = waiting(registry, "a")
    assert not late.was_ready
    first.release()
    newcomer.wait(WAIT_S)
    assert not late.future.done()
    newcomer.release()
    assert late.wait(WAIT_S).shout("again").text == "AGAIN"
    assert late.generation == 2
    late.release()


def test_a_stream_of_newcomers_can_not_starve_another_model(registry):
    """Somebody always holds a when the next one comes; b still gets its turn."""
    current = held(registry, "a")
    b = waiting(registry, "b")
    for _ in range(20):
        following = registry.claim(spec("a"))
        current.release()
        current = following
    assert b.wait(WAIT_S).memory_bytes == 80
    b.release()
    current.wait(WAIT_S)
    current.release()


def test_newcomers_get_the_model_back_when_the_load_gives_up(registry, clock):
    first = held(registry, "a")
    newcomer = waiting(registry, "b")
    until(lambda: registry.telemetry().draining)
    clock.now += ROOM_WAIT_S / 2
    late = waiting(registry, "a")  # whose own time is not over when that of b is
    clock.now += ROOM_WAIT_S / 2 + 1
    with pytest.raises(Busy, match="No memory became free for b"):
        newcomer.wait(WAIT_S)
    assert late.wait(WAIT_S) is first.engine
    assert (late.generation, late.resident.claims) == (1, 2)
    first.release()
    assert late.engine.shout("mine").text == "MINE"
    late.release()
    assert [r.claims for r in registry.residents()] == [0]
    assert states(registry) == [("a", "READY")]


def test_nobody_makes_way_for_a_load_that_nobody_waits_for(registry):
    first = held(registry, "a")
    newcomer = waiting(registry, "b")
    newcomer.release()
    with pytest.raises(Stopped, match="Nobody waits for b"):
        newcomer.wait(WAIT_S)
    until(lambda: states(registry) == [("a", "READY")])
    first.release()


def test_a_model_that_was_pinned_while_it_made_way_stays(registry):
    first = held(registry, "a")
    newcomer = waiting(registry, "b")
    until(lambda: registry.telemetry().draining)
    registry.pin(spec("a").key)
    with pytest.raises(Exception, match="b needs about"):
        newcomer.wait(WAIT_S)
    first.release()
    assert states(registry) == [("a", "READY")]


def test_a_small_load_passes_a_large_one_that_loses_nothing_by_it(registry, builder):
    first = held(registry, "a")
    large = waiting(registry, "b")  # 80, once a is gone: 20 to spare
    small = registry.claim(spec("small"))
    assert small.wait(WAIT_S).memory_bytes == 20
    assert not large.future.done()
    small.release()
    first.release()
    large.wait(WAIT_S)
    large.release()


def test_a_small_load_does_not_pass_a_large_one_that_it_would_delay(registry):
    first = held(registry, "a")
    large = waiting(registry, "big")
    small = waiting(registry, "small")
    first.release()
    assert large.wait(WAIT_S).memory_bytes == 90
    large.release()
    small.wait(WAIT_S)
    small.release()


def test_a_model_that_took_long_to_load_serves_newcomers_for_twice_that_time(
    registry, builder, clock
):
    def five_seconds(_):
        clock.now += 5

    builder.on_build = five_seconds
    first = held(registry, "a")
    b = waiting(registry, "b")
    time.sleep(0.05)
    second = registry.claim(spec("a"))
    assert second.was_ready
    clock.now += 9
    third = registry.claim(spec("a"))
    assert third.was_ready
    clock.now += 2
    until(lambda: registry.telemetry().draining)
    assert not registry.claim(spec("a")).was_ready
    for claim in (first, second, third):
        claim.release()
    b.wait(WAIT_S)
    b.release()


def test_a_hold_that_was_forgotten_ends_with_its_owner(registry):
    def forget():
        held(registry, "a")

    forget()
    b = registry.claim(spec("b"))
    assert b.wait(WAIT_S).memory_bytes == 80
    b.release()


def test_an_overdue_hold_shows_and_still_holds(registry, clock):
    claim = registry.claim(spec("a"), lease_s=60)
    claim.wait(WAIT_S)
    clock.now += 61
    (lease,) = registry.telemetry().leases
    assert (lease.overdue, lease.age_s) == (True, 61)
    assert not registry.unload(spec("a").key)
    claim.release()


def test_models_with_a_runtime_of_the_cpu_are_not_charged_to_the_gpu(builder):
    device = builder.device
    registry = Registry(builder, lambda: device)
    device.place = lambda card: FakeDevice.place(device, card, on="cpu" if card.id == "a" else None)
    a, b = held(registry, "a"), held(registry, "b")
    used = {m.name: m.models_bytes for m in registry.telemetry().memories}
    assert used == {"cpu": 80, "fake:0": 80, "pinned": 0}
    assert registry.charged_bytes() == 80
    for claim in (a, b):
        claim.release()
    registry.close()


def test_closing_tells_those_who_wait(registry):
    first = held(registry, "a")
    newcomer = waiting(registry, "b")
    closing = threading.Thread(target=registry.close)
    closing.start()
    with pytest.raises(Busy, match="shut down"):
        newcomer.wait(WAIT_S)
    closing.join(WAIT_S)
    with pytest.raises(Busy, match="shut down"):
        registry.claim(spec("b"))
    first.release()


def test_a_model_larger_than_it_was_charged_pushes_idle_ones_out(registry, builder):
    builder.device.limit = 1000
    registry2 = Registry(builder, lambda: builder.device, budget_bytes=100)
    builder.sizes = {"small": 20, "liar": 90}
    held(registry2, "small").release()
    builder.underestimate = 30
    held(registry2, "liar").release()
    until(lambda: states(registry2) == [("liar", "READY")])
    registry2.close()


def test_loads_that_wait_for_memory_are_told_their_place_in_the_line(registry):
    first = held(registry, "a")
    second, third = waiting(registry, "b"), waiting(registry, "big")
    until(lambda: third.progress().note == "waiting for memory, 1 load ahead")
    assert second.progress().note == "waiting for a busy model"
    first.release()
    second.wait(WAIT_S)
    until(lambda: third.progress().note == "waiting for a busy model")
    second.release()
    third.wait(WAIT_S)
    third.release()
