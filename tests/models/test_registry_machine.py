"""Random lives of a registry: whatever happens in whatever order, the books stay right.

Hypothesis draws claims, releases, forgotten claims, unloads, pins, runs, working memory, time, and
failures and out-of-memory in every phase. After each step everything that can go on has gone on.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from models.errors import AppError, NoRoom
from models.loading import State
from models.memory.room import ROOM_WAIT_S
from models.registry import Registry
from models.residency import Verdict
from tests.fakes import Clock, FakeBuilder, FakeDevice, FakeMemoryError, spec

SIZES = {
    "s20": 20,
    "s30": 30,
    "s45": 45,
    "s60": 60,
    "s80": 80,
    "s150": 150,
    "cpu40": 40,
    "cpu70": 70,
}
BUDGET, HOST, PARKED = 100, 100, 90
PHASES = ("fetch", "estimate", "build", "half built")
#: A waiter that nothing stands in the way of must be served within this, in seconds.
PATIENCE_S = 60.0

names = st.sampled_from(sorted(SIZES))
picks = st.integers(0, 99)


class PlacedByName(FakeDevice):
    """Models whose name begins with cpu live in the host's memory."""

    def place(self, card, on=None):
        return super().place(card, "cpu" if card.id.startswith("cpu") else None)


class Lives(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.device = PlacedByName(limit=BUDGET, host_limit=HOST, park_limit=PARKED)
        self.builder = FakeBuilder(
            self.device, sizes=SIZES, host=FakeDevice(limit=HOST, name="cpu")
        )
        self.clock = Clock()
        self.registry = Registry(self.builder, lambda: self.device, clock=self.clock)
        self.claims = []

    # ---- what may happen --------------------------------------------------------------------

    @rule(name=names)
    def claim(self, name):
        try:
            self.claims.append(self.registry.claim(spec(name)))
        except AppError:
            assert not self.registry._books.entries.get(spec(name).key)
        self.settle()

    @rule(pick=picks)
    def release(self, pick):
        if self.claims:
            self.claims.pop(pick % len(self.claims)).release()
        self.settle()

    @rule(pick=picks)
    def forget(self, pick):
        if self.claims:
            self.claims.pop(pick % len(self.claims))
        self.settle()

    @rule(name=names)
    def unload(self, name):
        used = {c.entry for c in self.claims}
        entry = self.registry._books.entries.get(spec(name).key)
        assert not (self.registry.unload(spec(name).key) and entry in used)
        self.settle()

    @rule(name=names, pinned=st.booleans())
    def pin(self, name, pinned):
        self.registry.pin(spec(name).key, pinned)
        self.settle()

    @rule(phase=st.sampled_from(PHASES), ran_out=st.booleans())
    def fail_next(self, phase, ran_out):
        error = FakeMemoryError("injected") if ran_out else ValueError("injected")
        self.builder.injected[phase] = error

    @rule()
    def fail_the_next_way_back(self):
        self.device.fails_to_unpark = 3

    @rule()
    def fail_the_next_way_out(self):
        self.device.fails_to_park = 1

    @rule(seconds=st.sampled_from([1.0, 15.0, 130.0]))
    def time_passes(self, seconds):
        self.clock.now += seconds
        self.settle()

    @rule(pick=picks, fails=st.integers(1, 3))
    def run_out_in_a_run(self, pick, fails):
        ready = self.ready()
        if ready:
            relief = self.registry.relief(ready[pick % len(ready)])
            freed = [relief(FakeMemoryError("in a run")) for _ in range(fails)]
            assert freed[0]
            assert not all(freed) or fails < 3
        self.settle()

    @rule(pick=picks, size=st.integers(1, 120))
    def take_working_memory(self, pick, size):
        ready = self.ready()
        if ready:
            claim = ready[pick % len(ready)]
            try:
                with self.registry.activation(claim, size):
                    pass
            except NoRoom:  # only a CPU refuses, and only what it does not have
                assert claim.entry.memory == "cpu"
                assert size > HOST
        self.settle()

    # ---- what must hold ---------------------------------------------------------------------

    @invariant()
    def the_books_are_right(self):
        self.the_ledgers_equal_what_lives()
        self.no_budget_is_exceeded()
        self.what_is_held_is_there()
        self.no_model_is_there_twice()
        self.whoever_waits_waits_for_a_reason()

    def the_ledgers_equal_what_lives(self):
        charged = self.registry._books.charged_bytes
        assert charged("fake:0") == self.device.used
        assert charged("cpu") == self.builder.host.used
        assert charged("pinned") == self.device.parked

    def no_budget_is_exceeded(self):
        for memory in self.registry.telemetry().memories:
            assert memory.charged_bytes <= memory.budget_bytes
            assert (memory.leaked_bytes, memory.activations_bytes) == (0, 0)

    def what_is_held_is_there(self):
        for claim in self.ready():
            assert claim.engine.on_device
            assert claim.entry.claims

    def no_model_is_there_twice(self):
        with self.registry._books.mutex:
            alive = Counter(e.spec.key for e in self.registry._books.charged() if e.engine)
        assert max(alive.values(), default=0) <= 1

    def whoever_waits_waits_for_a_reason(self):
        """The first in a line is there because of models in use, never of idle ones."""
        books = self.registry._books
        with books.mutex:
            for ledger in books.ledgers.values():
                if ledger.line:
                    need = ledger.line[0].needed
                    plan = ledger.plan(need, books.charged(), books.clock())
                    assert plan.verdict is Verdict.WAIT

    def teardown(self):
        for claim in self.claims:
            claim.release()
        self.builder.injected.clear()
        self.settle()
        for claim in self.claims:
            claim.future.exception(PATIENCE_S)  # done, whichever way
        for name in SIZES:
            self.registry.pin(spec(name).key, pinned=False)
        for resident in self.registry.residents():
            assert self.registry.unload(resident.key), resident
        self.registry.close()
        assert (self.device.used, self.device.parked, self.builder.host.used) == (0, 0, 0)
        assert self.registry.residents() == []

    # ---- help -------------------------------------------------------------------------------

    def ready(self):
        return [c for c in self.claims if c.future.done() and not c.future.exception()]

    def settle(self):
        """Waits until every load is over or stands in a line for a reason."""
        deadline = time.monotonic() + PATIENCE_S
        while why := self.unsettled():
            assert time.monotonic() < deadline, why
            with self.registry._books.mutex:
                self.registry._books.mutex.notify_all()
            time.sleep(0.0005)

    def unsettled(self):
        """What is still going on, in words; empty when nothing is."""
        books = self.registry._books
        with books.mutex:
            books.collect_dropped()
            for ledger in books.ledgers.values():
                for i, waiter in enumerate(ledger.line):
                    if waiter.entry.size_bytes:
                        return f"{waiter} was let in and is about to leave the line"
                    plan = ledger.plan(waiter.needed, books.charged(), books.clock())
                    late = books.clock() > waiter.since + ROOM_WAIT_S
                    left = not waiter.entry.claims and not waiter.entry.pinned
                    if late or left or waiter.entry.merged_into or plan.verdict is Verdict.NEVER:
                        return f"{waiter} should give up"
                    if i == 0 and plan.verdict is not Verdict.WAIT:
                        return f"{waiter} should go on: {plan}"
                    if i == 0 and set(plan.drain) != waiter.drained:
                        return f"{waiter} should let others make way: {plan}"
            in_line = {w.entry.spec.key for g in books.ledgers.values() for w in g.line}
            living = [*books.entries.values(), *books.superseded, *books.parked.values()]
            moving = [e for e in living if not e.resident and e.state is not State.PARKED]
            return [*(e for e in moving if e.spec.key not in in_line), *books.leaving()]


common = {"deadline": None, "suppress_health_check": list(HealthCheck)}
Lives.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, derandomize=True, **common
)
TestLives = Lives.TestCase


@pytest.mark.slow
def test_many_long_lives():
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Lives, settings=settings(max_examples=400, stateful_step_count=60, **common)
    )
