"""Rows of word vectors in two arrays answer as spaCy's dictionary does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ner_vectors import Rows, give_vectors, has_rows, write_rows

hashes = st.integers(0, 2**64 - 1)


@given(st.dictionaries(hashes, st.integers(0, 19_999), max_size=30), hashes)
def test_every_hash_is_found_and_no_other(tmp_path_factory, table, other):
    folder = tmp_path_factory.mktemp("vocab")
    write_rows(table, folder)
    rows = Rows(np.load(folder / "word_keys.npy"), np.load(folder / "word_rows.npy"))
    assert dict(rows) == table
    assert len(rows) == len(table)
    assert rows.get(other, -1) == table.get(other, -1)


def test_neighbours_beyond_the_exact_range_of_floats_stay_apart(tmp_path):
    near = 2**63 + 2**40
    write_rows({near: 1, near + 1: 2}, tmp_path)
    rows = Rows(np.load(tmp_path / "word_keys.npy"), np.load(tmp_path / "word_rows.npy"))
    assert [rows.get(near + step, -1) for step in (-1, 0, 1, 2)] == [-1, 1, 2, -1]


def test_a_pipeline_finds_the_vectors_of_its_words(tmp_path):
    spacy = pytest.importorskip("spacy")
    blank = spacy.blank("en")
    number_of = blank.vocab.strings
    np.save(tmp_path / "vectors.npy", np.array([[1.0, 2.0], [3.0, 4.0]], np.float32))
    (tmp_path / "vectors.npy").rename(tmp_path / "vectors")
    assert not has_rows(tmp_path)
    write_rows({number_of["house"]: 1, number_of["tree"]: 0}, tmp_path)
    assert has_rows(tmp_path)
    give_vectors(blank, tmp_path)
    house, mouse, tree = blank("house mouse tree")
    assert (house.vector.tolist(), tree.vector.tolist()) == ([3.0, 4.0], [1.0, 2.0])
    assert house.has_vector
    assert not mouse.has_vector
