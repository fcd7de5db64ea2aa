"""Admission and eviction decisions, as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.residency import RESIDENCE_MAX_S, Occupant, Plan, Verdict, held_until, plan

NOW, INF = 100.0, float("inf")


def idle(key, size, used):
    return Occupant(key, size, used)


TABLE = [
    ("an empty device admits", 50, 100, [], Plan(Verdict.ADMIT, spare_bytes=50)),
    ("an exact fit admits", 100, 100, [], Plan(Verdict.ADMIT)),
    ("more than the budget never fits", 101, 100, [], Plan(Verdict.NEVER, short_bytes=1, missing_bytes=1)),
    (
        "the least recently used leaves first",
        50, 100, [idle("old", 50, 1), idle("new", 50, 2)], Plan(Verdict.EVICT, ("old",), short_bytes=50),
    ),
    (
        "a model that proves needless stays",
        60, 100, [idle("small", 10, 1), idle("big", 80, 2)], Plan(Verdict.EVICT, ("big",), short_bytes=50),
    ),
    (
        "a busy model makes way",
        50, 100, [Occupant("busy", 80, 1, busy=True)],
        Plan(Verdict.WAIT, (), ("busy",), 30, 30, 20),
    ),
    (
        "a pinned model is not waited for",
        50, 100, [Occupant("pinned", 80, 1, pinned=True)],
        Plan(Verdict.NEVER, short_bytes=30, missing_bytes=30),
    ),
    (
        "an idle one leaves although a busy one is older",
        50, 100, [Occupant("busy", 50, 1, busy=True), idle("idle", 50, 9)],
        Plan(Verdict.EVICT, ("idle",), short_bytes=50),
    ),
    (
        "a model that is being built is waited for, and refuses nobody",
        50, 100, [Occupant("building", 80, 1, busy=True, fixed=True)],
        Plan(Verdict.WAIT, short_bytes=30, missing_bytes=30),
    ),
    (
        "a held model is waited for although it is idle",
        50, 100, [Occupant("held", 80, 1, held_until=NOW + 1)],
        Plan(Verdict.WAIT, (), (), 30, 30, 20),
    ),
    (
        "a held busy model serves newcomers for a while",
        50, 100, [Occupant("held", 80, 1, busy=True, held_until=NOW + 1)],
        Plan(Verdict.WAIT, (), (), 30, 30, 20),
    ),
    (
        "the fewest busy models make way: an idle one first",
        50, 100, [Occupant("busy", 50, 1, busy=True), Occupant("held", 50, 9, held_until=NOW + 1)],
        Plan(Verdict.WAIT, (), (), 50, 50, 0),
    ),
    (
        "the one that makes way already is chosen again",
        50, 100, [Occupant("older", 50, 1, busy=True), Occupant("b", 50, 9, True, draining=True)],
        Plan(Verdict.WAIT, (), ("b",), 50, 50, 0),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "needed", "budget", "occupants", "expected"), TABLE)
def test_plan_follows_the_table(name, needed, budget, occupants, expected):
    assert plan(needed, budget, occupants, NOW) == expected, name


occupant = st.builds(
    Occupant,
    key=st.integers(0, 10**6),
    size_bytes=st.integers(0, 50),
    last_used=st.floats(0, 100),
    busy=st.booleans(),
    pinned=st.booleans(),
    fixed=st.booleans(),
    draining=st.booleans(),
    held_until=st.sampled_from([0.0, NOW + 1]),
)


@given(st.integers(0, 120), st.lists(occupant, max_size=8, unique_by=lambda o: o.key))
def test_a_plan_never_names_a_busy_or_pinned_model_and_always_frees_enough(needed, occupants):
    decision = plan(needed, 100, occupants, NOW)
    by_key = {o.key: o for o in occupants}
    leaving = [by_key[key] for key in decision.evict]
    assert not any(o.busy or o.pinned or o.held_until > NOW for o in leaving)
    assert not any(by_key[key].pinned or by_key[key].fixed for key in decision.drain)
    held = sum(o.size_bytes for o in occupants)
    if decision.verdict in (Verdict.ADMIT, Verdict.EVICT):
        assert held - sum(o.size_bytes for o in leaving) + needed <= 100
    for spared in leaving:  # minimal: every named model is necessary
        rest = sum(o.size_bytes for o in leaving if o is not spared)
        assert held - rest + needed > 100


@given(st.integers(0, 120), st.lists(occupant, max_size=8, unique_by=lambda o: o.key))
def test_what_is_spare_never_delays_the_newcomer(needed, occupants):
    """Whoever takes the spare bytes now, the chosen models still make enough room."""
    before = plan(needed, 100, occupants, NOW)
    if before.verdict is Verdict.WAIT and before.spare_bytes:
        guest = Occupant("guest", before.spare_bytes, NOW, busy=True, fixed=True)
        after = plan(needed, 100, [*occupants, guest], NOW)
        assert after.verdict is Verdict.WAIT
        assert after.drain == before.drain


@pytest.mark.parametrize(
    ("load_s", "gap_s", "last_used", "busy", "expected"),
    [
        (5, INF, 0, True, 10),  # twice its load
        (500, INF, 0, True, RESIDENCE_MAX_S),  # at most
        (5, INF, 1, False, 0),  # nobody came since it was ready: nobody is expected
        (5, 1, 3, False, 5),  # one came every second: held two seconds longer
        (5, 1, 9, False, 10),  # to the end of its residence
        (5, 4, 3, False, 8),  # every four seconds: held for the time of a load
        (5, 7, 14, False, 0),  # every seven: reloading is cheaper
    ],
)
def test_how_long_a_model_that_was_just_loaded_is_held(load_s, gap_s, last_used, busy, expected):
    assert held_until(0, load_s, last_used, gap_s, busy=busy) == expected
