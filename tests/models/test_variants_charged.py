"""What a model is charged while variants of its network are tried, and after: what is really held."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from models.registry import Registry
from models.spec import Weights
from models.variant_verdict import Tried, Verdict
from models.variants import Shelf, TrialEndedError
from tests.fakes import WAIT_S, FakeBuilder, FakeDevice, spec

OWN, VARIANT = 40, 25


class Runtime:
    """Computes nothing; takes memory."""

    def __init__(self, name, memory_bytes):
        self.name, self.memory_bytes = name, memory_bytes


class Network:
    """A network whose variants take ``VARIANT`` bytes each."""

    def __init__(self):
        self.runtime = Runtime("torch float32", 0)

    def variant(self, folder, fields, name):
        return Runtime(name, VARIANT)

    def exchange(self, runtime):
        self.runtime = runtime


class Engine:
    """Something with a network that may be exchanged."""

    reentrant = True

    def __init__(self):
        self.encoder, self.memory_bytes = Network(), OWN


class Builder(FakeBuilder):
    """Builds ``Engine`` for the model "varied", and equips it."""

    def fetch(self, spec, report):
        return replace(super().fetch(spec, report), folder=self.folder)

    def build(self, weights, placement):
        if weights.card.id != "varied":
            return super().build(weights, placement)
        engine = Engine()
        self.shelf.equip(engine, weights, placement)
        return engine


class Bench:
    """A registry of 100 bytes on a CPU, and a trial that ends when it is told how."""

    def __init__(self, folder, monkeypatch):
        device = FakeDevice(limit=100, name="cpu")
        builder = Builder(device, sizes={"varied": OWN, "other": 50}, host=device)
        builder.folder, builder.shelf = folder / "weights", Shelf(folder, "auto")
        builder.folder.mkdir()
        self.registry, self.told = Registry(builder, lambda: device), threading.Event()
        self.shelf, self.outcome, self.settled = builder.shelf, None, threading.Event()
        self.shelf.recharge = self.recharge
        monkeypatch.setattr(Shelf, "make", self.make)

    def make(self, weights: Weights) -> Verdict:
        assert self.told.wait(WAIT_S)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        folder = self.shelf.folder(weights)
        folder.mkdir(parents=True)
        self.outcome.save(folder)
        return self.outcome

    def recharge(self, engine):
        self.registry.recharge(engine)
        self.settled.set()

    def end(self, outcome):
        self.outcome = outcome
        self.told.set()
        assert self.settled.wait(WAIT_S)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    made = Bench(tmp_path, monkeypatch)
    yield made
    made.registry.close()


def taken(name):
    return Verdict(name, ("logits",), {name: Tried(1, 2)} if name else {})


@pytest.mark.parametrize(
    ("outcome", "charged"),
    [
        (taken("openvino-float32"), OWN + VARIANT),
        (taken(""), OWN),
        (Verdict("", error="no such operation"), OWN),
        (OSError("the disk is full"), OWN),
        (TrialEndedError("the app ends"), OWN),
    ],
)
def test_after_a_trial_a_model_is_charged_what_it_holds(bench, outcome, charged):
    with bench.registry.claim(spec("varied")) as engine:
        assert bench.registry.charged_bytes() == 2 * OWN
        bench.end(outcome)
        assert bench.registry.charged_bytes() == engine.memory_bytes == charged
        assert OWN + engine.encoder.runtime.memory_bytes == charged


def test_a_load_that_waits_for_memory_gets_what_a_trial_gives_back(bench):
    with bench.registry.claim(spec("varied")):
        other = bench.registry.claim(spec("other"))
        assert not other.future.done()
        bench.end(taken(""))
        assert other.wait(WAIT_S).memory_bytes == 50
        other.release()


def test_a_model_that_left_during_its_trial_is_charged_nothing(bench):
    with bench.registry.claim(spec("varied")):
        pass
    assert bench.registry.unload(spec("varied").key)
    bench.told.set()
    assert bench.registry.charged_bytes() == 0
    assert bench.registry.residents() == []


def test_variants_that_are_there_are_charged_at_once(bench):
    with bench.registry.claim(spec("varied")):
        bench.end(taken("openvino-float32"))
    assert bench.registry.unload(spec("varied").key)
    with bench.registry.claim(spec("varied")) as engine:
        assert engine.encoder.runtime.name == "openvino-float32"
        assert bench.registry.charged_bytes() == OWN + VARIANT
