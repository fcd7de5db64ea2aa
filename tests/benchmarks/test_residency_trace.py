"""The simulation of residency policies: exact on streams that can be worked out by hand."""

from __future__ import annotations

import pytest

from benchmarks.residency_simulation import Model, Request, Turns, cache
from benchmarks.residency_trace import alternating, from_catalog, zipf

PAIR = {"A": Model(100, 2.0), "B": Model(100, 2.0)}


def one(names):
    return len(names) <= 1


def stream(text, gap_s=0.0):
    return [Request(name, i * gap_s, 0.1) for i, name in enumerate(text)]


def test_a_cache_of_one_reloads_at_every_change():
    outcome = cache(stream("AABBA"), PAIR, one)
    assert (outcome.loads, outcome.load_s, outcome.served) == (3, 6.0, 5)
    assert outcome.end_s == pytest.approx(6.5)


def test_those_who_wait_for_one_model_are_served_together():
    outcome = Turns(PAIR, 100).play(stream("ABABAB"))
    assert (outcome.loads, outcome.served) == (2, 6)
    assert outcome.end_s == pytest.approx(4.6)


def test_a_busy_model_serves_newcomers_for_twice_its_load_and_then_makes_way():
    crowd = alternating(400, gap_s=0.1)
    outcome = Turns(PAIR, 100).play(crowd)
    assert outcome.served == 400
    assert outcome.load_s <= 0.4 * outcome.end_s  # a third, and the first load
    assert cache(crowd, PAIR, one).load_s > 3 * outcome.load_s


def test_nobody_starves():
    crowd = [*stream("A" * 200, gap_s=0.2), Request("B", 1.0, 0.1)]
    outcome = Turns(PAIR, 100).play(sorted(crowd, key=lambda r: r.at))
    assert outcome.served == 201
    assert outcome.worst_s() < 8.0  # A's residence of four seconds, two loads at the worst


def test_two_dozen_models_under_a_byte_budget_reload_less_than_a_count_of_three():
    models = from_catalog()
    assert len(models) == 24
    budget = sum(sorted(m.size_bytes for m in models.values())[-3:])
    requests = zipf(list(models), 2000, seed=0)
    ours = Turns(models, budget).play(requests)
    peer = cache(requests, models, lambda names: len(names) <= 3)
    assert ours.served == peer.served == 2000
    assert peer.load_s > 1.2 * ours.load_s
