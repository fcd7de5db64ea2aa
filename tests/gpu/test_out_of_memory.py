"""A GPU whose memory really runs out: the ladder frees some, or says so; the next request succeeds."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager

import pytest

from models.batching_executor import executor_of
from models.errors import NoRoom
from models.runs import Runner
from models.sampler import Sampler
from models.stop import NEVER
from tests.gpu.conftest import DEVICE
from tests.models.engines import last

SHORT = Sampler(temperature=0, max_new_tokens=8)


@contextmanager
def room_for(cuda, more_bytes):
    """The process may take so much more than it has; torch's own limit, so CUDA's own error."""
    cuda.empty_cache()
    total = cuda.get_device_properties(0).total_memory
    cuda.set_per_process_memory_fraction((cuda.memory_reserved() + more_bytes) / total)
    try:
        yield
    finally:
        cuda.set_per_process_memory_fraction(1.0)


def write(engine, stop=NEVER):
    return last(engine.write("The sea is", SHORT, stop=stop)).text


def draw(pixels):
    return lambda engine, stop: engine.draw(
        "a red car", width=pixels, height=pixels, steps=1, seed=3, stop=stop
    )


def answer(rig, name, verb):
    runner = Runner(rig.registry, workers=2, queue_size=4)
    try:
        return asyncio.run(runner.answer(rig.spec(name), verb)).value
    finally:
        runner.close()


def rungs(rig):
    return dict(rig.registry.telemetry().out_of_memory)


def test_a_load_pushes_idle_models_out_though_the_budget_allows_both(gpu, cuda):
    rig = gpu(4_000_000_000)
    rig.use("local/a", write)
    with room_for(cuda, 100_000_000):
        rig.use("local/b", write)
    assert rungs(rig)["idle models"] == 1
    assert rig.states["local/b"] == "READY"
    assert rig.use("local/a", write)


def test_a_run_that_does_not_fit_beside_idle_models_fits_without_them(gpu, cuda):
    rig = gpu(4_000_000_000)
    rig.use("local/painter", lambda engine: None)
    answer(rig, "local/painter", draw(256))
    rig.use("local/a", write)
    room = peak(cuda, lambda: answer(rig, "local/painter", draw(1024)))
    while "idle models" not in rungs(rig):  # cuDNN makes do with less, down to a point
        room -= 50_000_000
        with room_for(cuda, room):
            drawn = answer(rig, "local/painter", draw(1024))
        assert drawn.pictures[0].image.size == (1024, 1024)
    assert rig.states["local/a"] == "PARKED"


def test_a_run_that_fits_in_no_way_is_refused_and_the_next_one_succeeds(gpu, cuda):
    rig = gpu(4_000_000_000)
    answer(rig, "local/painter", draw(256))
    with room_for(cuda, 120_000_000):
        with pytest.raises(NoRoom, match=r"needs about .* GB, which NVIDIA"):
            answer(rig, "local/painter", draw(1024))
        assert answer(rig, "local/painter", draw(256)).pictures[0].image.size == (256, 256)


def test_a_batch_that_does_not_fit_is_read_in_halves(gpu, cuda):
    rig = gpu(4_000_000_000)
    text = "a good film " * 3_000

    def score(engine, stop=NEVER):
        return engine.score(text, stop=stop)

    usual = answer(rig, "local/classes", score).scores
    room = peak(cuda, lambda: answer(rig, "local/classes", score))
    line = executor_of(DEVICE).telemetry
    before = line.halved
    while line.halved == before:
        room = room * 3 // 4
        with room_for(cuda, room):
            found = answer(rig, "local/classes", score).scores
    assert [s.label for s in found] == [s.label for s in usual]
    assert [s.score for s in found] == pytest.approx([s.score for s in usual], abs=1e-2)


def peak(cuda, work):
    """Bytes that a piece of work takes beyond what was taken before it."""
    cuda.empty_cache()
    cuda.reset_peak_memory_stats()
    before = cuda.memory_allocated()
    work()
    return cuda.max_memory_allocated() - before
