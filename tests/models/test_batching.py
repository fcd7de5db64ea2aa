"""The batcher's thread: sharing, errors, stop, memory; a fake network that counts its passes."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from models.batching import AHEAD, LIGHT, Lane
from models.batching_executor import executor_of, executors
from models.caller import Caller, acting
from models.errors import Busy, Stopped
from models.stop import NEVER, StopToken
from tests.fakes import WAIT_S

NAMES = count()


class Doubler:
    """Doubles numbers; remembers its passes; a gate can hold the first one up; -1 is poison."""

    def __init__(self, *, gate=False):
        self.passes, self.gate, self.inside = [], threading.Event(), threading.Event()
        if not gate:
            self.gate.set()
        self.lane = Lane(self.run, lambda row: 1, f"test-{next(NAMES)}")

    def run(self, rows):
        self.passes.append(list(rows))
        self.inside.set()
        assert self.gate.wait(WAIT_S)
        if -1 in rows:
            raise ValueError("poison")
        return [2 * row for row in rows]

    @property
    def executor(self):
        return executor_of(self.lane.device)

    def hold(self, pool, row=0):
        """Starts a pass that the gate holds up, so that what comes next has to wait."""
        held = pool.submit(self.lane.one, row)
        assert self.inside.wait(WAIT_S)
        return held

    def waits(self, rows):
        while self.executor.waiting[0] < rows:
            time.sleep(0.001)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(70) as made:
        yield made


def test_what_arrives_during_a_pass_is_read_together_in_the_next(pool):
    network = Doubler(gate=True)
    held = network.hold(pool)
    others = [pool.submit(network.lane.one, n) for n in range(1, 33)]
    network.waits(32)
    network.gate.set()
    assert [f.result(WAIT_S) for f in [held, *others]] == [2 * n for n in range(33)]
    assert [len(rows) for rows in network.passes] == [1, 32]


def test_results_come_in_the_order_of_the_rows():
    assert list(Doubler().lane.read(range(100))) == [2 * n for n in range(100)]


def test_a_long_text_keeps_a_bounded_number_of_rows_waiting():
    network, taken = Doubler(), list[int]()
    rows = (taken.append(n) or n for n in range(200))
    ahead = [len(taken) - done for done, _ in enumerate(network.lane.read(rows), start=1)]
    assert max(ahead) < AHEAD


def test_an_error_reaches_only_the_row_it_belongs_to(pool):
    network = Doubler(gate=True)
    held = network.hold(pool)
    good = [pool.submit(network.lane.one, n) for n in range(1, 12)]
    bad = pool.submit(network.lane.one, -1)
    network.waits(12)
    network.gate.set()
    assert [f.result(WAIT_S) for f in [held, *good]] == [2 * n for n in range(12)]
    with pytest.raises(ValueError, match="poison"):
        bad.result(WAIT_S)
    assert network.executor.telemetry.halved > 0


class Tight(Doubler):
    """Has room for so many rows; each rung of a caller's ladder makes room for one more."""

    def __init__(self, room, **more):
        super().__init__(**more)
        self.room, self.freed = room, []

    def run(self, rows):
        doubled = super().run(rows)
        if len(rows) > self.room:
            raise MemoryError(f"{len(rows)} rows")
        return doubled

    def caller(self, rungs=2):
        left = iter(range(rungs))

        def relieve(error):
            freed = isinstance(error, MemoryError) and next(left, None) is not None
            if freed:
                self.freed.append(str(error))
                self.room += 1
            return freed

        return Caller(object(), relieve=relieve)


def read_together(network, pool, rows):
    """Rows in one pass, of one caller who can have memory freed twice."""
    network.gate.clear()
    network.inside.clear()
    held = network.hold(pool, 0)

    def ask():
        with acting(network.caller()):
            return list(network.lane.read(rows))

    asked = pool.submit(ask)
    network.waits(len(rows))
    network.gate.set()
    assert held.result(WAIT_S) == 0
    return asked.result(WAIT_S)


def test_a_pass_that_runs_out_of_memory_is_read_again_as_often_as_some_was_freed(pool):
    network = Tight(2)
    assert read_together(network, pool, [1, 2, 3, 4]) == [2, 4, 6, 8]
    assert network.freed == ["4 rows", "4 rows"]
    assert [len(rows) for rows in network.passes] == [1, 4, 4, 4]


def test_a_pass_is_halved_when_nothing_more_can_be_freed(pool):
    network = Tight(1)
    assert read_together(network, pool, [1, 2, 3, 4]) == [2, 4, 6, 8]
    assert [len(rows) for rows in network.passes] == [1, 4, 4, 4, 2, 2]


def test_a_row_that_fits_nowhere_fails_and_the_next_one_does_not(pool):
    network = Tight(-5)
    with acting(network.caller()), pytest.raises(MemoryError):
        network.lane.one(1)
    assert len(network.freed) == 2
    network.room = 1
    assert network.lane.one(1) == 2


def test_nothing_is_freed_for_an_error_that_is_not_about_memory():
    network = Tight(9)
    with acting(network.caller()), pytest.raises(ValueError, match="poison"):
        network.lane.one(-1)
    assert network.freed == []


def test_equal_rows_in_flight_are_read_once(pool):
    network = Doubler(gate=True)
    held = network.hold(pool)
    same = [pool.submit(network.lane.one, 7) for _ in range(20)]
    while network.executor.telemetry.joined < 19:
        time.sleep(0.001)
    network.gate.set()
    assert {f.result(WAIT_S) for f in same} == {14}
    assert held.result(WAIT_S) == 0
    assert network.passes == [[0], [7]]


