"""Which rows go together: every row once, in turn, with little padding. No thread, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from models.batching_line import PADDING, Line


@dataclass(eq=False)
class FakeLane:
    """An operation of some model."""

    max_rows: int = 8
    max_tokens: int = 100
    pads: bool = True


@dataclass(eq=False)
class FakeTicket:
    """A caller who may stop."""

    user: object
    asked_at: float = 0.0
    stopped: bool = False
    stands_for: int = 1

    def gone(self, now: float) -> bool:
        return self.stopped


def drain(line):
    """All passes until nothing waits, as lists of rows."""
    passes = []
    while entries := line.take():
        for entry in entries:
            line.close(entry)
        passes.append([entry.row for entry in entries])
    return passes


def filled(lengths, lane=None, users=()):
    line, lane = Line(), lane or FakeLane()
    for number, length in enumerate(lengths):
        user = users[number] if users else "one"
        line.add(lane, (number, length), length, FakeTicket(user, number))
    return line


def test_what_waits_goes_together_when_it_is_about_as_long():
    assert drain(filled([10, 11, 40, 12])) == [[(0, 10), (1, 11), (3, 12)], [(2, 40)]]


def test_a_lane_that_must_not_pad_takes_equal_lengths_only():
    assert drain(filled([10, 11, 10], FakeLane(pads=False))) == [[(0, 10), (2, 10)], [(1, 11)]]


def test_a_row_longer_than_the_budget_goes_alone():
    assert drain(filled([500, 500])) == [[(0, 500)], [(1, 500)]]


def test_a_user_with_many_rows_does_not_hold_up_another():
    lengths, users = [10] * 100 + [30], ["crowd"] * 100 + ["single"]
    passes = drain(filled(lengths, users=users))
    assert [(100, 30)] in passes[:2]


def test_rows_of_several_users_share_a_pass_one_of_each_first():
    users = ["a"] * 20 + ["b", "c"]
    first = drain(filled([10] * 22, users=users))[0]
    assert {(20, 10), (21, 10)} < set(first)


def test_who_takes_little_time_comes_more_often_and_nobody_less_than_their_share():
    line, lanes = Line(), {"step": FakeLane(), "long": FakeLane(), "other": FakeLane()}
    seconds, had = {"step": 0.01, "long": 0.25, "other": 0.1}, dict.fromkeys(lanes, 0.0)
    for name, lane in lanes.items():
        line.add(lane, 0, 1, FakeTicket(name))
    for number in range(1, 1000):
        (entry,) = line.take()
        (ticket,) = line.close(entry)
        line.add(entry.lane, number, 1, FakeTicket(ticket.user))
        line.spend([entry], seconds[ticket.user])
        had[ticket.user] += seconds[ticket.user]
        assert max(had.values()) - min(had.values()) <= 0.26


def shares(heads, others=8, step_s=0.02, pass_s=0.2, until_s=60.0):
    """What share of the time steps for so many visitors get beside other visitors' passes."""
    line, had = Line(), {"steps": 0.0, "passes": 0.0}
    writer = FakeLane(max_rows=1)
    line.add(writer, 0, 1, FakeTicket("writer", stands_for=heads))
    for number in range(others):
        line.add(FakeLane(max_rows=1), number, 1, FakeTicket(number))
    for number in count(1):
        (entry,) = line.take()
        is_step = entry.lane is writer
        seconds = step_s if is_step else pass_s
        had["steps" if is_step else "passes"] += seconds
        (ticket,) = entry.tickets
        line.add(entry.lane, number, 1, FakeTicket(ticket.user, stands_for=ticket.stands_for))
        line.close(entry)
        line.spend([entry], seconds)
        if sum(had.values()) > until_s:
            return had["steps"] / sum(had.values())


def test_steps_that_are_written_for_several_visitors_get_the_time_of_as_many():
    assert 0.09 < shares(1) < 0.13  # one of nine
    assert 0.45 < shares(8) < 0.55  # eight of sixteen


