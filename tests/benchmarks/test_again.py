"""What another run will say, from the runs that were kept."""

from __future__ import annotations

import math
import random

import pytest

from benchmarks.again import KEPT, Seen, expected, history, key, outside, said
from benchmarks.harness import Figure, Row
from benchmarks.report import as_json, markdown, read_runs, write

RUN = {"machine": {"processor": "one"}, "effort": "short"}


def row(value: float, name: str = "a case", peer: str = "B") -> Row:
    figure = Figure(value, value, value)
    return Row(name, "ms", figure, peer, figure if peer else None, figure if peer else None)


def test_fewer_than_three_runs_say_nothing_of_the_next():
    assert expected(row(1), []) is None
    assert expected(row(1), [2.0, 2.1]) is None
    assert expected(row(1), [2.0, 2.1, 2.2]) is not None


def test_a_count_that_never_changes_is_expected_to_the_letter():
    assert expected(row(1), [64.0] * 3) == Figure(64.0, 64.0, 64.0)
    assert expected(row(1), [0.0] * 3) == Figure(0.0, 0.0, 0.0)
    assert expected(row(1), [math.inf] * 3) == Figure(math.inf, math.inf, math.inf)


def test_a_row_that_was_once_without_end_is_not_guessed_at():
    assert expected(row(1), [5.0, 6.0, math.inf]) is None
    assert expected(row(1), [0.0, 1.0, 2.0]) is None


@pytest.mark.parametrize("count", range(3, KEPT + 1))
def test_ninety_nine_of_a_hundred_runs_fall_inside(count):
    dice, inside, tries = random.Random(count), 0, 3000
    for _ in range(tries):
        *runs, another = (math.exp(dice.gauss(1, 0.1)) for _ in range(count + 1))
        spread = expected(row(1), runs)
        assert spread is not None
        inside += spread.low <= another <= spread.high
    assert 0.98 < inside / tries < 0.999


def test_a_row_without_a_peer_may_come_near_nothing():
    lone = row(0.1, peer="")
    spread = expected(lone, [0.07, 0.01, 0.14, 0.08])
    assert spread is not None
    assert spread.low == 0
    assert 0.14 < spread.high < 0.6


def test_only_the_last_runs_count():
    old, new = [1.0] * KEPT, [3.0 + 0.01 * n for n in range(KEPT)]
    assert expected(row(1), old + new) == expected(row(1), new)


def test_the_history_grows_by_one_and_forgets_the_oldest():
    runs = history(RUN, [row(1)], None)
    assert runs == {"a case / B": [1]}
    for value in range(2, KEPT + 3):
        runs = history(RUN, [row(value)], {**RUN, "runs": runs})
    assert runs["a case / B"] == list(range(3, KEPT + 3))


def test_runs_of_another_machine_or_effort_are_forgotten():
    before = {**RUN, "runs": {"a case / B": [1.0]}}
    assert history({**RUN, "effort": "full"}, [row(2)], before)["a case / B"] == [2]
    assert history({**RUN, "machine": {"processor": "two"}}, [row(2)], before)["a case / B"] == [2]


def test_one_name_against_two_peers_is_two_rows():
    assert key(row(1, peer="B")) != key(row(1, peer="C"))
    assert history(RUN, [row(1, peer="B"), row(2, peer="C")], None) == {
        "a case / B": [1],
        "a case / C": [2],
    }


def test_a_row_without_a_peer_is_known_by_what_ours_took():
    assert said(row(7, peer="")) == 7
    assert history(RUN, [row(7, peer="")], None) == {"a case": [7]}


def test_a_row_that_is_not_as_expected_is_named_with_what_was():
    runs = {"a case / B": [3.0, 3.1, 3.2, 3.1], "lone / B": [1.0]}
    assert outside([row(3.15), row(9, "lone"), row(9, "new")], runs) == (1, [])
    compared, (line,) = outside([row(9)], runs)
    assert compared == 1
    assert line.startswith("a case / B: 9, expected 2.")


def test_the_sum_at_the_end_counts_over_all_benchmarks():
    seen, runs = Seen(), {"a case / B": [3.0, 3.1, 3.2, 3.1]}
    assert seen.told() == "No earlier runs are kept to compare this one with."
    seen.add([row(3.15)], runs)
    assert seen.told() == "1 of 1 rows say what the kept runs lead one to expect."
    seen.add([row(9)], runs)
    assert seen.told().startswith(
        "1 of 2 rows say what the kept runs lead one to expect, not:\n  a case"
    )


def test_the_table_says_what_another_run_will_say(tmp_path):
    path = tmp_path / "results.json"
    for value in (3.0, 3.1, 3.2):
        run = {**RUN, "date": "2030-01-02", "title": "T", "rows": as_json([row(value)])}
        write("a", run, path)
    spread = expected(row(1), [3.0, 3.1, 3.2])
    assert spread is not None
    said_next = f"| {spread.low:.2f} to {spread.high:.2f}x |"
    assert said_next in markdown(read_runs(path))
    write("a", run, path, anew=True)
    assert said_next not in markdown(read_runs(path))
    assert read_runs(path)["a"]["runs"] == {"a case / B": [3.2]}
