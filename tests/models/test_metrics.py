"""Figures of runs, loads and batches: counted once, and readable by Prometheus' own parser."""

from __future__ import annotations

import asyncio
import math

import pytest
from prometheus_client.parser import text_string_to_metric_families

from models.errors import InputError, Stopped
from models.loop_lag import LoopLag
from models.metrics import prometheus_text
from models.metrics_runs import BUCKETS_S, Histogram, RunCounts, cumulative
from models.runs import Snapshot
from models.stop import StopToken
from models.updates import Waiting
from tests.fakes import FakeBuilder, FakeDevice, FakeMemoryError, fake_service, spec


@pytest.fixture
def builder():
    return FakeBuilder(FakeDevice(limit=100), sizes={"a": 60, "b": 60})


@pytest.fixture
def service(builder):
    made = fake_service(builder, "a", "b")
    yield made
    made.close()


def shout(engine, stop):
    return engine.shout("hi")


def run(service, name="a", verb=shout):
    return asyncio.run(service.answer("sentiment", name, verb))


def samples(service, lag=None):
    """(name, labels) -> value, as Prometheus reads it."""
    text = prometheus_text(service, lag or LoopLag()).decode()
    return {
        (sample.name.removeprefix("modeldeck_"), *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_runs_are_counted_by_how_they_end(service):
    def refuse(engine, stop):
        raise InputError("too long")

    def give_up(engine, stop):
        raise Stopped

    run(service), run(service)
    with pytest.raises(InputError):
        run(service, verb=refuse)
    with pytest.raises(Stopped):
        run(service, verb=give_up)
    found = samples(service)
    assert found["runs_total", "done", "sentiment"] == 2
    assert found["runs_total", "failed", "sentiment"] == 1
    assert found["runs_total", "sentiment", "stopped"] == 1
    assert found["run_errors_total", "InputError", "sentiment"] == 1
    assert found["run_seconds_count", "sentiment"] == 2


def test_a_stopped_run_that_keeps_its_part_counts_as_stopped(service):
    def until_stopped(engine, stop):
        yield engine.shout("part")
        stop.set()
        yield engine.shout("more")

    assert run(service, verb=until_stopped).stopped
    assert service.runner.counts.figures().totals["sentiment"].outcomes == {"stopped": 1}


def test_a_caller_that_leaves_is_counted_and_its_run_is_ended(service):
    async def leave():
        token = StopToken()
        updates = service.runner.stream(spec("a"), shout, token)
        async for _ in updates:
            break
        await updates.aclose()
        return token.is_set

    assert asyncio.run(leave())
    figures = service.runner.counts.figures()
    assert figures.totals["sentiment"].outcomes == {"left": 1}
    assert figures.active == {}


def test_loads_evictions_and_memory_are_told_as_the_registry_counts_them(service):
    run(service, "a"), run(service, "a"), run(service, "b")
    found = samples(service)
    assert found["loads_total",] == 2
    assert (found["claims_total", "hit"], found["claims_total", "miss"]) == (1, 2)
    assert found["evictions_total", "room"] == 1
    assert found["memory_bytes", "fake:0", "models"] == 60
    assert found["memory_budget_bytes", "fake:0"] == 100
    assert found["load_phase_seconds_count", "reading weights"] == 2
    assert found["process_resident_bytes",] > 1e6


def test_a_load_that_fails_is_counted_by_its_error(service, builder):
    builder.failures["a"] = FakeMemoryError("no")
    with pytest.raises(Exception, match="does not have"):
        run(service, "a")
    found = samples(service)
    assert found["load_failures_total", "NoRoom"] == 1
    assert found["run_errors_total", "NoRoom", "sentiment"] == 1
    assert sum(v for k, v in found.items() if k[0] == "out_of_memory_total") >= 1


def test_a_process_that_did_nothing_has_figures_too(service):
    found = samples(service)
    assert found["loads_total",] == 0
    assert found["runs_waiting",] == 0
    assert not any(math.isnan(value) for value in found.values())


def test_buckets_of_a_histogram_add_up():
    histogram = Histogram()
    for seconds in (0.001, 0.005, 0.3, 1e6):
        histogram.add(seconds)
    rows = dict(cumulative(histogram))
    assert rows["0.005"] == 2
    assert rows["0.5"] == 3
    assert rows[str(BUCKETS_S[-1])] == 3
    assert rows["+Inf"] == histogram.count == 4
    assert histogram.total_s == pytest.approx(1_000_000.306)


def test_a_wait_for_a_worker_shows_while_it_lasts_and_is_gone_after():
    counts = RunCounts()

    async def updates():
        yield Waiting("a", 3)
        yield Waiting("a", 2)

    async def look():
        seen = []
        async for _ in counts.watch("ner", updates()):
            figures = counts.figures()
            seen.append((figures.waiting, figures.active, figures.oldest_wait_s >= 0))
        return seen

    assert asyncio.run(look()) == [(1, {"ner": 1}, True)] * 2
    assert counts.figures().waiting == 0


def test_watching_a_run_changes_nothing_on_the_way(service):
    async def collect():
        return [u async for u in service.runner.stream(spec("a"), shout, StopToken())]

    *_, last = asyncio.run(collect())
    assert isinstance(last, Snapshot)
    assert last.final
    assert last.value.text == "HI"
