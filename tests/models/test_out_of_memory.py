"""The ladder: what is tried when memory runs out, in which order, once each, and counted."""

from __future__ import annotations

import gc
import weakref

import pytest

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


def fits(most):
    """An attempt that runs out of memory for more than ``most`` rows; it notes what was tried."""
    tried = []

    def attempt(rows):
        tried.append(rows)
        if rows > most:
            raise FakeMemoryError(f"{rows} rows")
        return f"{rows} rows"

    return attempt, tried


def test_a_run_is_tried_with_less_and_less(registry):
    claim = held(registry, "a")
    held(registry, "b").release()
    attempt, tried = fits(4)
    assert registry.recover(claim, attempt, batch=8) == "4 rows"
    assert tried == [8, 8, 8, 4]
    told = registry.telemetry()
    assert told.out_of_memory == {"idle workspaces": 1, "idle models": 1, "half the batch": 1}
    assert told.evictions == {"out of memory": 1}


def test_a_rung_with_nothing_to_do_costs_no_attempt(registry):
    claim = held(registry, "a")
    attempt, tried = fits(1)
    assert registry.recover(claim, attempt, batch=9) == "1 rows"
    assert tried == [9, 9, 4, 1]


def test_a_run_that_fits_nowhere_ends_in_a_clear_error_with_a_hint(registry):
    claim = held(registry, "a")
    attempt, tried = fits(0)
    with pytest.raises(NoRoom, match="This run of a needs about") as caught:
        registry.recover(claim, attempt, batch=2)
    assert "smaller" in caught.value.hint
    assert tried == [2, 2, 1]
    assert registry.telemetry().out_of_memory["given up"] == 1


def test_another_error_passes_at_once(registry):
    claim = held(registry, "a")
    with pytest.raises(ZeroDivisionError):
        registry.recover(claim, lambda rows: rows // 0)


def test_an_engine_is_given_what_frees_memory(registry):
    claim = held(registry, "a")
    held(registry, "b").release()
    host = claim.engine.host
    assert not host.relieve(ValueError("no memory error"))
    assert host.relieve(FakeMemoryError("no"))
    assert [r.card.id for r in registry.residents()] == ["a"]
    with host.activation(20):
        assert registry.telemetry().memories[-1].activations_bytes == 20


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
