"""Amounts in words: one thing is no things."""

from __future__ import annotations

import pytest

from models.units import counted, counted_of


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 texts"), (1, "1 text"), (2, "2 texts"), (12345, "12,345 texts")]
)
def test_one_is_said_in_the_singular(count, said):
    assert counted(count, "text") == said


def test_a_plural_of_its_own_and_a_part_of_the_whole():
    assert counted(1, "entity", "entities") == "1 entity"
    assert counted(2, "entity", "entities") == "2 entities"
    assert counted_of(0, 1, "row") == "0 of 1 row"
    assert counted_of(1, 1234, "row") == "1 of 1,234 rows"