def test_stop_ends_a_wait_at_once_and_its_row_is_never_read(pool):
    network, stop = Doubler(gate=True), StopToken()
    network.hold(pool)
    waiting = pool.submit(network.lane.one, 5, stop)
    network.waits(1)
    stop.set()
    with pytest.raises(Stopped):
        waiting.result(WAIT_S)  # the pass before it is still held up
    network.gate.set()
    assert network.lane.one(6) == 12
    assert network.passes == [[0], [6]]


def test_one_who_stops_in_a_pass_leaves_the_others_their_results(pool):
    network, stop = Doubler(gate=True), StopToken()
    network.hold(pool)
    leaving = pool.submit(network.lane.one, 1, stop)
    staying = pool.submit(network.lane.one, 2)
    network.waits(2)
    network.inside.clear()
    network.gate.set()
    assert staying.result(WAIT_S) == 4
    stop.set()
    assert leaving.exception(WAIT_S) is None or isinstance(leaving.exception(), Stopped)


def test_a_row_past_its_deadline_is_dropped_with_a_clear_error(pool):
    network = Doubler(gate=True)
    network.hold(pool)

    def late():
        with acting(Caller("user", deadline=time.monotonic() - 1)):
            return network.lane.one(5)

    waiting = pool.submit(late)
    network.waits(1)
    network.gate.set()
    with pytest.raises(Busy, match="too long"):
        waiting.result(WAIT_S)
    assert network.passes == [[0]]


def test_leaving_the_results_unread_takes_the_rows_out(pool):
    network = Doubler(gate=True)
    network.hold(pool)
    results = network.lane.read(range(1, 200))
    reading = pool.submit(next, results)
    network.waits(AHEAD)
    network.gate.set()
    assert reading.result(WAIT_S) == 2
    results.close()
    assert network.lane.one(500) == 1000
    assert sum(map(len, network.passes)) <= AHEAD + 2


def test_a_run_is_told_what_its_rows_shared_and_how_long_they_waited(pool):
    network = Doubler(gate=True)
    network.hold(pool)
    callers = [Caller(n) for n in range(8)]

    def ask(caller):
        with acting(caller):
            return network.lane.one(10 + caller.user)

    asked = [pool.submit(ask, caller) for caller in callers]
    network.waits(8)
    network.gate.set()
    assert [f.result(WAIT_S) for f in asked] == [20 + 2 * n for n in range(8)]
    assert {caller.tally.batch_rows for caller in callers} == {8}
    assert all(caller.tally.wait_s > 0 for caller in callers)


def test_an_idle_executor_keeps_no_model_alive():
    network = Doubler()
    assert network.lane.one(1) == 2
    gone = weakref.ref(network)
    deadline = time.monotonic() + WAIT_S
    del network
    while gone() is not None and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.01)
    assert gone() is None


def test_passes_grow_while_they_are_quick_and_shrink_when_slow():
    lane = Doubler().lane
    small = lane.max_tokens
    for _ in range(10):
        lane.learn(1_000, 0.01)
    assert lane.max_tokens > 4 * small
    for _ in range(10):
        lane.learn(4_000, 4.0)
    assert lane.max_tokens == small


def test_a_single_caller_pays_no_more_than_a_few_turns_of_a_thread(pool):
    network = Doubler()
    list(network.lane.read([1]))
    ours, turns = [], []
    for number in range(200):  # side by side, so that a slow or busy machine slows both
        began = time.perf_counter()
        network.lane.one(number, NEVER)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        pool.submit(int).result()
        turns.append(time.perf_counter() - began)
    assert sorted(ours)[20] < 10 * sorted(turns)[20]


def test_one_who_finds_nobody_there_reads_a_short_row_in_a_thread_of_its_own():
    network = Doubler()
    network.lane.run = lambda rows: [threading.current_thread().name for _ in rows]
    here, executor = threading.current_thread().name, network.executor
    assert network.lane.one(1) == here
    assert network.lane.one(2) == here
    assert executor.telemetry.passes == 2
    network.lane.length = lambda row: LIGHT + 1
    assert network.lane.one(3).startswith("batch-")
    assert {name[:6] for name in network.lane.read([4, 5, 6])} == {"batch-"}


def test_on_a_gpu_every_pass_is_the_executors():
    lane = Lane(
        lambda rows: [threading.current_thread().name for _ in rows], lambda row: 1, "cuda:9"
    )
    assert lane.one(1) == "batch-cuda:9"


def test_what_comes_while_a_caller_reads_waits_for_it_and_is_then_the_executors(pool):
    network, threads = Doubler(gate=True), []
    run = network.lane.run

    def watched(rows):
        threads.append(threading.current_thread().name)
        return run(rows)

    network.lane.run = watched
    held = network.hold(pool)
    others = [pool.submit(network.lane.one, n) for n in (1, 2)]
    network.waits(2)
    assert len(network.passes) == 1
    network.gate.set()
    assert [f.result(WAIT_S) for f in [held, *others]] == [0, 2, 4]
    assert [name[:6] == "batch-" for name in threads] == [False, True]


def test_rows_that_nobody_reads_for_their_caller_are_taken_out_at_once():
    network = Doubler()

    def broken():
        yield 1
        raise ValueError("the next row is none")

    with pytest.raises(ValueError, match="next row"):
        list(network.lane.read(broken()))
    deadline = time.monotonic() + WAIT_S
    while network.executor.waiting[0] and time.monotonic() < deadline:
        time.sleep(0.001)
    assert network.executor.waiting[0] == 0
    assert network.lane.one(2) == 4


def test_executors_are_known_for_telemetry_and_alive():
    network = Doubler()
    network.lane.one(1)
    assert network.executor in executors()
    assert network.executor.alive
    assert network.executor.telemetry.sizes[1] == 1
