"""The whole app as a ZeroGPU Space, under a stand-in for ``spaces`` that forks and pickles."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from gradio_client import handle_file

from models import zero_gpu
from models.catalog import Catalog
from models.service import make_service
from models.settings import Settings, SettingsError, from_environment
from models.zero_gpu.device import fixed_set, needs_gpu, offered
from tests.conftest import ROOT, client_of
from tests.zero_gpu.app_process import asked, tiny_models, zero_space

TEXT = {
    "sentiment": ["a good film"],
    "zero_shot": ["a good film", ["film", "london"]],
    "ner": ["ada lovelace wrote in london"],
    "question_answering": ["who wrote ?", "ada lovelace wrote in london ."],
    "summarization": ["The house is small. The garden is green. We plant a tree." * 4],
    "translation": ["the house is small ."],
    "embeddings": [["a good film", "ada was in london"]],
    "text_generation": ["hello"],
}
FILES = {
    "text_to_speech": ["Good morning."],
    "speech_to_text": [handle_file(str(ROOT / "assets/examples/austen-leisure.flac"))],
    "image_generation": ["a red apple"],
    "music": ["a slow jig", 2],
}


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    folder = tmp_path_factory.mktemp("space")
    with zero_space(tiny_models(folder / "models"), folder) as (address, gpus):
        yield client_of(address, {"x-ip-token": "visitor"}), gpus


@pytest.mark.parametrize("name", FILES)
def test_an_endpoint_with_files_answers_from_the_gpu(space, name):
    client, gpus = space
    before = len(asked(gpus))
    assert client.predict(*FILES[name], api_name=f"/{name}")
    assert len(asked(gpus)) == before + 1


@pytest.mark.parametrize("name", TEXT)
def test_a_text_endpoint_answers_from_the_gpu(space, name):
    client, gpus = space
    before = len(asked(gpus))
    answer = client.predict(*TEXT[name], api_name=f"/{name}")
    assert answer["model"] == f"local/{name}"
    assert answer["metrics"]["device"] == "cuda"
    assert len(asked(gpus)) == before + 1


def test_a_run_uses_the_visitors_quota_and_a_forked_worker(space):
    client, gpus = space
    client.predict("a bad film", api_name="/sentiment")
    last = asked(gpus)[-1]
    assert last["token"] == "visitor"
    assert last["worker"] != last["server"]
    assert last["duration"] == 10


def test_what_needs_no_gpu_asks_for_none(space):
    client, gpus = space
    before = len(asked(gpus))
    assert client.predict("x", api_name="/tokenizer")["model"] == "local/tokenizer"
    assert len(asked(gpus)) == before


def test_a_model_that_was_not_built_is_refused_with_the_choices(space):
    client, _ = space
    with pytest.raises(Exception, match=r"is not offered here\. Choices: local/sentiment"):
        client.predict("a film", "some/model", api_name="/sentiment")


def test_the_fixed_set_is_resident_and_pinned_from_the_start(space):
    loaded = space[0].predict(api_name="/models")["loaded"]
    built = [row for row in loaded if row["device"] == "cuda"]
    assert {row["task"] for row in built} == {*TEXT, *FILES}
    assert all(row["pinned"] for row in built)


def test_a_space_without_the_spaces_package_says_so(tmp_path):
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env={**os.environ, "SPACES_ZERO_GPU": "1"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip().startswith(
        "modeldeck: SPACES_ZERO_GPU is set, but the package spaces"
    )
    assert "Traceback" not in done.stderr


def test_the_recommended_set_is_small_and_only_what_needs_a_gpu():
    from models.catalog import load_catalog

    catalog = load_catalog(preferred_tier="8gb")
    cards = fixed_set(catalog)
    assert all(map(needs_gpu, cards))
    assert not any(card.gated for card in cards)
    assert len({card.capability for card in cards}) == len(cards)
    assert sum(card.size_bytes for card in cards) < 40e9
    listed = offered(catalog, cards)
    assert isinstance(listed, Catalog)
    for card in cards:
        assert listed.default(card.capability) == card


def test_chosen_models_are_checked_at_start():
    with pytest.raises(SettingsError, match="zero_models: 'moods' is no capability"):
        Settings(zero_models="moods=a/b")
    chosen = Settings(zero_models="ner=a/b,ner=c/d,translation=e/f").zero_choice
    assert chosen == {"ner": ["a/b", "c/d"], "translation": ["e/f"]}


@pytest.mark.parametrize(
    ("value", "found"), [("true", True), ("1", True), ("0", False), ("", False)]
)
def test_zero_gpu_is_read_from_the_environment(value, found):
    assert zero_gpu.wanted({"SPACES_ZERO_GPU": value}) is found
    assert from_environment({"SPACES_ZERO_GPU": value}).zero_gpu is found


def test_without_zero_gpu_nothing_of_it_is_used():
    service = make_service(Settings(offline=True))
    assert service.runner is not None
    assert "spaces" not in sys.modules
    service.close()
