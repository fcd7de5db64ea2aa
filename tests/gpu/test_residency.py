"""Models on a GPU: charged what they take, parked in pinned memory, back as they were."""

from __future__ import annotations

import time

import pytest

from models.device import TorchDevice
from models.host_memory import process_memory_bytes
from models.sampler import Sampler
from models.stop import NEVER
from tests.gpu.conftest import DEVICE
from tests.models.engines import last

SHORT = Sampler(temperature=0, max_new_tokens=8)


def write(engine):
    return last(engine.write("The sea is", SHORT, stop=NEVER)).text


def test_the_ledger_is_what_torch_has_allocated(gpu, cuda):
    rig = gpu(4_000_000_000)
    rig.use("local/a", write)  # what libraries keep is there from now on
    for name in ("local/classes", "local/painter", "local/b"):
        charged, allocated = rig.charged.device, cuda.memory_allocated()
        rig.use(name, lambda engine: None)
        took = cuda.memory_allocated() - allocated
        assert rig.charged.device - charged == pytest.approx(took, rel=0.02)


def test_what_is_copied_to_the_gpu_does_not_wait_for_what_it_computes(cuda):
    import torch

    square = torch.randn(8_192, 8_192, device=DEVICE)
    cuda.synchronize()
    began = time.perf_counter()
    for _ in range(40):
        square @ square
    done = torch.cuda.Event()
    done.record()
    with TorchDevice(DEVICE, "test").beside_runs():
        torch.ones(1_000_000).to(DEVICE)
    copied = time.perf_counter() - began
    assert not done.query()
    done.synchronize()
    assert copied < (time.perf_counter() - began) / 2


def test_a_model_is_parked_and_comes_back_as_it_was(gpu, cuda):
    rig = gpu(300_000_000)
    first, size = rig.use("local/a", write), rig.charged.device
    assert rig.use("local/b", write) == first
    assert rig.states == {"local/a": "PARKED", "local/b": "READY"}
    assert [rig.charged.device, rig.charged.pinned] == pytest.approx([size, size], rel=1e-4)
    assert rig.use("local/a", write) == first
    assert rig.states == {"local/a": "READY", "local/b": "PARKED"}
    assert rig.charged.pinned == pytest.approx(2 * size, rel=1e-4)  # its copy stays there


def test_what_is_parked_is_page_locked_and_shares_what_it_shared(gpu, cuda):
    rig = gpu(300_000_000)
    kept = {}
    rig.use("local/a", lambda engine: kept.update(model=engine.generator._model))
    rig.use("local/b", lambda engine: None)
    model = kept.pop("model")
    weights = list(model.parameters())
    assert {p.device.type for p in weights} == {"cpu"}
    assert all(p.is_pinned() for p in weights)
    assert model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()
    del model, weights


def test_pinned_memory_is_of_the_models_size_and_goes_back_to_the_system(gpu):
    rig = gpu(300_000_000)
    for name in ("local/a", "local/b"):
        rig.use(name, write)
    full = process_memory_bytes()
    assert rig.registry.unload(rig.spec("local/a").key)
    freed = full - process_memory_bytes()
    assert freed == pytest.approx(rig.charged.device, rel=0.1)


def test_a_pipeline_is_parked_whole_and_draws_the_same_picture(gpu):
    rig = gpu(400_000_000)

    def draw(engine):
        return last(engine.draw("a red car", width=256, height=256, steps=2, seed=3))

    first = rig.use("local/painter", draw).pictures[0].image
    rig.use("local/a", write)
    assert rig.states["local/painter"] == "PARKED"
    again = rig.use("local/painter", draw).pictures[0].image
    assert again.tobytes() == first.tobytes()
