"""Rows worked on ahead: their order, bound, errors and tallies."""

from __future__ import annotations

import threading
from itertools import count

import pytest

from models.caller import Caller, acting, current
from models.errors import InputError
from models.rows_ahead import in_order
from tests.fakes import WAIT_S


def values(rows, work, width):
    return [(row, outcome()) for row, outcome in in_order(rows, work, width)]


@pytest.mark.parametrize("width", [1, 4])
def test_rows_come_in_their_order_whoever_is_done_first(width):
    gate = threading.Event()

    def work(row):
        if width > 1 and row == 0:
            assert gate.wait(WAIT_S)  # the first row ends after the second has
        if row == 1:
            gate.set()
        return row * 2

    assert values(range(30), work, width) == [(n, 2 * n) for n in range(30)]


def test_several_rows_are_worked_on_at_once():
    together = threading.Barrier(4, timeout=WAIT_S)
    assert len(values(range(8), lambda row: together.wait(), 4)) == 8


def test_only_so_many_rows_are_taken_ahead():
    taken = count()
    rows = in_order((next(taken) for _ in range(1000)), lambda row: row, 4)
    next(rows)
    assert next(taken) <= 8
    rows.close()


@pytest.mark.parametrize("width", [1, 4])
def test_an_error_belongs_to_its_row_alone(width):
    def work(row):
        if row == 1:
            raise InputError("bad")
        return row

    found = list(in_order(range(3), work, width))
    assert found[0][1]() == 0
    with pytest.raises(InputError, match="bad"):
        found[1][1]()
    assert found[2][1]() == 2


def test_all_rows_count_for_the_run_and_its_user():
    def work(row):
        current().tally.rows += 2
        return current().user

    with acting(caller := Caller("ada")):
        users = {user for _, user in values(range(10), work, 4)}
    assert users == {"ada"}
    assert caller.tally.rows == 20
