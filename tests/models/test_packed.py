"""The packed dictionary gives what the plain one gives, in a fraction of its memory."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.packed import Packed

texts = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]))
values = st.one_of(texts, st.dictionaries(texts, st.one_of(st.none(), st.integers(), texts)))


@given(st.dictionaries(texts, values), texts)
def test_it_has_the_same_entries_and_no_others(entries, other):
    packed = Packed(entries)
    assert dict(packed) == entries
    assert (other in packed) == (other in entries)
    assert packed.get(other) == entries.get(other)


class Clumsy(str):
    """A key whose hash is another's."""

    __slots__ = ()

    def __hash__(self):
        return 7


def test_keys_with_the_same_hash_are_told_apart():
    packed = Packed({Clumsy("a"): "1", Clumsy("b"): "2"})
    assert (packed[Clumsy("a")], packed[Clumsy("b")]) == ("1", "2")
    with pytest.raises(KeyError):
        packed[Clumsy("c")]


def test_it_takes_a_fraction_of_the_memory():
    entries = {f"word{n}": {"DEFAULT": f"sound{n}"} for n in range(1_000)}
    plain = sum(
        sys.getsizeof(key) + sys.getsizeof(value) + sys.getsizeof(value["DEFAULT"])
        for key, value in entries.items()
    )
    assert Packed(entries).size_bytes < plain / 4
