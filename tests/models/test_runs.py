"""The runner: snapshots, stop, queue, metrics, and errors that a visitor can read."""

from __future__ import annotations

import asyncio
import threading

import pytest

from models import run_underway
from models.batching import Lane
from models.batching_executor import executor_of
from models.errors import AppError, Busy, InputError, Stopped
from models.registry import Registry
from models.runs import Loading, Runner, Running, Snapshot
from models.spec import Work
from models.stop import StopToken
from tests.fakes import WAIT_S, Echo, FakeBuilder, FakeDevice, FakeMemoryError, spec


@pytest.fixture
def device():
    return FakeDevice(limit=100)


@pytest.fixture
def runner(device):
    registry = Registry(FakeBuilder(device), lambda: device)
    made = Runner(registry, workers=2, queue_size=1)
    yield made
    made.close()
    registry.close()


def collect(runner, verb, stop=None):
    async def gather():
        return [u async for u in runner.stream(spec("a"), verb, stop or StopToken())]

    return asyncio.run(gather())


def counted(steps, stop=None, at=None):
    """A verb that yields 1..steps and asks for Stop itself after ``at``."""

    def verb(engine, token):
        for i in range(1, steps + 1):
            token.check()
            yield Echo(str(i), Work(i, "steps"))
            if i == at:
                stop.set()

    return verb


def test_a_short_verb_gives_one_final_snapshot_with_its_metrics(runner):
    updates = collect(runner, lambda engine, stop: engine.shout("hello"))
    assert isinstance(updates[0], Loading)
    last = updates[-1]
    assert (last.value.text, last.final, last.stopped) == ("HELLO", True, False)
    assert (last.metrics.device, last.metrics.unit, last.metrics.memory_bytes) == (
        "fake:0",
        "texts",
        10,
    )
    assert last.metrics.load_s > 0


def test_the_second_run_says_that_the_model_was_there(runner):
    collect(runner, lambda engine, stop: engine.shout("a"))
    assert collect(runner, lambda engine, stop: engine.shout("a"))[-1].metrics.load_s == 0


def kinds_of_a_run_that_waits_to_be_told(runner):
    """The kinds of updates of a run whose only result comes after the page heard that it runs."""
    told = threading.Event()

    def verb(engine, stop):
        return Echo(str(told.wait(10)))

    async def gather():
        kinds = []
        async for update in runner.stream(spec("a"), verb, StopToken()):
            kinds.append(type(update))
            if isinstance(update, Running):
                assert update.title == spec("a").card.title
                told.set()
        return kinds

    return asyncio.run(gather())


def test_a_run_says_that_it_runs_and_speaks_of_a_load_only_where_it_waited_for_one(runner):
    *loads, running, result = kinds_of_a_run_that_waits_to_be_told(runner)
    assert set(loads) == {Loading}
    assert (running, result) == (Running, Snapshot)
    assert kinds_of_a_run_that_waits_to_be_told(runner) == [Running, Snapshot]


def test_stop_keeps_what_was_done(runner):
    stop = StopToken()
    last = collect(runner, counted(100, stop, at=3), stop)[-1]
    assert (last.value.text, last.final, last.stopped) == ("3", True, True)


def test_stop_before_there_is_anything_says_so(runner):
    stop = StopToken()
    stop.set()
    with pytest.raises(Stopped):
        collect(runner, counted(3), stop)


def test_an_input_error_passes_as_it_is(runner):
    def verb(engine, stop):
        raise InputError("Too long.", hint="Cut it.")

    with pytest.raises(InputError, match="Too long"):
        collect(runner, verb)


def test_an_unforeseen_error_becomes_a_ticket_and_the_next_run_works(runner):
    def verb(engine, stop):
        raise ValueError("internal detail")

    with pytest.raises(AppError, match="failed on this input") as caught:
        collect(runner, verb)
    assert "internal detail" not in str(caught.value)
    assert collect(runner, lambda e, s: e.shout("ok"))[-1].value.text == "OK"


def test_running_out_of_memory_in_a_run_is_a_clear_error(runner):
    def verb(engine, stop):
        raise FakeMemoryError("no")

    with pytest.raises(AppError, match="does not have free"):
        collect(runner, verb)


def test_a_run_that_has_shown_nothing_yet_is_run_again_when_memory_was_freed(runner, device):
    tries = []

    def verb(engine, stop):
        tries.append(device.released)
        if len(tries) == 1:
            raise FakeMemoryError("no")
        yield engine.shout("ok")

    assert collect(runner, verb)[-1].value.text == "OK"
    assert tries == [0, 1]


def test_a_run_that_has_shown_something_is_not_begun_again(runner):
    tries = []

    def verb(engine, stop):
        tries.append(1)
        yield Echo("half")
        raise FakeMemoryError("no")

    with pytest.raises(AppError, match="does not have free"):
        collect(runner, verb)
    assert tries == [1]


def test_the_end_of_the_process_stops_every_run_and_each_keeps_what_it_has(runner):
    def endless(engine, stop):
        while True:
            yield Echo("so far")
            stop.check()

    async def two():
        runs = [asyncio.create_task(runner.answer(spec("a"), endless)) for _ in range(2)]
        while runner.pending < 2:
            await asyncio.sleep(0.01)
        runner.stop()
        return await asyncio.gather(*runs, return_exceptions=True)

    for done in asyncio.run(two()):
        assert isinstance(done, Stopped) or (done.stopped and done.value.text == "so far")


