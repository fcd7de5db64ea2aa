"""Memory that runs out in any phase of a model's life leaves nothing behind; the next request succeeds."""

from __future__ import annotations

import pytest

from models.registry import Registry
from tests.fakes import WAIT_S, Clock, FakeBuilder, FakeDevice, FakeMemoryError, spec

#: More often than any ladder tries.
ALWAYS = 99


class Failing(FakeBuilder):
    """Runs out of memory in one phase, so many times."""

    phase, left = "", 0

    def inject(self, phase):
        if phase == self.phase and self.left:
            self.left -= 1
            raise FakeMemoryError("injected")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def builder():
    return Failing(FakeDevice(limit=100, park_limit=100), sizes={"a": 60, "b": 30, "c": 80})


@pytest.fixture
def registry(builder, clock):
    made = Registry(builder, lambda: builder.device, clock=clock)
    yield made
    made.close()


def use(registry, name):
    with registry.claim(spec(name)) as engine:
        return engine.shout("x").text


def nothing_is_left(registry, device):
    """Empties the registry; whether the ledger and the device agree before and after."""
    charged = registry._books.charged_bytes
    assert (charged(device.name), charged("pinned")) == (device.used, device.parked)
    assert all(resident.claims == 0 for resident in registry.residents())
    for resident in registry.residents():
        assert registry.unload(resident.key)
    assert (device.used, device.parked, registry.residents()) == (0, 0, [])


@pytest.mark.parametrize("times", [1, ALWAYS])
@pytest.mark.parametrize("phase", ["fetch", "estimate", "build", "half built"])
def test_in_a_load(registry, builder, clock, phase, times):
    use(registry, "b")
    builder.phase, builder.left = phase, times
    claim = registry.claim(spec("a"))
    failed = claim.future.exception(WAIT_S) is not None
    claim.release()
    assert failed == (times == ALWAYS or phase in ("fetch", "estimate"))
    builder.left = 0
    clock.now += 1_000  # the cooldown is over
    assert use(registry, "a") == "X"
    nothing_is_left(registry, builder.device)


@pytest.mark.parametrize("times", [1, ALWAYS])
def test_on_the_way_back_from_pinned_memory(registry, builder, times):
    use(registry, "a")
    use(registry, "c")
    assert builder.device.parked == 60
    builder.device.fails_to_unpark = times
    assert use(registry, "a") == "X"  # moved, or read from its files
    builder.device.fails_to_unpark = 0
    assert use(registry, "c") == "X"
    nothing_is_left(registry, builder.device)


def test_on_the_way_out(registry, builder):
    use(registry, "a")
    builder.device.fails_to_park = 1
    assert use(registry, "c") == "X"
    assert builder.device.parked == 0
    assert use(registry, "a") == "X"
    nothing_is_left(registry, builder.device)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_in_a_run(registry, builder, times):
    use(registry, "b")
    with registry.claim(spec("a")):
        claim = registry.claim(spec("a"))
        relief = registry.relief(claim)
        freed = [relief(FakeMemoryError("injected")) for _ in range(times)]
        assert freed == [True, True, False][:times]
        claim.release()
    assert use(registry, "b") == "X"
    nothing_is_left(registry, builder.device)
