"""Cyclic garbage of dropped models: found at once, whether it was set aside with the imports or not."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from models.memory import garbage
from models.registry import Registry
from tests.fakes import FakeBuilder, FakeDevice, spec


class Part:
    """A part of an engine that refers to itself, as a spaCy pipeline does."""

    def __init__(self):
        self.me = self


@pytest.fixture(autouse=True)
def _by_hand():
    """No collection but those that are asked for."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The time of the last full collection is now; ``clock[0] += 60`` lets it pass."""
    now = [1000.0]
    monkeypatch.setattr(garbage, "_now", lambda: now[0])
    monkeypatch.setattr(garbage, "_whole_at", now[0])
    monkeypatch.setattr(garbage, "_loose", False)
    return now


@pytest.fixture
def imported(monkeypatch):
    """As if a load had imported a large library."""
    return lambda: monkeypatch.setattr(garbage, "_modules", 0)


def test_what_came_after_the_imports_is_found_without_looking_at_them(imported):
    imported()
    since = garbage.set_aside()
    kept, part = gc.get_freeze_count(), Part()
    gone = weakref.ref(part)
    assert kept > 10_000
    del part
    garbage.collect(since)
    assert gone() is None
    assert gc.get_freeze_count() <= kept


def test_what_was_set_aside_with_them_is_found_too(imported):
    since, part = garbage.set_aside(), Part()
    gone = weakref.ref(part)
    imported()
    assert garbage.set_aside() == since + 1
    del part
    gc.collect()
    assert gone() is not None
    garbage.collect(since)
    assert gone() is None


def test_a_model_that_stayed_when_an_older_one_went_is_found_when_it_goes(imported):
    older = garbage.set_aside()
    imported()
    since, part = garbage.set_aside(), Part()
    gone = weakref.ref(part)
    garbage.collect(older)
    del part
    garbage.collect(since)
    assert gone() is None


def test_nobody_sets_aside_what_is_being_collected(imported, monkeypatch):
    since, part = garbage.set_aside(), Part()
    gone = weakref.ref(part)
    imported()
    garbage.set_aside()
    imported()
    del part
    loads, unfreeze = threading.Thread(target=garbage.set_aside), gc.unfreeze

    def while_a_load_begins():
        unfreeze()
        loads.start()
        loads.join(0.2)  # as long as it takes, if nothing kept it

    monkeypatch.setattr(gc, "unfreeze", while_a_load_begins)
    garbage.collect(since)
    loads.join()
    assert gone() is None


def test_a_collection_beside_another_one_is_repeated(monkeypatch):
    part = Part()
    gone, collect, asked = weakref.ref(part), gc.collect, []

    def busy_at_first():
        asked.append(None)
        return collect() if len(asked) > 3 else 0  # as Python does beside another one

    monkeypatch.setattr(gc, "collect", busy_at_first)
    monkeypatch.setattr(garbage, "_PAUSE_S", 0.0)
    del part
    garbage.collect(garbage.set_aside())
    assert gone() is None
    assert len(asked) == 4


def test_what_became_garbage_where_it_lay_aside_goes_within_a_minute(imported, clock):
    part = Part()
    gone = weakref.ref(part)
    imported()
    since = garbage.set_aside()
    del part
    garbage.collect(since)
    assert gone() is not None
    clock[0] += 61
    garbage.collect(since)
    assert gone() is None


def test_garbage_is_not_set_aside(imported):
    part = Part()
    gone = weakref.ref(part)
    del part
    imported()
    garbage.set_aside()
    assert gone() is None


def test_what_somebody_held_for_a_moment_when_it_left_is_found_a_moment_later(imported, clock):
    since, part = garbage.set_aside(), Part()
    gone = weakref.ref(part)
    imported()
    garbage.set_aside()
    garbage.collect(since)
    garbage.set_aside()
    del part
    gc.collect()
    assert gone() is None
    clock[0] += 61
    garbage.set_aside()
    assert gc.get_freeze_count() > 10_000


def test_nothing_is_set_aside_where_nothing_was_imported(imported):
    imported()
    first = garbage.set_aside()
    gc.unfreeze()
    assert garbage.set_aside() == first
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize("later", [False, True], ids=["new", "set aside"])
def test_an_engine_leaves_no_part_behind_when_it_is_evicted(imported, later):
    device, parts = FakeDevice(limit=100), []
    builder = FakeBuilder(device, sizes={"a": 10, "b": 10})
    registry = Registry(builder, lambda: device)
    for name in "ab":
        with registry.claim(spec(name)) as engine:
            engine.part = Part()
            parts.append(weakref.ref(engine.part))
        del engine
        if later:
            imported()
    registry.unload(spec("a").key)
    assert [part() is None for part in parts] == [True, False]