def test_a_full_queue_refuses_the_next_run(runner):
    gate = threading.Event()

    def slow(engine, stop):
        assert gate.wait(WAIT_S)
        return Echo("done")

    async def crowd():
        runs = [asyncio.create_task(runner.answer(spec("a"), slow)) for _ in range(3)]
        while runner.pending < 3:
            await asyncio.sleep(0.01)
        with pytest.raises(Busy, match="no room"):
            await runner.answer(spec("a"), slow)
        gate.set()
        return [snapshot.value.text for snapshot in await asyncio.gather(*runs)]

    assert asyncio.run(crowd()) == ["done"] * 3


def test_a_page_that_leaves_stops_its_run_and_releases_the_model(runner):
    seen = threading.Event()

    def endless(engine, stop):
        i = 0
        while not stop.is_set:
            i += 1
            yield Echo(str(i), Work(i, "steps"))
        seen.set()

    async def leave():
        stream = runner.stream(spec("a"), endless, StopToken())
        async for update in stream:
            if isinstance(update, Snapshot):
                break
        await stream.aclose()

    asyncio.run(leave())
    runner.close()
    assert [r.claims for r in runner._registry.residents()] == [0]


def test_an_engine_that_is_not_reentrant_runs_one_verb_at_a_time(runner):
    inside, most = [], []

    def verb(engine, stop):
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.05)
        inside.pop()
        return Echo("x")

    async def pair():
        await asyncio.gather(*(runner.answer(spec("a"), verb) for _ in range(2)))

    collect(runner, lambda engine, stop: engine.shout("warm"))
    claim = runner._registry.claim(spec("a"))
    claim.engine.reentrant = False
    asyncio.run(pair())
    claim.release()
    assert max(most) == 1


def test_the_event_loop_goes_on_during_a_load_and_a_run(device):
    """Only the loop opens the gates that the load and the run wait at: were it held up, they would fail."""
    loading, running = threading.Event(), threading.Event()
    builder = FakeBuilder(device, fetch_gate=loading)
    registry = Registry(builder, lambda: device)
    runner = Runner(registry, workers=2, queue_size=1)

    def verb(engine, stop):
        assert running.wait(WAIT_S)
        return Echo("x")

    async def probe():
        task = asyncio.create_task(runner.answer(spec("a"), verb))
        for gate in (loading, running):
            await asyncio.sleep(0.05)
            gate.set()
        return await task

    assert asyncio.run(probe()).value.text == "x"
    runner.close()
    registry.close()


class Shared:
    """A batched engine: its verb waits for the batcher, which doubles; the first pass waits for a gate."""

    reentrant = batched = True
    memory_bytes = 1

    def __init__(self):
        self.sizes, self.gate = [], threading.Event()
        self.lane = Lane(self._run, lambda row: 1, "test-runs")

    def _run(self, rows):
        self.sizes.append(len(rows))
        assert self.gate.wait(WAIT_S)
        return [2 * row for row in rows]

    def double(self, number, stop):
        return Echo(str(self.lane.one(number, stop)))


def crowd(runner, engine, count):
    """So many runs at once, of which the event loop lets the first go on when all are there."""

    async def gather():
        runs = [
            asyncio.create_task(runner.answer(spec("a"), lambda e, stop, n=n: e.double(n, stop)))
            for n in range(count)
        ]
        while executor_of(engine.lane.device).waiting[0] < count - 1:
            await asyncio.sleep(0.005)
        engine.gate.set()
        return await asyncio.gather(*runs)

    collect(runner, lambda engine, stop: engine.shout("warm"))
    claim = runner._registry.claim(spec("a"))
    claim.entry.engine = engine
    claim.release()
    return asyncio.run(gather())


def test_runs_of_a_batched_engine_meet_in_its_passes_and_hold_no_loop_up(device):
    registry, engine = Registry(FakeBuilder(device), lambda: device), Shared()
    runner = Runner(registry, workers=2, queue_size=64)
    snapshots = crowd(runner, engine, 48)
    assert [s.value.text for s in snapshots] == [str(2 * n) for n in range(48)]
    assert engine.sizes == [1, 47]
    assert max(s.metrics.batch_rows for s in snapshots) == 47
    assert max(s.metrics.batch_wait_s for s in snapshots) > 0
    runner.close()
    registry.close()


def test_a_result_that_follows_a_snapshot_at_once_is_not_held_back(runner, monkeypatch):
    monkeypatch.setattr(run_underway, "COALESCE_S", 200)
    shown = threading.Event()

    def verb(engine, token):
        yield Echo("first")
        assert shown.wait(WAIT_S)  # the page has taken the first, and waits before it takes another
        yield Echo("last")

    async def watch():
        async for update in runner.stream(spec("a"), verb, StopToken()):
            if isinstance(update, Snapshot):
                shown.set()
        return update.value.text

    assert asyncio.run(asyncio.wait_for(watch(), WAIT_S)) == "last"
