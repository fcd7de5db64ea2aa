"""How a soak tells growth from the ups and downs of single looks."""

from __future__ import annotations

import pytest

from benchmarks.soak import growth


def test_growth_is_what_the_line_through_all_looks_rises():
    assert growth([100.0, 110.0, 120.0, 130.0, 140.0]) == pytest.approx(40)


def test_one_look_that_is_off_in_the_middle_is_no_growth():
    assert growth([100.0, 100.0, 150.0, 100.0, 100.0]) == pytest.approx(0)


def test_a_last_look_that_happens_to_be_low_hides_no_growth():
    assert growth([100.0, 120.0, 140.0, 160.0, 100.0]) > 10
