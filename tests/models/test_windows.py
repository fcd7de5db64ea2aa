"""Windows cover every position and never exceed their size."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.windows import windows


@pytest.mark.parametrize(
    ("length", "size", "overlap", "expected"),
    [
        (0, 4, 1, []),
        (3, 4, 1, [(0, 3)]),
        (4, 4, 1, [(0, 4)]),
        (5, 4, 1, [(0, 4), (1, 5)]),
        (10, 4, 1, [(0, 4), (3, 7), (6, 10)]),
        (8, 4, 0, [(0, 4), (4, 8)]),
    ],
)
def test_windows_follow_the_table(length, size, overlap, expected):
    assert windows(length, size, overlap) == expected


@given(st.integers(0, 500), st.integers(1, 60), st.integers(0, 59))
def test_windows_cover_everything_with_at_least_the_overlap(length, size, overlap):
    if overlap >= size:
        with pytest.raises(ValueError, match="overlap"):
            windows(length, size, overlap)
        return
    cuts = windows(length, size, overlap)
    assert set().union(*(range(a, b) for a, b in cuts)) == set(range(length))
    assert all(b - a <= size for a, b in cuts)
    assert all(before[1] - after[0] >= overlap for before, after in pairwise(cuts))
