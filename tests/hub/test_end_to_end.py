"""From a Hub id to an answer, for each capability, over the stand-in; and whose models are whose."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.conftest import ROOT, client_of
from tests.hub.conftest import ADA, BEN
from tests.hub_standin.shelf import ONE_EACH, SHELF

pytestmark = pytest.mark.starter  # not for the fast suite: it starts the app and loads with torch
TEXT = "the film is good . ada lovelace was in london"
RECORDING = handle_file(str(ROOT / "assets" / "examples" / "austen-married.flac"))


@pytest.fixture(scope="module")
def client(running):
    return client_of(running.url)


def call(client, name, *values, **named):
    answer = client.predict(*values, api_name=f"/{name}", **named)
    if isinstance(answer, str) and answer.endswith(".json"):
        return json.loads(Path(answer).read_text())
    return answer


INPUTS = {
    "sentiment": (TEXT,),
    "zero_shot": (TEXT, ["film", "london"]),
    "ner": (TEXT,),
    "question_answering": ("who was in london ?", TEXT),
    "summarization": ("The film is good and long. Ada was in London. " * 3,),
    "translation": ("the house is small .",),
    "text_generation": ("good film",),
    "text_to_speech": ("good film",),
    "speech_to_text": (RECORDING,),
    "image_generation": ("a red cat",),
    "music": ("a slow jig", 2),
    "tokenizer": (TEXT,),
    "embeddings": (TEXT,),
}


def ask(client, capability, model):
    named = {"steps": 1} if capability == "image_generation" else {}
    return call(client, capability, *INPUTS[capability], model=model, **named)


@pytest.mark.parametrize("capability", ONE_EACH)
def test_each_capability_answers_with_a_model_of_the_hub(client, capability):
    answer = ask(client, capability, ONE_EACH[capability])
    if capability in ("text_to_speech", "music"):
        samples, rate = soundfile.read(answer[0] if isinstance(answer, (tuple, list)) else answer)
        assert len(samples) > rate / 1000
        assert np.isfinite(samples).all()
    elif capability == "image_generation":
        path = answer[0] if isinstance(answer, (tuple, list)) else answer
        assert np.asarray(Image.open(path)).shape[2] == 3
    else:
        found = answer[0] if isinstance(answer, (tuple, list)) else answer
        assert found["model"] == ONE_EACH[capability]
    resident = loaded(client)[capability, ONE_EACH[capability]]
    assert re.fullmatch("[0-9a-f]{40}", resident["revision"])


@pytest.mark.parametrize("name", [s.name for s in SHELF if s.name not in ONE_EACH.values()])
def test_every_other_architecture_of_the_shelf_answers_too(client, name):
    capability = next(shelved.capability for shelved in SHELF if shelved.name == name)
    assert ask(client, capability, name)
    # a language model is the chat's resident, whatever it was typed under (decision 62)
    assert {(capability, name), ("text_generation", name)} & loaded(client).keys()


def loaded(client):
    rows = call(client, "models")["loaded"]
    return {(row["task"], row["model"]): row for row in rows}


def refused(client, *values, **named):
    with pytest.raises(AppError) as caught:
        call(client, *values, **named)
    return str(caught.value)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("tiny/bert-entities", "sentiment can't use it"),
        ("tiny/nothing", "knows no model"),
        ("tiny/bert-moods@nope", "no such revision"),
        ("tiny/gated", r"is gated.*Accept them at .*/tiny/gated"),
        *[(name, "no model id") for name in ("../x", "a/b/c", "http://a/b", "x" * 10_000)],
    ],
)
def test_what_can_not_be_used_is_refused_by_name(client, model, words):
    message = refused(client, "sentiment", TEXT, model=model)
    assert re.search(words, message)
    assert len(message) < 400


def test_a_commit_and_a_branch_are_one_model(client, running):
    commit = running.hub.repos["tiny/bert-moods"].refs["main"]
    for model in ("tiny/bert-moods", "tiny/bert-moods@main", f"tiny/bert-moods@{commit}"):
        assert call(client, "sentiment", TEXT, model=model)["scores"]
    rows = [r for r in call(client, "models")["loaded"] if r["model"] == "tiny/bert-moods"]
    assert [row["task"] for row in rows].count("sentiment") == 1


def test_a_gated_model_is_its_readers_own_and_its_token_is_written_nowhere(running):
    ada = client_of(running.url, {"X-Hub-Token": ADA})
    ben = client_of(running.url, {"X-Hub-Token": BEN})
    nobody = client_of(running.url)
    for model in ("tiny/gated", "tiny/private"):
        assert call(ada, "sentiment", TEXT, model=model)["scores"]
        assert ("sentiment", model) in loaded(ada)
        for other in (ben, nobody):
            assert refused(other, "sentiment", TEXT, model=model)
            assert ("sentiment", model) not in loaded(other)
    written = [running.log.read_text()]
    written += [
        path.read_bytes().decode("latin-1")
        for path in running.home.rglob("*")
        if path.is_file() and path.stat().st_size < 10_000_000
    ]
    assert not any(ADA in text or BEN in text for text in written)
    assert ADA not in json.dumps(call(ada, "models"))


def test_a_token_of_the_wrong_form_is_refused_and_not_repeated(running):
    client = client_of(running.url, {"X-Hub-Token": "my password"})
    message = refused(client, "sentiment", TEXT, model="tiny/bert-moods")
    assert "no access token" in message
    assert "my password" not in message
