"""The figures of the Models tab: what ran, what was loaded, and nothing that could be markup."""

from __future__ import annotations

import asyncio

import pytest

from models.errors import InputError
from models.metrics_runs import Histogram
from tabs.parts.traffic import traffic_html
from tests.fakes import FakeBuilder, FakeDevice, fake_service


@pytest.fixture
def service():
    made = fake_service(FakeBuilder(FakeDevice(limit=100), sizes={"a": 60, "b": 60}), "a", "b")
    yield made
    made.close()


def run(service, name, verb=lambda engine, stop: engine.shout("hi")):
    return asyncio.run(service.answer("question_answering", name, verb))


def test_before_the_first_run_it_says_so(service):
    assert "Nothing has run yet" in traffic_html(service)


def test_runs_loads_and_evictions_show(service):
    def refuse(engine, stop):
        raise InputError("no")

    run(service, "a"), run(service, "b")
    with pytest.raises(InputError):
        run(service, "b", refuse)
    shown = traffic_html(service)
    assert "<td>Question answering</td><td>3</td>" in shown
    assert "<td>1 (1 InputError)</td>" in shown
    assert "<td>1 room</td>" in shown
    assert "1 were ready, 0 joined a load, 2 began one" in shown


def test_names_are_data(service):
    service.runner.counts._totals["<b>"].outcomes["done"] += 1
    assert "<td>&lt;b&gt;</td>" in traffic_html(service)


def test_a_bound_that_most_keep():
    histogram = Histogram()
    for value in (0.02, 0.02, 0.02, 4.0):
        histogram.add(value)
    assert histogram.within(0.75) == 0.025
    assert histogram.within(0.95) == 5.0
    assert histogram.mean_s == pytest.approx(1.015)
    histogram.add(1e5)
    assert histogram.within(1.0) == 0.0
