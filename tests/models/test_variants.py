"""Variants: when one is chosen, when torch stays, what is kept on disk; a real export of a tiny BERT."""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from models import variants
from models.encoders import Encoder, Row
from models.sentiment import load
from models.settings import Settings, SettingsError
from models.spec import ModelCard, Placement, Weights
from models.variant_verdict import Tried, Verdict
from models.variants import Shelf, TrialEndedError, last_line
from models.variants_trial import best, judged
from tests.models.checkpoints import tiny_bert
from tests.models.engines import CPU


class Slightly:
    """A variant whose numbers are torch's times a factor, with every so manieth choice turned."""

    name, memory_bytes, fields = "openvino float32", 100, ("logits",)

    def __init__(self, factor=1.0, turned=0):
        self.factor, self.turned = factor, turned

    def run(self, ids, mask, segments):
        logits = np.stack([np.arange(len(ids)) % 3, np.ones(len(ids))], -1).astype(np.float32)
        if self.turned:
            logits[:: self.turned] = logits[:: self.turned, ::-1]
        return (logits * self.factor,)


def passes(rows=100):
    ids = np.ones((rows, 4), np.int64)
    return [(ids, np.ones_like(ids), None, Slightly().run(ids, ids, None))]


def test_a_variant_that_decides_as_torch_does_passes_and_says_how_far_it_moved():
    found = judged(Slightly(1.02), passes(), vectors=False)
    assert (found["agreement"], found["passed"]) == (1.0, True)
    assert 0 < found["drift"] < 0.01


def test_a_variant_that_decides_otherwise_in_one_place_of_twenty_does_not():
    found = judged(Slightly(turned=20), passes(), vectors=False)
    assert found["agreement"] < 0.98
    assert not found["passed"]


def test_padding_is_no_choice_and_no_part_of_a_vector():
    ids = np.array([[1, 2, 0]])
    mask = np.array([[1, 1, 0]])
    theirs = np.array([[0.0, 2.0, 9.0]], np.float32)
    runtime = SimpleNamespace(run=lambda *_: (np.array([[0.0, 2.0, -9.0]], np.float32),))
    assert judged(runtime, [(ids, mask, None, (theirs,))], vectors=False)["agreement"] == 1
    hidden = np.zeros((1, 3, 4), np.float32)
    hidden[0, :2] = 1
    other = hidden.copy()
    other[0, 2] = 50
    runtime = SimpleNamespace(run=lambda *_: (other,))
    assert judged(runtime, [(ids, mask, None, (hidden,))], vectors=True)["agreement"] == 1


@pytest.mark.parametrize(
    ("one", "many", "passed", "chosen"),
    [
        (2.0, 10.0, True, "openvino-bfloat16"),
        (2.0, 10.0, False, "openvino-float32"),  # the quickest fails the gate
        (9.9, 50.0, True, "openvino-float32"),
    ],
)
def test_the_quickest_variant_that_passed_is_chosen(one, many, passed, chosen):
    tried = {
        "torch-float32": Tried(10.0, 50.0),
        "openvino-float32": Tried(5.0, 40.0),
        "openvino-bfloat16": Tried(one, many, passed=passed),
    }
    assert best(tried) == chosen


def test_torch_stays_where_nothing_is_clearly_quicker():
    assert best({"torch-float32": Tried(10, 50), "openvino-float32": Tried(9.5, 49)}) == ""


def test_a_setting_of_another_name_stops_the_start():
    with pytest.raises(SettingsError, match=r"variants: 'int4'; choices: auto, off, openvino"):
        Settings(variants="int4")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tiny_bert(
        tmp_path_factory.mktemp("tiny"), "BertForSequenceClassification", num_labels=3
    )
    tiny = ModelCard("local/tiny", "sentiment", "transformers", "Tiny")
    return Weights(tiny, folder, "test")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return Shelf(tmp_path_factory.mktemp("cache"), "openvino-float32")


def equipped(shelf, weights):
    engine = load(weights, CPU)
    shelf.equip(engine, weights, CPU)
    deadline = time.monotonic() + 120
    while not engine.encoder.runtime.name.startswith("openvino") and time.monotonic() < deadline:
        time.sleep(0.05)
    return engine


def scores(engine, text="a good film"):
    return {s.label: s.score for s in [*engine.score(text)][-1].scores}


