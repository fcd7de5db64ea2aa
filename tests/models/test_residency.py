"""Admission and eviction decisions, as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.residency import Occupant, Plan, Verdict, plan


def idle(key, size, used):
    return Occupant(key, size, used)


TABLE = [
    ("an empty device admits", 50, 100, [], Plan(Verdict.ADMIT)),
    ("an exact fit admits", 100, 100, [], Plan(Verdict.ADMIT)),
    ("more than the budget never fits", 101, 100, [], Plan(Verdict.NEVER, (), 1)),
    (
        "the least recently used leaves first",
        50, 100, [idle("old", 50, 1), idle("new", 50, 2)], Plan(Verdict.EVICT, ("old",)),
    ),
    (
        "a model that proves needless stays",
        60, 100, [idle("small", 10, 1), idle("big", 80, 2)], Plan(Verdict.EVICT, ("big",)),
    ),
    (
        "a busy model is waited for",
        50, 100, [Occupant("busy", 80, 1, busy=True)], Plan(Verdict.WAIT, (), 30),
    ),
    (
        "a pinned model is not waited for",
        50, 100, [Occupant("pinned", 80, 1, pinned=True)], Plan(Verdict.NEVER, (), 30),
    ),
    (
        "an idle one leaves although a busy one is older",
        50, 100, [Occupant("busy", 50, 1, busy=True), idle("idle", 50, 9)],
        Plan(Verdict.EVICT, ("idle",)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "needed", "budget", "occupants", "expected"), TABLE)
def test_plan_follows_the_table(name, needed, budget, occupants, expected):
    assert plan(needed, budget, occupants) == expected, name


occupant = st.builds(
    Occupant,
    key=st.integers(0, 10**6),
    size_bytes=st.integers(0, 50),
    last_used=st.floats(0, 100),
    busy=st.booleans(),
    pinned=st.booleans(),
)


@given(st.integers(0, 120), st.lists(occupant, max_size=8, unique_by=lambda o: o.key))
def test_a_plan_never_names_a_busy_or_pinned_model_and_always_frees_enough(needed, occupants):
    decision = plan(needed, 100, occupants)
    by_key = {o.key: o for o in occupants}
    leaving = [by_key[key] for key in decision.evict]
    assert not any(o.busy or o.pinned for o in leaving)
    held = sum(o.size_bytes for o in occupants)
    if decision.verdict in (Verdict.ADMIT, Verdict.EVICT):
        assert held - sum(o.size_bytes for o in leaving) + needed <= 100
    for spared in leaving:  # minimal: every named model is necessary
        rest = sum(o.size_bytes for o in leaving if o is not spared)
        assert held - rest + needed > 100
