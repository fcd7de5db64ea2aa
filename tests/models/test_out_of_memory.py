"""The ladder: what is tried when memory runs out, in which order, once each, and counted."""

from __future__ import annotations

import gc
import weakref

import pytest

from models.device import TorchDevice
from models.errors import NoRoom
from models.memory.ladder import OutOfRungs, Rung, climb
from models.registry import Registry
from tests.fakes import WAIT_S, FakeBuilder, FakeDevice, FakeMemoryError, card, spec


@pytest.fixture
def builder():
    return FakeBuilder(FakeDevice(limit=100))


@pytest.fixture
def registry(builder):
    made = Registry(builder, lambda: builder.device)
    yield made
    made.close()


def held(registry, name):
    claim = registry.claim(spec(name))
    claim.wait(WAIT_S)
    return claim


def test_a_run_has_workspaces_freed_and_then_idle_models_each_once(registry, builder):
    claim = held(registry, "a")
    held(registry, "b").release()
    relief, no = registry.relief(claim), FakeMemoryError("no")
    assert relief(no)
    assert builder.device.released == 1
    assert {r.card.id for r in registry.residents()} == {"a", "b"}
    assert relief(no)
    assert {r.card.id for r in registry.residents()} == {"a"}
    assert not relief(no)
    told = registry.telemetry()
    assert told.out_of_memory == {"idle workspaces": 1, "idle models": 1, "given up": 1}
    assert told.evictions == {"out of memory": 1}


def test_a_rung_with_nothing_to_do_costs_no_attempt(registry):
    relief = registry.relief(held(registry, "a"))
    assert [relief(FakeMemoryError("no")) for _ in range(2)] == [True, False]


def test_an_error_that_is_not_about_memory_frees_nothing_and_keeps_its_story(registry, builder):
    relief = registry.relief(held(registry, "a"))
    held(registry, "b").release()
    try:
        raise ValueError("no memory error")
    except ValueError as caught:
        error = caught
    assert not relief(error)
    assert error.__traceback__ is not None
    assert builder.device.released == 0
    assert len(registry.residents()) == 2


def test_an_engine_is_given_what_charges_its_working_memory(registry):
    claim = held(registry, "a")
    with claim.engine.host.activation(20):
        assert registry.telemetry().memories[-1].activations_bytes == 20


@pytest.mark.parametrize(
    ("error", "ran_out"),
    [
        (MemoryError(), True),
        (RuntimeError("CUDA failed with error out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you"), True),
        (RuntimeError("expected scalar type Float"), False),
        (ValueError("the text says: out of memory"), False),
    ],
)
def test_what_libraries_say_when_memory_runs_out_is_understood(error, ran_out):
    assert TorchDevice("cpu", "").is_out_of_memory(error) == ran_out


class Tensor:
    """Something large that an error's frames would keep alive."""


def test_the_tensors_of_a_failed_attempt_are_gone_before_the_next():
    alive = []

    def attempt():
        if alive:
            gc.collect()
            return alive[0]()
        tensor = Tensor()
        alive.append(weakref.ref(tensor))
        try:
            raise ValueError("inner")
        except ValueError as inner:
            raise FakeMemoryError("no") from inner

    rung = Rung("again", lambda: True)
    assert climb(attempt, [rung], lambda e: isinstance(e, FakeMemoryError), print) is None


def test_every_rung_is_climbed_at_most_once():
    rungs = [Rung(str(i), lambda: True) for i in range(3)]
    counted, tried = [], []

    def attempt():
        tried.append(1)
        raise FakeMemoryError("no")

    with pytest.raises(OutOfRungs):
        climb(attempt, rungs, lambda e: True, counted.append)
    assert (counted, len(tried)) == (["0", "1", "2"], 4)


def shrinking(builder):
    """A builder whose models take 80 bytes in float32 and 40 in bfloat16."""
    sizes = {"float32": 80, "bfloat16": 40}

    def build(weights, placement):
        builder.sizes[weights.card.id] = sizes[placement.dtype]
        return FakeBuilder.build(builder, weights, placement)

    def estimate(weights, placement):
        return sizes[placement.dtype] - builder.underestimate

    builder.build, builder.estimate_bytes = build, estimate
    return builder


@pytest.mark.parametrize(("limit", "takes"), [(130, 120), (100, 60)])
def test_a_quicker_variant_is_charged_with_its_model_and_given_up_where_it_has_no_room(
    limit, takes
):
    device = FakeDevice(limit=limit)
    builder = FakeBuilder(device, sizes={"m": 60}, besides={"m": 60})
    registry = Registry(builder, lambda: device)
    claim = registry.claim(spec("m"))
    assert claim.wait(WAIT_S).memory_bytes == takes == registry.charged_bytes()
    told = "there is no room for a quicker variant" in claim.resident.placement.reason
    assert told == (takes == 60)
    claim.release()


@pytest.mark.parametrize("underestimate", [0, 20])
def test_a_smaller_dtype_is_taken_only_where_the_card_allows_it_and_is_told(underestimate):
    builder = shrinking(FakeBuilder(FakeDevice(limit=70), underestimate=underestimate))
    registry = Registry(builder, lambda: builder.device)
    with pytest.raises(NoRoom):
        held(registry, "strict")
    lenient = type(spec("x"))(card("lenient", defaults={"smaller_dtype": "bfloat16"}))
    claim = registry.claim(lenient)
    assert claim.wait(WAIT_S).memory_bytes == 40
    assert claim.resident.placement.dtype == "bfloat16"
    assert "memory did not suffice for float32" in claim.resident.placement.reason
    claim.release()
    registry.close()
