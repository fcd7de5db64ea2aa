"""Tools of the running app that give files, as the client of a language model gets them."""

from __future__ import annotations

import io
import json
from base64 import b64decode

import pytest
from PIL import Image

from tests.conftest import client_of, get
from tests.public.test_tools import ask

pytestmark = pytest.mark.starter


def called(address, name, **given):
    done = ask(address, lambda client: client.call_tool(name, given))
    assert not done.isError, done.content
    return done.content


def test_a_language_model_sees_a_picture_and_can_have_it_redrawn(address):
    picture, place, facts = called(address, "image_generation", prompt="a sunflower", seed=3)
    assert picture.type == "image"
    assert Image.open(io.BytesIO(b64decode(picture.data))).size == (64, 64)
    assert json.loads(facts.text)["settings"]["seed"] == 3
    url = place.text.removeprefix("Image URL: ")
    again = called(address, "image_generation", prompt="a panda", picture=url, strength=0.5)
    assert json.loads(again[-1].text)["settings"]["strength"] == 0.5


def test_a_language_model_gets_a_speech_as_an_address_and_short_facts(address):
    place, facts = called(address, "text_to_speech", text="Good morning, everybody. " * 5)
    told = json.loads(facts.text)
    assert get(place.text).content[:4] == b"RIFF"
    assert told["duration"] > 3
    assert len(facts.text) < 600
    (heard,) = called(address, "speech_to_text", audio=place.text)
    assert "good morning" in json.loads(heard.text)["text"].lower()


def test_an_answer_is_given_while_it_is_written(address):
    client = client_of(address)
    asked = {"prompt": "Tell me about rain.", "seed": 1, "max_new_tokens": 24}
    parts = list(client.submit(**asked, api_name="/text_generation_stream"))
    whole = client.predict(**asked, api_name="/text_generation")
    assert len(parts) > 3
    assert whole["text"].startswith(parts[0]["text"])
    assert parts[-1]["text"] == whole["text"]
    assert parts[-1]["ended"] == whole["ended"]


def test_a_bad_request_for_a_stream_says_why(address):
    job = client_of(address).submit("Hi", temperature=99, api_name="/text_generation_stream")
    with pytest.raises(Exception, match="emperature"):
        job.result()
