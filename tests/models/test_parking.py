"""Parked models: out of the device's memory, back without a file being read."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from models.parking import forget_copy, modules_of, park, unpark
from models.registry import Registry
from tests.fakes import FakeBuilder, FakeDevice, spec


@pytest.fixture
def builder():
    device = FakeDevice(limit=100, park_limit=120)
    return FakeBuilder(device, sizes=dict.fromkeys("abcd", 60))


@pytest.fixture
def registry(builder):
    made = Registry(builder, lambda: builder.device)
    yield made
    made.close()


def use(registry, name):
    with registry.claim(spec(name)) as engine:
        return engine.shout("x").text


def states(registry):
    return sorted((r.card.id, r.state.name) for r in registry.residents())


def test_an_evicted_model_is_parked_and_comes_back_without_its_files(registry, builder):
    for name in "aba":
        assert use(registry, name) == "X"
    assert builder.built == builder.fetched == ["a", "b"]
    assert states(registry) == [("a", "READY"), ("b", "PARKED")]
    assert (builder.device.used, builder.device.parked) == (60, 120)  # a has its copy still
    used = {m.name: m.models_bytes for m in registry.telemetry().memories}
    assert (used["fake:0"], used["pinned"]) == (60, 120)


def test_models_that_take_turns_are_copied_to_the_host_once(registry, builder):
    for name in "abababab":
        assert use(registry, name) == "X"
    assert builder.device.copied == 2
    assert builder.built == ["a", "b"]


def test_the_copy_of_a_model_on_the_device_goes_before_a_model_that_has_nothing_else(
    registry, builder
):
    builder.sizes |= {"small": 30, "other": 30}
    for name in "aba":
        use(registry, name)
    registry.pin(spec("a").key)
    for name in ("small", "other"):
        use(registry, name)
    assert states(registry) == [
        ("a", "READY"), ("b", "PARKED"), ("other", "READY"), ("small", "PARKED")
    ]  # fmt: skip
    assert builder.device.parked == 90
    for name in ("small", "other"):
        assert use(registry, name) == "X"
    assert builder.built == ["a", "b", "small", "other"]


def test_an_unloaded_model_takes_its_copy_with_it(registry, builder):
    for name in "aba":
        use(registry, name)
    assert registry.unload(spec("a").key)
    assert builder.device.parked == 60
    used = {m.name: m.models_bytes for m in registry.telemetry().memories}
    assert used["pinned"] == 60


def test_the_oldest_copies_are_given_up_when_their_own_budget_is_full(registry, builder):
    for name in "abcd":
        use(registry, name)
    assert states(registry) == [("b", "PARKED"), ("c", "PARKED"), ("d", "READY")]
    assert builder.device.parked == 120


def test_a_model_that_is_unloaded_on_request_is_not_parked_and_a_parked_one_can_be_unloaded(
    registry, builder
):
    for name in "ab":
        use(registry, name)
    assert registry.unload(spec("b").key)
    assert registry.unload(spec("a").key)
    assert states(registry) == []
    assert (builder.device.used, builder.device.parked) == (0, 0)


def test_an_engine_that_can_not_be_moved_is_evicted_for_good(registry, builder):
    with registry.claim(spec("a")) as engine:
        engine.parks = False
        del engine
    use(registry, "b")
    assert states(registry) == [("b", "READY")]


def test_memory_that_runs_out_on_the_way_back_is_met_by_the_ladder(registry, builder):
    for name in "ab":
        use(registry, name)
    builder.device.used += 50  # somebody else's, gone again with the cache
    released = builder.device.release_cached

    def release():
        builder.device.used -= 50
        builder.device.release_cached = released

    registry.unload(spec("b").key)
    builder.device.release_cached = release
    assert use(registry, "a") == "X"
    assert builder.built == ["a", "b"]
    assert registry.telemetry().out_of_memory == {"idle workspaces": 1}


def usual(size_bytes):
    """Memory that is not page-locked, for which there must be CUDA."""
    import torch

    return torch.empty(size_bytes, dtype=torch.uint8)


@pytest.fixture
def engine():
    """A real engine's shape: two networks, one of them with tied weights."""
    import torch

    from models.device import tensor_bytes

    network = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4))
    network[1].weight = network[0].weight
    network.register_buffer("turned", torch.arange(6.0).view(2, 3).t())
    other = torch.nn.Linear(2, 2)
    pipeline = SimpleNamespace(components={"other": other, "nothing": None})
    return SimpleNamespace(
        network=network, pipeline=pipeline, memory_bytes=tensor_bytes(network, other)
    )


