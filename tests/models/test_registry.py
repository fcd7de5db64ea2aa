"""The registry: one load for many callers, nothing in use ever leaves, and every failure is told."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from models.errors import ModelBroken, NoRoom, Stopped
from models.loading import State
from models.registry import BUILD_LOCK, COOLDOWN_S, Registry
from tests.fakes import WAIT_S, Clock, FakeBuilder, FakeDevice, FakeMemoryError, spec


@pytest.fixture
def device():
    return FakeDevice(limit=100)


@pytest.fixture
def builder(device):
    return FakeBuilder(device)


@pytest.fixture
def registry(builder, device):
    made = Registry(builder, lambda: device)
    yield made
    made.close()


def use(registry, name):
    with registry.claim(spec(name)) as engine:
        return engine.shout("hi").text


def test_a_model_is_loaded_on_first_use_and_kept(registry, builder):
    assert use(registry, "a") == use(registry, "a") == "HI"
    assert builder.built == ["a"]


def test_64_callers_of_a_cold_model_cause_one_load(registry, builder):
    builder.fetch_gate = threading.Event()
    claims = [registry.claim(spec("a")) for _ in range(64)]
    builder.fetch_gate.set()
    with ThreadPoolExecutor(64) as pool:
        engines = list(pool.map(lambda c: c.wait(WAIT_S), claims))
    assert builder.built == ["a"]
    assert len({id(engine) for engine in engines}) == 1


def test_every_waiter_sees_the_progress_of_the_load(registry, builder):
    builder.fetch_gate = threading.Event()
    first, second = registry.claim(spec("a")), registry.claim(spec("a"))
    while first.progress().fraction is None:
        pass
    assert first.progress().state is second.progress().state is State.FETCHING
    assert (second.progress().fraction, second.progress().note) == (0.5, "half")
    builder.fetch_gate.set()
    first.wait(WAIT_S)
    assert second.progress().state is State.READY


def test_a_caller_that_leaves_does_not_cancel_the_load_of_another(registry, builder):
    builder.fetch_gate = threading.Event()
    leaver, stayer = registry.claim(spec("a")), registry.claim(spec("a"))
    leaver.release()
    builder.fetch_gate.set()
    assert stayer.wait(WAIT_S).shout("x").text == "X"


def test_the_least_recently_used_idle_model_makes_room(registry, builder, device):
    builder.sizes = {"a": 40, "b": 40, "c": 40}
    for name in "abac":
        use(registry, name)
    here = {r.card.id for r in registry.residents()}
    assert here == {"a", "c"}
    assert device.used == registry.charged_bytes() == 80


def test_a_claimed_model_is_never_evicted_and_the_newcomer_waits_for_it(registry, builder):
    builder.sizes = {"a": 80, "b": 80}
    held = registry.claim(spec("a"))
    engine = held.wait(WAIT_S)
    newcomer = registry.claim(spec("b"))
    with pytest.raises(TimeoutError):
        newcomer.wait(0.3)
    assert engine.shout("still here").text == "STILL HERE"
    del engine
    held.release()
    assert newcomer.wait(WAIT_S).memory_bytes == 80
    newcomer.release()


def test_a_model_just_loaded_is_not_evicted_before_its_waiter_used_it(registry, builder):
    builder.sizes = {"a": 80, "b": 80}
    claims = [registry.claim(spec("a")), registry.claim(spec("b"))]
    wait([claim.future for claim in claims], WAIT_S, FIRST_COMPLETED)
    first, second = sorted(claims, key=lambda claim: not claim.future.done())
    assert first.engine.shout("mine").text == "MINE"
    first.release()
    assert second.wait(WAIT_S).memory_bytes == 80
    second.release()


def test_a_model_larger_than_the_budget_is_refused_with_both_figures(registry, builder):
    builder.sizes = {"huge": 2_000}
    with pytest.raises(NoRoom, match=r"needs about .* models may use"):
        use(registry, "huge")


def test_a_pinned_model_stays(registry, builder):
    builder.sizes = {"a": 60, "b": 60}
    use(registry, "a")
    assert registry.pin(spec("a").key)
    with pytest.raises(NoRoom):
        use(registry, "b")
    registry.pin(spec("a").key, pinned=False)
    assert use(registry, "b") == "HI"


def test_unload_frees_an_idle_model_and_spares_a_busy_one(registry, device):
    with registry.claim(spec("a")) as engine:
        assert engine.memory_bytes == 10
        assert not registry.unload(spec("a").key)
        del engine
    assert registry.unload(spec("a").key)
    assert device.used == registry.charged_bytes() == 0


def test_an_evicted_model_that_is_still_referenced_stays_charged_until_it_is_dead(registry, device):
    claim = registry.claim(spec("a"))
    kept = claim.wait(WAIT_S)
    claim.release()
    registry.unload(spec("a").key)
    assert [r.state for r in registry.residents()] == [State.LEAKED]
    assert registry.charged_bytes() == kept.memory_bytes == 10
    del kept
    assert registry.charged_bytes() == device.used == 0


def test_a_failed_load_tells_all_waiters_and_is_retried_after_the_cooldown(builder, device):
    clock = Clock()
    registry = Registry(builder, lambda: device, clock=clock)
    builder.failures["a"] = ModelBroken("bad weights")
    builder.fetch_gate = threading.Event()
    claims = [registry.claim(spec("a")) for _ in range(3)]
    builder.fetch_gate.set()
    for claim in claims:
        with pytest.raises(ModelBroken, match="bad weights"):
            claim.wait(WAIT_S)
    with pytest.raises(ModelBroken, match="bad weights"):
        registry.claim(spec("a"))
    assert builder.fetched == ["a"]
    builder.failures.clear()
    clock.now += COOLDOWN_S + 0.1
    assert use(registry, "a") == "HI"
    registry.close()


def test_the_cooldown_doubles_with_each_failure_in_a_row(builder, device):
    clock = Clock()
    registry = Registry(builder, lambda: device, clock=clock)
    builder.failures["a"] = ModelBroken("bad weights")
    for _ in range(2):
        with pytest.raises(ModelBroken):
            use(registry, "a")
        clock.now += COOLDOWN_S + 0.1
    with pytest.raises(ModelBroken):
        registry.claim(spec("a"))
    clock.now += COOLDOWN_S
    builder.failures.clear()
    assert use(registry, "a") == "HI"
    registry.close()


def test_an_unforeseen_failure_reaches_the_visitor_as_a_ticket_not_as_its_text(registry, builder):
    builder.failures["a"] = RuntimeError("secret path /home/me")
    with pytest.raises(ModelBroken, match="could not be loaded") as caught:
        use(registry, "a")
    assert "secret" not in str(caught.value)
    assert "ticket" in caught.value.hint


def test_running_out_of_memory_in_a_build_evicts_idle_models_and_tries_once_more(
    registry, builder, device
):
    builder.sizes = {"a": 60, "b": 60}
    use(registry, "a")
    builder.underestimate = 30
    assert use(registry, "b") == "HI"
    assert device.released > 0
    assert {r.card.id for r in registry.residents()} == {"b"}


def test_running_out_of_memory_twice_is_a_clear_error_and_leaves_nothing_charged(registry, builder):
    builder.failures["a"] = FakeMemoryError("no")
    with pytest.raises(NoRoom, match="does not have free"):
        use(registry, "a")
    assert registry.charged_bytes() == 0


class Overlap:
    """Counts builds that run at the same time; each waits so long for a second one to show up."""

    def __init__(self, patience_s: float) -> None:
        self.inside = self.most = 0
        self._patience_s = patience_s
        self._met = threading.Event()
        self._guard = threading.Lock()

    def __call__(self, _: str) -> None:
        with self._guard:
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside > 1:
                self._met.set()
        self._met.wait(self._patience_s)
        with self._guard:
            self.inside -= 1


def load_six(registry):
    claims = [registry.claim(spec(f"m{i}")) for i in range(6)]
    for claim in claims:
        claim.wait(WAIT_S)


def test_two_registries_never_build_at_the_same_time():
    overlap, device = Overlap(0.2), FakeDevice(limit=1000)
    registries = [Registry(FakeBuilder(device, on_build=overlap), lambda: device) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(load_six, registries))
    assert overlap.most == 1


def test_without_the_build_lock_builds_do_overlap(monkeypatch):
    """Proves that the test above can fail: the same loads with a lock that locks nothing."""
    from contextlib import nullcontext

    monkeypatch.setattr("models.memory.locks.BUILD_LOCK", nullcontext())
    overlap, device = Overlap(WAIT_S / 2), FakeDevice(limit=1000)
    registry = Registry(FakeBuilder(device, on_build=overlap), lambda: device)
    load_six(registry)
    assert overlap.most > 1


def test_the_build_lock_is_one_per_process():
    import models.registry

    assert models.registry.BUILD_LOCK is BUILD_LOCK


def test_asking_for_a_registry_asks_for_no_device(builder):
    def no_device():
        raise AssertionError("the device was wanted before a model was")

    Registry(builder, no_device).close()


def held_up(registry, builder, callers):
    """Claims of a model whose fetch waits at a gate, and then asks again whether to go on."""
    builder.fetch_gate, entered = threading.Event(), threading.Event()
    plain = builder.fetch

    def fetch(wanted, report):
        entered.set()
        weights = plain(wanted, report)
        report(1.0, "all")
        return weights

    builder.fetch = fetch
    claims = [registry.claim(spec("a")) for _ in range(callers)]
    assert entered.wait(WAIT_S)
    return claims


def test_a_fetch_that_nobody_waits_for_any_more_is_given_up(registry, builder):
    claims = held_up(registry, builder, 2)
    for claim in claims:
        claim.release()
    builder.fetch_gate.set()
    with pytest.raises(Stopped, match="Nobody waits"):
        claims[0].wait(WAIT_S)
    assert (builder.built, registry.residents()) == ([], [])
    assert use(registry, "a") == "HI"


def test_a_caller_that_leaves_does_not_cancel_the_fetch_for_the_others(registry, builder):
    leaver, stayer = held_up(registry, builder, 2)
    leaver.release()
    builder.fetch_gate.set()
    assert stayer.wait(WAIT_S).shout("hi").text == "HI"
    stayer.release()


def test_a_model_that_is_one_callers_own_is_another_resident(registry, builder):
    for holder in ("", "ada", "ben", "ada"):
        with registry.claim(replace(spec("a"), holder=holder)) as engine:
            assert engine.shout("hi").text == "HI"
    assert len(builder.built) == 3
    assert {r.holder for r in registry.residents()} == {"", "ada", "ben"}
