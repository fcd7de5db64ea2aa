"""The running app as clients of OpenAI's API use it."""

from __future__ import annotations

import base64
import json
from io import BytesIO

import httpx
import numpy as np
import pytest
from PIL import Image

from models.image_png import read_settings
from tests.conftest import get, post

pytestmark = pytest.mark.starter
ASKED = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "seed": 1}


def test_a_chat_is_answered_whole_or_in_pieces(address):
    answer = post(f"{address}v1/chat/completions", json=ASKED).json()
    text = answer["choices"][0]["message"]["content"]
    assert "Paris" in text
    assert answer["usage"]["completion_tokens"] > 0
    with httpx.stream(
        "POST", f"{address}v1/chat/completions", json={**ASKED, "stream": True}, timeout=60
    ) as got:
        assert got.headers["content-type"].startswith("text/event-stream")
        lines = [line.removeprefix("data: ") for line in got.iter_lines() if line]
    assert lines[-1] == "[DONE]"
    deltas = [json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines[:-1]]
    assert "".join(deltas) == text


def test_what_is_spoken_is_written_down_again(address):
    said = {"input": "The train leaves at nine.", "response_format": "wav"}
    spoken = post(f"{address}v1/audio/speech", json=said)
    assert spoken.headers["content-type"] == "audio/wav"
    file = {"file": ("speech.wav", spoken.content)}
    heard = post(f"{address}v1/audio/transcriptions", files=file)
    assert "train leaves at" in heard.json()["text"].lower()
    shape = {"response_format": "srt", "model": "starter/whisper-tiny.en-ct2"}
    assert "-->" in post(f"{address}v1/audio/transcriptions", files=file, data=shape).text


def test_vectors_come_as_numbers_or_packed(address):
    plain, packed = (
        post(f"{address}v1/embeddings", json={"input": ["a cat", "a dog"], "encoding_format": kind})
        for kind in ("float", "base64")
    )
    rows = [row["embedding"] for row in plain.json()["data"]]
    same = [
        np.frombuffer(base64.b64decode(row["embedding"]), "<f4") for row in packed.json()["data"]
    ]
    assert np.allclose(rows, same, atol=1e-6)


def test_pictures_come_as_png_files_that_carry_their_settings(address):
    wish = {"prompt": "a red apple", "n": 2, "size": "64x64", "seed": 7, "steps": 4}
    found = post(f"{address}v1/images/generations", json=wish).json()
    files = [base64.b64decode(one["b64_json"]) for one in found["data"]]
    assert (
        [read_settings(file).seed for file in files] == [7, 8] == [o["seed"] for o in found["data"]]
    )
    assert Image.open(BytesIO(files[0])).size == (64, 64)
    assert found["size"] == "64x64"
    refused = post(f"{address}v1/images/generations", json={**wish, "response_format": "url"})
    assert refused.status_code == 400
    assert "b64_json" in refused.json()["error"]["message"]


def test_models_are_listed_and_others_refused(address):
    listed = {model["id"]: model for model in get(f"{address}v1/models").json()["data"]}
    one = get(f"{address}v1/models/starter/hibari").json()
    assert one["id"] == listed["starter/hibari"]["id"] == "starter/hibari"
    assert get(f"{address}v1/models/").json()["data"][0]["id"] in listed
    missing = get(f"{address}v1/models/no/such")
    assert missing.status_code == 404
    assert "'no/such'" in missing.json()["error"]["message"]
    refused = post(f"{address}v1/chat/completions", json={**ASKED, "model": "gpt-4o"})
    assert refused.status_code == 400
    assert "'gpt-4o'" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "sent", "status", "told"),
    [
        ("chat/completions", {"json": {**ASKED, "tools": [1]}}, 400, "'tools' is not done here"),
        ("chat/completions", {"json": {"messages": 3}}, 400, "messages: "),
        ("chat/completions", {"content": "{}"}, 400, "no JSON"),
        ("chat/completions", {"json": {"messages": []}}, 400, ""),
        (
            "images/generations",
            {"content": '{"prompt": "an owl"}', "headers": {"Content-Type": "text/plain;a=json"}},
            400,
            "no JSON",
        ),
        ("audio/speech", {"json": {"input": ""}}, 400, "no text to say"),
        ("audio/speech", {"json": {"input": "Hi", "voice": "alloy"}}, 400, "no voice 'alloy'"),
        ("audio/transcriptions", {"files": {"file": ("a.mp3", b"no sound")}}, 400, "a.mp3"),
        ("audio/transcriptions", {"data": {"model": ""}}, 400, "no file"),
        (
            "chat/completions",
            {"json": ASKED, "headers": {"Sec-Fetch-Site": "cross-site"}},
            403,
            "site",
        ),
    ],
)
def test_a_bad_request_says_why(address, path, sent, status, told):
    refused = post(f"{address}v1/{path}", **sent)
    assert refused.status_code == status
    assert told in refused.json()["error"]["message"]