def test_who_comes_back_has_saved_nothing_up():
    line, lane, turns = Line(), FakeLane(max_rows=1), []
    line.add(lane, ("busy", 0), 1, FakeTicket("busy"))
    for number in range(20):
        if number == 10:
            for row in range(10):
                line.add(lane, ("back", row), 1, FakeTicket("back"))
        line.add(lane, ("busy", number + 1), 1, FakeTicket("busy"))
        (entry,) = line.take()
        turns.append(entry.row[0])
        line.close(entry)
        line.spend([entry], 1.0)
    assert turns[:10] == ["busy"] * 10
    assert turns[10:].count("busy") in (4, 5, 6)


def test_a_pass_is_paid_by_everybody_in_it_by_length():
    line, shared, alone = Line(), FakeLane(), FakeLane()
    line.add(shared, "short", 10, FakeTicket("a"))
    line.add(shared, "longer", 12, FakeTicket("b"))
    line.add(alone, "c", 10, FakeTicket("c"))
    line.spend([line.close(entry) and entry for entry in line.take()], 1.0)
    for name in "ba":
        line.add(alone, name, 10, FakeTicket(name))
    alone.max_rows = 1
    assert [rows[0] for rows in drain(line)] == ["c", "a", "b"]


def test_equal_rows_are_read_once_even_while_a_pass_has_them():
    line, lane = Line(), FakeLane()
    mine, yours, late = FakeTicket("a"), FakeTicket("b"), FakeTicket("c")
    assert line.add(lane, "row", 5, mine)
    assert not line.add(lane, "row", 5, yours)
    (entry,) = line.take()
    assert not line.add(lane, "row", 5, late)
    assert line.take() == []
    assert line.close(entry) == [mine, yours, late]
    assert line.add(lane, "row", 5, FakeTicket("d"))


def test_equal_rows_of_other_lanes_are_other_rows():
    line = Line()
    line.add(FakeLane(), "row", 5, FakeTicket("a"))
    line.add(FakeLane(), "row", 5, FakeTicket("a"))
    assert len(drain(line)) == 2


def test_a_row_is_dropped_when_the_last_who_waits_has_stopped():
    line, lane = Line(), FakeLane()
    first, second = FakeTicket("a", stopped=True), FakeTicket("b")
    line.add(lane, "row", 5, first)
    line.add(lane, "row", 5, second)
    assert line.drop(0.0) == [first]
    assert len(line) == 1
    second.stopped = True
    assert line.drop(0.0) == [second]
    assert (len(line), line.take(), line.oldest) == (0, [], None)


def test_the_oldest_wait_is_told():
    assert filled([3, 4]).oldest == 0


ROWS = st.lists(
    st.tuples(st.integers(1, 120), st.sampled_from("abc"), st.integers(0, 1), st.booleans()),
    max_size=60,
)


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_every_row_that_is_wanted_is_in_exactly_one_pass_within_the_limits(rows):
    line, lanes = Line(), (FakeLane(), FakeLane(pads=False, max_rows=3))
    for number, (length, user, lane, stopped) in enumerate(rows):
        line.add(lanes[lane], (number, length), length, FakeTicket(user, number, stopped))
    dropped = line.drop(0.0)
    assert len(dropped) == sum(stopped for *_, stopped in rows)
    seen = []
    while entries := line.take():
        lane = entries[0].lane
        lengths = [entry.length for entry in entries]
        padded = max(lengths) * len(lengths)
        assert all(entry.lane is lane for entry in entries)
        assert len(entries) <= lane.max_rows
        assert len(entries) == 1 or padded <= min(lane.max_tokens, PADDING * sum(lengths))
        seen += [entry.row[0] for entry in entries]
        for entry in entries:
            line.close(entry)
    assert sorted(seen) == [n for n, (*_, stopped) in enumerate(rows) if not stopped]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 90), st.sampled_from("abcd")), min_size=1, max_size=60))
def test_nobody_is_overtaken_by_more_than_one_pass_of_each_other_user(rows):
    line, lane = Line(), FakeLane()
    for number, (length, user) in enumerate(rows):
        line.add(lane, (number, length), length, FakeTicket(user, number))
    users = {user for _, user in rows}
    served, due = [], {}
    while entries := line.take():
        served.append({rows[entry.row[0]][1] for entry in entries})
        for entry in entries:
            due[entry.row[0]] = len(served)
            line.close(entry)
    for user in users:
        mine = [n for n, (_, owner) in enumerate(rows) if owner == user]
        for place, number in enumerate(mine, start=1):
            assert due[number] <= place * len(users)
