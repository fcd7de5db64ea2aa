"""Working memory of runs: charged while they compute, waited for, and never a reason to hang."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from models.errors import Busy, NoRoom
from models.memory.activations import ACTIVATION_WAIT_S
from models.registry import Registry
from tests.fakes import WAIT_S, Clock, FakeBuilder, FakeDevice, spec


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def builder():
    return FakeBuilder(FakeDevice(limit=100), sizes={"a": 40, "b": 40, "c": 30})


@pytest.fixture
def registry(builder, clock):
    made = Registry(builder, lambda: builder.device, clock=clock)
    yield made
    made.close()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as made:
        yield made


def held(registry, name):
    claim = registry.claim(spec(name))
    claim.wait(WAIT_S)
    return claim


def charged(registry):
    (memory,) = [m for m in registry.telemetry().memories if m.name == "fake:0"]
    return memory.activations_bytes


class Batch:
    """A run's batch in a thread: enters its ticket, says so, and ends when told."""

    def __init__(self, pool, registry, claim, size, timeout_s=ACTIVATION_WAIT_S):
        self.inside, self._end = threading.Event(), threading.Event()
        self.done = pool.submit(self._work, registry, claim, size, timeout_s)

    def _work(self, registry, claim, size, timeout_s):
        with registry.activation(claim, size, timeout_s):
            self.inside.set()
            assert self._end.wait(WAIT_S)

    def end(self):
        self._end.set()
        self.done.result(WAIT_S)


def test_the_working_memory_of_a_batch_is_charged_while_it_computes(registry):
    with_model = held(registry, "a")
    with registry.activation(with_model, 25):
        assert charged(registry) == 25
    assert charged(registry) == 0


def test_two_models_can_not_peak_together(registry, pool):
    a, b = held(registry, "a"), held(registry, "b")  # 20 bytes are left
    first = Batch(pool, registry, a, 15)
    assert first.inside.wait(WAIT_S)
    second = Batch(pool, registry, b, 15)
    assert not second.inside.wait(0.3)
    first.end()
    assert second.inside.wait(WAIT_S)
    second.end()


def test_an_idle_model_leaves_for_a_batch_that_would_not_fit_otherwise(registry):
    a = held(registry, "a")
    held(registry, "b").release()
    with registry.activation(a, 55):
        assert [r.card.id for r in registry.residents()] == ["a"]


def test_an_idle_model_stays_when_waiting_for_another_batch_suffices(registry, pool):
    a, b = held(registry, "a"), held(registry, "b")
    first = Batch(pool, registry, a, 15)
    assert first.inside.wait(WAIT_S)
    b.release()
    second = Batch(pool, registry, a, 15)
    assert not second.inside.wait(0.3)
    first.end()
    assert second.inside.wait(WAIT_S)
    second.end()
    assert {r.card.id for r in registry.residents()} == {"a", "b"}


def test_models_that_hold_all_memory_do_not_wait_for_each_other_for_ever(registry, pool):
    """Neither can leave and neither batch fits beside both: they run one after the other."""
    a, b = held(registry, "a"), held(registry, "b")
    batches = [Batch(pool, registry, claim, 50) for claim in (a, b)]
    while not any(batch.inside.is_set() for batch in batches):
        time.sleep(0.001)
    assert charged(registry) == 50
    for batch in sorted(batches, key=lambda batch: not batch.inside.is_set()):
        assert batch.inside.wait(WAIT_S)
        batch.end()
    (memory,) = [m for m in registry.telemetry().memories if m.name == "fake:0"]
    assert memory.alone == 2


def test_a_batch_inside_a_batch_is_charged_at_once(registry):
    a, b = held(registry, "a"), held(registry, "b")
    with registry.activation(a, 20), registry.activation(b, 20):
        assert charged(registry) == 40


def test_batches_in_a_row_do_not_starve_a_load(registry, pool):
    a, _b = held(registry, "a"), held(registry, "b")
    current = Batch(pool, registry, a, 15)
    assert current.inside.wait(WAIT_S)
    newcomer = registry.claim(spec("c"))
    while not registry.telemetry().in_line:
        time.sleep(0.001)
    _b.release()
    for _ in range(5):
        following = Batch(pool, registry, a, 15)
        current.end()
        current = following
    assert newcomer.wait(WAIT_S).memory_bytes == 30
    newcomer.release()
    current.end()


def test_a_batch_that_waits_too_long_says_so(registry, pool, clock):
    a, b = held(registry, "a"), held(registry, "b")
    first = Batch(pool, registry, a, 15)
    assert first.inside.wait(WAIT_S)
    second = Batch(pool, registry, b, 15, timeout_s=5)
    while not registry.telemetry().in_line:
        time.sleep(0.001)
    clock.now += 6
    with pytest.raises(Busy, match="within 5 s"):
        second.done.result(WAIT_S)
    first.end()
    assert charged(registry) == 0


def test_a_cpu_is_never_asked_for_more_than_it_has(clock):
    """There is no catching it there: the system would end the process."""
    builder = FakeBuilder(FakeDevice(limit=100, name="cpu", host_limit=30))
    registry = Registry(builder, lambda: builder.device)
    claim = held(registry, "a")
    with pytest.raises(NoRoom, match="to work in"):
        with registry.activation(claim, 95):
            pytest.fail("it was let in")
    with registry.activation(claim, 20):
        pass
    assert charged_cpu(registry) == 0
    registry.close()


def charged_cpu(registry):
    return next(m.activations_bytes for m in registry.telemetry().memories if m.name == "cpu")
