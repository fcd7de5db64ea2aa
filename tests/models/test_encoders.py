"""Batched reading equals reading alone, whoever stands beside; tiny random BERTs and odd fakes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.encoders import Encoder, Row, TorchRuntime, padded, softmax
from tests.models.checkpoints import tiny_bert
from tests.models.engines import HERE


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    import transformers

    folder = tiny_bert(tmp_path_factory.mktemp("b"), "BertForSequenceClassification", num_labels=3)
    model = (
        transformers.AutoModelForSequenceClassification.from_pretrained(folder)
        .eval()
        .to(HERE.device)
    )
    return TorchRuntime(model, HERE.device, ("logits",))


@pytest.fixture(scope="module")
def tagger(tmp_path_factory):
    import transformers

    folder = tiny_bert(tmp_path_factory.mktemp("t"), "BertForTokenClassification", num_labels=5)
    model = (
        transformers.AutoModelForTokenClassification.from_pretrained(folder).eval().to(HERE.device)
    )
    return TorchRuntime(model, HERE.device, ("logits",))


ROWS = st.lists(
    st.lists(st.integers(1, 27), min_size=1, max_size=32).map(lambda ids: Row(tuple(ids))),
    min_size=1, max_size=24,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_batched_rows_equal_rows_read_alone(classifier, rows):
    encoder = Encoder(classifier, HERE.device, 0, per_token=False)
    alone = [classifier.run(*padded([row], 0))[0][0] for row in rows]
    with ThreadPoolExecutor(8) as pool:
        batched = list(pool.map(lambda row: encoder.one(row)[0], rows))
    np.testing.assert_allclose(batched, alone, atol=1e-5)


@settings(max_examples=15, deadline=None)
@given(ROWS)
def test_a_field_of_tokens_is_cut_to_its_row(tagger, rows):
    encoder = Encoder(tagger, HERE.device, 0, per_token=True)
    for row, (logits,) in zip(rows, encoder.read(rows), strict=True):
        assert logits.shape == (len(row.ids), 5)
        alone = tagger.run(*padded([row], 0))[0][0]
        np.testing.assert_allclose(logits, alone, atol=1e-5)


class LooksAtTheLastPlace:
    """A network that padding changes, such as XLNet's classifiers."""

    name, memory_bytes, fields = "odd", 0, ("last",)

    def run(self, ids, mask, segments):
        return (ids[:, -1:].astype(np.float32),)


class OneRowOnly:
    """A network that refuses several rows, such as GPT-2's classifiers without a pad token."""

    name, memory_bytes, fields = "lone", 0, ("last",)

    def run(self, ids, mask, segments):
        if len(ids) > 1:
            raise ValueError("Cannot handle batch sizes > 1 if no padding token is defined.")
        return (ids[:, -1:].astype(np.float32),)


@pytest.mark.parametrize("runtime", [LooksAtTheLastPlace(), OneRowOnly()])
def test_a_network_that_padding_would_change_is_found_out_and_read_without(runtime):
    encoder = Encoder(runtime, HERE.device, 0, per_token=False)
    rows = [Row(tuple(range(1, n + 1))) for n in (9, 10, 10, 11, 12) * 4]
    assert [int(out[0][0]) for out in encoder.read(rows)] == [len(row.ids) for row in rows]


def test_rows_as_long_as_the_network_reads_are_read_together(classifier):
    encoder = Encoder(classifier, HERE.device, 0, per_token=False)
    rows = [Row((*range(1, 28), n, 2, 3, 4, 5)) for n in range(1, 9)]
    assert {len(row.ids) for row in rows} == {32}
    alone = [classifier.run(*padded([row], 0))[0][0] for row in rows]
    np.testing.assert_allclose([out for (out,) in encoder.read(rows)], alone, atol=1e-5)
    assert encoder._lane.pads
    assert encoder._lane.max_rows > 1


def test_segments_are_padded_with_zeros():
    ids, mask, segments = padded([Row((1, 2, 3), (0, 1, 1)), Row((4,), (1,))], pad=9)
    assert ids.tolist() == [[1, 2, 3], [4, 9, 9]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert segments is not None
    assert segments.tolist() == [[0, 1, 1], [1, 0, 0]]


def test_a_runtime_is_exchanged_between_passes():
    encoder = Encoder(LooksAtTheLastPlace(), HERE.device, 0, per_token=False)
    assert encoder.one(Row((5,)))[0].tolist() == [5]
    doubled = SimpleNamespace(
        name="other",
        memory_bytes=0,
        fields=("first",),
        run=lambda ids, mask, segments: (ids[:, :1] * 2,),
    )
    encoder.exchange(doubled)
    assert encoder.one(Row((5,)))[0].tolist() == [10]


def test_shares_are_those_of_torch():
    import torch

    logits = np.array([[1.0, -30.0, 4.0], [90.0, -90.0, 0.0]], np.float32)
    np.testing.assert_allclose(softmax(logits), torch.from_numpy(logits).softmax(-1), atol=1e-7)
