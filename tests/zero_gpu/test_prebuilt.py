"""The fixed set: fetched from the Hub and built at start, in the main thread, and held for good."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from models.errors import ModelUnsupported
from models.hub.desk import HubDesk
from models.loading import ModelSpec
from models.sources import ModelBuilder
from models.spec import ModelCard
from models.stop import NEVER
from models.zero_gpu import ZeroGpuError, calls
from models.zero_gpu.device import ZeroDevice
from models.zero_gpu.engines import Prebuilt, RemoteEngine, make_registry
from tests.hub.conftest import hub as hub  # the fixture
from tests.hub_standin import Repo
from tests.models.checkpoints import tiny_bert

CARD = ModelCard("org/moods", "sentiment", "transformers", "Moods")


class OnCpu(ZeroDevice):
    """The device with the CPU behind its name: this torch has no CUDA."""

    name = "cpu"

    def budget_bytes(self) -> int:
        return 10**9


@pytest.fixture
def builder(hub, tmp_path):
    folder = tmp_path / "moods"
    folder.mkdir()
    tiny_bert(folder, "BertForSequenceClassification", num_labels=3)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    repo = Repo("org/moods", facts={"pipeline_tag": "text-classification"})
    repo.commit(files)
    hub.repos["org/moods"] = repo
    desk = HubDesk()
    yield ModelBuilder(Path(tmp_path / "cache"), {}, desk)
    desk.close()
    calls.ENGINES.clear()


def test_a_model_of_the_hub_is_fetched_and_built_and_answers_through_the_call(builder):
    prebuilt = Prebuilt(builder, OnCpu(), calls.run)
    prebuilt.prepare(CARD)
    weights = prebuilt.fetch(ModelSpec(CARD), lambda *_: None)
    engine = prebuilt.build(weights, OnCpu().place(CARD))
    assert isinstance(engine, RemoteEngine)
    assert prebuilt.estimate_bytes(weights, OnCpu().place(CARD)) == engine.memory_bytes > 0
    *_, last = engine.score("a good film", stop=NEVER)
    assert len(last.scores) == 3


def test_a_model_that_was_not_built_is_unsupported_here(builder):
    prebuilt = Prebuilt(builder, OnCpu(), calls.run)
    with pytest.raises(ModelUnsupported, match="not among the models of this ZeroGPU Space"):
        prebuilt.fetch(ModelSpec(CARD), lambda *_: None)


def test_models_are_built_in_the_main_thread_only(builder):
    errors: list[BaseException] = []

    def elsewhere() -> None:
        try:
            Prebuilt(builder, OnCpu(), calls.run).prepare(CARD)
        except ZeroGpuError as error:
            errors.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


def test_a_set_that_does_not_fit_stops_the_start(builder, monkeypatch):
    class Spaces:
        @staticmethod
        def GPU(duration):
            return lambda task: task

    class Small(OnCpu):
        def budget_bytes(self) -> int:
            return 10

    monkeypatch.setattr("models.zero_gpu.engines.ZeroDevice", Small)
    with pytest.raises(ZeroGpuError, match="MODELDECK_ZERO_MODELS"):
        make_registry(builder, [CARD], Spaces)
