"""64 callers of one cold model: how often it is loaded, and how many copies they hold."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from benchmarks.harness import Effort, Row, Sample, Side, exactly, versus
from benchmarks.starter_models import folder
from models.catalog import load_catalog
from models.device import choose_device
from models.hub.desk import HubDesk
from models.loading import Builder, ModelSpec, Report
from models.registry import Registry
from models.settings import from_environment
from models.sources import ModelBuilder
from models.spec import Engine, Placement, Weights
from models.variant_memory import Beside

TITLE = "64 callers of one cold model"
CALLERS = 64
MODEL = "starter/minilm-sentiment"
_PEER = "pipeline() behind functools.lru_cache"


class Counting:
    """The app's builder, counting what it builds."""

    def __init__(self, inner: Builder) -> None:
        self._inner = inner
        self.built = 0

    def fetch(self, spec: ModelSpec, report: Report) -> Weights:
        return self._inner.fetch(spec, report)

    def estimate_bytes(self, weights: Weights, placement: Placement) -> int:
        return self._inner.estimate_bytes(weights, placement)

    def beside(self, weights: Weights, placement: Placement, size_bytes: int) -> Beside:
        return self._inner.beside(weights, placement, size_bytes)

    def build(self, weights: Weights, placement: Placement) -> Engine:
        self.built += 1
        return self._inner.build(weights, placement)


def measure(effort: Effort) -> Iterator[Row]:
    """All callers start at the same moment; each round begins with a cold cache."""
    rounds = effort.of(1, 3)
    loads = versus(
        "loads for 64 callers at once", Side("Registry", ours), Side(_PEER, peer), unit="loads",
        rounds=rounds, floor=exactly(1), warm=0, same=None,
        note="each caller then holds the same object: copies held equal loads",
    )  # fmt: skip
    yield loads


def ours() -> Sample:
    """Loads of a registry that has never seen the model."""
    settings = from_environment()
    builder = Counting(ModelBuilder(settings.cache_folder, {}, HubDesk(offline=True)))
    registry = Registry(builder, lambda: choose_device("cpu"))
    spec = ModelSpec(load_catalog().find("sentiment", MODEL))

    def call() -> Any:
        with registry.claim(spec) as engine:
            return engine

    copies = {id(engine) for engine in _together(call)}
    registry.close()
    if len(copies) != builder.built:
        raise RuntimeError(f"{builder.built} loads and {len(copies)} copies")
    return Sample(builder.built)


def peer() -> Sample:
    """Loads of the cache that most apps put before ``pipeline``."""
    from transformers import pipeline

    path, built = str(folder("minilm-sentiment")), []

    @lru_cache
    def model(path: str) -> Any:
        built.append(threading.get_ident())
        return pipeline("text-classification", model=path)

    _together(lambda: model(path))
    return Sample(len(built))


def _together(call: Callable[[], Any]) -> list[Any]:
    """The outcome of one call by each of 64 threads that start together; an error counts as one."""
    gate = threading.Barrier(CALLERS)

    def run(_: int) -> Any:
        gate.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - loading at once breaks in many ways; counted elsewhere
            return error

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(run, range(CALLERS)))