@pytest.mark.slow
def test_a_real_network_is_exported_in_another_process_and_exchanged_while_it_serves(
    shelf, weights
):
    plain = load(weights, CPU)
    engine = equipped(shelf, weights)
    assert engine.encoder.runtime.name == "openvino float32"
    assert engine.memory_bytes > plain.memory_bytes
    for text in ("a good film", "bad", "the film was good . " * 30):
        assert scores(engine, text) == pytest.approx(scores(plain, text), abs=1e-4)
    rows = [Row(tuple(range(2, 2 + n))) for n in (3, 4, 4, 5, 9)]
    many, one = engine.encoder.read(rows), plain.encoder
    for (ours,), row in zip(many, rows, strict=True):
        np.testing.assert_allclose(ours, one.one(row)[0], atol=1e-4)


@pytest.mark.slow
def test_what_was_made_is_found_at_the_next_load_and_judged_on_real_texts(shelf, weights):
    equipped(shelf, weights)
    began = time.monotonic()
    again = equipped(shelf, weights)
    assert time.monotonic() - began < 10
    assert again.encoder.runtime.name == "openvino float32"
    plain = load(weights, CPU).memory_bytes
    assert plain + shelf.beside(weights, CPU, plain).size_bytes == again.memory_bytes
    verdict = Verdict.load(shelf.folder(weights))
    assert verdict.tried["openvino-float32"].agreement == 1
    assert set(verdict.tried) == {"torch-float32", "openvino-float32", "openvino-bfloat16"}


def test_a_verdict_comes_back_as_it_was_written(tmp_path):
    verdict = Verdict("openvino-float32", ("logits",), {"openvino-float32": Tried(1, 2, 0.99)})
    verdict.save(tmp_path)
    assert Verdict.load(tmp_path) == verdict


def test_changed_weights_have_a_folder_of_their_own(tmp_path, weights):
    shelf = Shelf(tmp_path, "auto")
    before = shelf.folder(weights)
    (weights.folder / "note.txt").write_text("changed")
    assert shelf.folder(weights) != before
    (weights.folder / "note.txt").unlink()
    assert shelf.folder(weights) == before


@pytest.mark.parametrize(
    ("mode", "placement"),
    [("off", CPU), ("auto", Placement("cuda:0", "float32", "")), ("auto", Placement("cpu", "bfloat16", ""))],
)  # fmt: skip
def test_nothing_is_made_when_it_is_off_or_does_not_suit(tmp_path, weights, mode, placement):
    engine = load(weights, CPU)
    Shelf(tmp_path, mode).equip(engine, weights, placement)
    assert engine.encoder.runtime.name == "torch float32"
    assert not any(tmp_path.iterdir())


def test_an_engine_without_an_encoder_is_left_alone(tmp_path, weights):
    engine = SimpleNamespace(reentrant=True, memory_bytes=5)
    Shelf(tmp_path, "auto").equip(engine, weights, CPU)
    assert engine.memory_bytes == 5


def test_a_network_that_could_not_be_made_stays_with_torch(tmp_path, weights):
    shelf = Shelf(tmp_path, "auto")
    folder = shelf.folder(weights)
    folder.mkdir(parents=True)
    Verdict("", error="no such operation").save(folder)
    engine = load(weights, CPU)
    shelf.equip(engine, weights, CPU)
    assert engine.encoder.runtime.name == "torch float32"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Loading: 0%|  | 0/39\rLoading weights: 100%|##| 39/39\nValueError: bad\n", "ValueError: bad"),
        ("MemoryError\n\nLoading weights:   0%|          | 0/39 [00:00<?, ?it/s]", "MemoryError"),
        ("Loading weights:   0%|          | 0/39 [00:00<?, ?it/s]", ""),
    ],
)  # fmt: skip
def test_a_trial_that_failed_is_told_by_its_last_line_and_not_by_a_progress_bar(words, said):
    assert last_line(words) == said


def test_a_trial_that_ends_with_the_app_leaves_nothing_behind(tmp_path, weights, monkeypatch):
    ends = []
    monkeypatch.setattr(variants.atexit, "register", lambda end: (ends.append(end), end()))
    shelf = Shelf(tmp_path, "auto")
    with pytest.raises(TrialEndedError, match="local/tiny ended with the app"):
        shelf.make(weights)
    assert ends
    assert not shelf.folder(weights).exists()


@pytest.mark.slow
def test_openvino_does_not_report_its_use():
    from models.variants_openvino import private_openvino

    assert private_openvino()
    assert sys.modules["openvino_telemetry"] is None
    assert sys.modules["openvino.tools.ovc.telemetry_stub"]


def test_the_encoder_names_its_runtime_for_the_metrics_line():
    from models.caller import Caller, acting

    caller = Caller("user")
    with acting(caller):
        Encoder(Slightly(), "cpu", 0, per_token=False).one(Row((1, 2)))
    assert caller.tally.variant == "openvino float32"