def test_tensors_are_moved_in_place_and_shared_ones_stay_shared(engine):
    import torch

    x = torch.ones(1, 4)
    before, stored = engine.network(x), engine.network[0].weight.data_ptr()
    assert len(modules_of(engine)) == 2
    assert park(engine, "cpu", usual)
    assert engine.network[0].weight.data_ptr() != stored
    unpark(engine, "cpu")
    assert torch.equal(engine.network(x), before)
    assert engine.network[0].weight.data_ptr() == engine.network[1].weight.data_ptr()
    assert engine.network.turned.stride() == (1, 3)


def test_all_of_an_engine_lies_in_one_allotment_of_its_size(engine):
    asked = []
    assert park(engine, "cpu", lambda size: usual(asked.append(size) or size))
    network = engine.network
    places = [network[0].weight, network[0].bias, network[1].bias, network.turned]
    places += [*engine.pipeline.components["other"].parameters()]
    assert asked == [len(places) * 512]  # each begins at a multiple of 512 bytes
    assert len({place.untyped_storage().data_ptr() for place in places}) == 1
    assert len({place.data_ptr() for place in places}) == len(places)
    assert network.turned.tolist() == [[0, 3], [1, 4], [2, 5]]


def test_where_there_is_no_host_memory_nothing_is_changed(engine):
    def nothing(_):
        raise MemoryError

    before = [p.data_ptr() for p in engine.network.parameters()]
    with pytest.raises(MemoryError):
        park(engine, "cpu", nothing)
    assert [p.data_ptr() for p in engine.network.parameters()] == before


def test_a_second_way_out_uses_the_copy_of_the_first(engine):
    asked = []

    def allot(size):
        asked.append(size)
        return usual(size)

    for _ in range(3):
        assert park(engine, "cpu", allot)
        unpark(engine, "cpu")
    assert len(asked) == 1
    assert engine.network.turned.tolist() == [[0, 3], [1, 4], [2, 5]]
    forget_copy(engine)
    assert park(engine, "cpu", allot)
    assert len(asked) == 2


def test_weights_that_were_changed_are_copied_anew(engine):
    import torch

    park(engine, "cpu", usual)
    unpark(engine, "cpu")
    with torch.no_grad():
        engine.network[0].bias.fill_(7)
    park(engine, "cpu", usual)
    unpark(engine, "cpu")
    engine.network[1].bias.data = torch.full((4,), 9.0)
    park(engine, "cpu", usual)
    assert engine.network[0].bias.tolist() == [7] * 4
    assert engine.network[1].bias.tolist() == [9] * 4


def test_networks_inside_an_engine_s_own_parts_are_found():
    import torch

    from models.encoders import TorchRuntime

    runtime = TorchRuntime(torch.nn.Linear(2, 2), "cpu", ())
    assert len(modules_of(SimpleNamespace(encoder=runtime, tokenizer=object()))) == 1


def test_an_engine_with_memory_elsewhere_is_left_alone(engine):
    engine.memory_bytes += 1
    assert not park(engine, "cpu", usual)


def test_an_engine_whose_tensors_are_spread_over_devices_is_left_alone(engine):
    engine.network[0].to("meta")
    assert not park(engine, "cpu", usual)


def test_an_engine_without_networks_is_left_alone():
    assert not park(SimpleNamespace(memory_bytes=0, name="tokenizer"), "cpu", usual)
