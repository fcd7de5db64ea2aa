"""Health: each thing that can be wrong makes it say so, and only that."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from models import batching_executor
from models.batching import Lane
from models.batching_executor import Executor
from models.caller import Caller
from models.health import Limits, examine
from models.loop_lag import PERIOD_S, LoopLag
from models.runs import Waiting
from models.stop import NEVER, StopToken
from tests.fakes import WAIT_S, FakeBuilder, FakeDevice, fake_service, spec

SOON = Limits(wait_s=0.05, lag_s=0.05)


@pytest.fixture
def service():
    made = fake_service(FakeBuilder(FakeDevice(limit=100), sizes={"a": 80, "b": 80}), "a", "b")
    yield made
    made.close()


@pytest.fixture
def executor(monkeypatch):
    """An executor of this test's own, in the place where all are listed."""
    made = Executor("test")
    monkeypatch.setattr(batching_executor, "_executors", {"test": made})
    return made


@pytest.fixture(autouse=True)
def no_other_executors(monkeypatch):
    monkeypatch.setattr(batching_executor, "_executors", {})


def until(condition):
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def test_a_fresh_service_is_well(service):
    found = examine(service, LoopLag())
    assert found.well
    assert found.reasons == ()


def test_a_load_that_waits_too_long_for_memory_makes_it_unwell(service):
    held = service.registry.claim(spec("a"))
    held.wait(WAIT_S)
    waiting = service.registry.claim(spec("b"))
    until(lambda: not examine(service, LoopLag(), SOON).well)
    (reason,) = examine(service, LoopLag(), SOON).reasons
    assert "memory" in reason
    assert examine(service, LoopLag()).well, "five minutes have not passed"
    held.release(), waiting.release()


def test_a_run_that_waits_too_long_for_a_worker_makes_it_unwell(service):
    gate = threading.Event()

    def block(engine, stop):
        gate.wait(WAIT_S)
        return engine.shout("done")

    async def crowd():
        streams = [service.runner.stream(spec("a"), block, StopToken()) for _ in range(3)]
        tasks = [asyncio.create_task(_drain(s)) for s in streams]
        while examine(service, LoopLag(), SOON).well:
            await asyncio.sleep(0.01)
        found = examine(service, LoopLag(), SOON)
        gate.set()
        await asyncio.gather(*tasks)
        return found

    (reason,) = asyncio.run(asyncio.wait_for(crowd(), WAIT_S)).reasons
    assert "a worker" in reason
    assert examine(service, LoopLag(), SOON).well


async def _drain(stream):
    return [update async for update in stream if isinstance(update, Waiting)]


def test_a_row_that_waits_too_long_for_a_pass_makes_it_unwell(service, executor):
    gate, begun = threading.Event(), threading.Event()

    def run(rows):
        begun.set()
        gate.wait(WAIT_S)
        return rows

    lane = Lane(run, lambda row: 1, "test")
    executor.ask(lane, "a", Caller("x"), NEVER)
    assert begun.wait(WAIT_S)
    executor.ask(lane, "b", Caller("y"), NEVER)
    until(lambda: not examine(service, LoopLag(), SOON).well)
    (reason,) = examine(service, LoopLag(), SOON).reasons
    assert "a pass" in reason
    gate.set()
    until(lambda: examine(service, LoopLag(), SOON).well)


class Fatal(Lane):
    """A lane whose bookkeeping ends the executor's thread."""

    def learn(self, tokens: int, seconds: float) -> None:
        raise SystemExit("the thread ends here")


def test_a_dead_batching_thread_makes_it_unwell(service, executor):
    executor.ask(Fatal(list, lambda row: 1, "test"), "a", Caller("x"), NEVER)
    until(lambda: not executor.alive)
    (reason,) = examine(service, LoopLag()).reasons
    assert "test has died" in reason


def test_a_runner_that_takes_no_runs_makes_it_unwell():
    service = fake_service(FakeBuilder(FakeDevice(limit=100)), "a")
    service.close()
    (reason,) = examine(service, LoopLag()).reasons
    assert "no more runs" in reason


def test_an_event_loop_that_is_blocked_makes_it_unwell(service):
    lag = LoopLag()

    async def block():
        async with lag.watching():
            await asyncio.sleep(PERIOD_S / 2)
            time.sleep(0.3)  # what must never be done on an event loop
            await asyncio.sleep(PERIOD_S)
            return examine(service, lag, SOON)

    (reason,) = asyncio.run(block()).reasons
    assert "event loop" in reason
    assert 0.2 < lag.worst_s < WAIT_S  # 300 would be milliseconds


def test_a_lag_that_still_lasts_is_seen_from_another_thread():
    lag, seen = LoopLag(), []

    async def block():
        async with lag.watching():
            await asyncio.sleep(0.01)
            watcher = threading.Thread(target=lambda: until(lambda: lag.worst_s > 0.1 or seen))
            watcher.start()
            watcher.join()  # the loop is blocked meanwhile
            seen.append(lag.worst_s)

    asyncio.run(block())
    assert seen[0] > 0.1


def test_an_idle_loop_is_on_time():
    lag = LoopLag()

    async def idle():
        async with lag.watching():
            while min(lag.lags_s(), default=1) >= 0.1:
                await asyncio.sleep(PERIOD_S)

    asyncio.run(asyncio.wait_for(idle(), WAIT_S))
