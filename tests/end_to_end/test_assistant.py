"""The assistant's endpoint on the real starters: steps, files, errors and a conversation that goes on."""

from __future__ import annotations

import pytest
import soundfile
from gradio_client import handle_file

from tests.conftest import ROOT, client_of
from tests.end_to_end.test_endpoints import as_json, refused

pytestmark = pytest.mark.starter
RECORDING = ROOT / "assets/examples/austen-leisure.flac"


@pytest.fixture(scope="module")
def client(address):
    return client_of(address)


def ask(client, message, **named):
    found, files = client.predict(message, api_name="/assistant", **named)
    return as_json(found), files


def test_a_recording_is_heard_translated_and_read_aloud(client):
    found, files = ask(
        client, "Transcribe this recording, then translate it into Portuguese and read it aloud.",
        file=handle_file(str(RECORDING)),
    )  # fmt: skip
    heard, said, spoken = found["steps"]
    assert [step["tool"] for step in found["steps"]] == ["transcribe", "translate", "speak"]
    assert all(step["state"] == "done" for step in found["steps"])
    assert len(heard["text"].split()) > 4
    assert said["text"] != heard["text"]
    assert said["model"] == "starter/bergamot-en-pt"
    assert (heard["file"], spoken["file"]) == (None, 0)
    samples, rate = soundfile.read(files[0])
    assert len(samples) > rate
    assert found["ended"] == "answer"
    assert found["model"] == "starter/minilm-router"


def test_a_conversation_goes_on_with_an_earlier_result(client):
    first, _ = ask(client, 'Translate "Good morning" into Portuguese.')
    second, files = ask(client, "Now read it aloud.", history=first["conversation"])
    (step,) = second["steps"]
    assert (step["number"], step["tool"], step["arguments"]) == (2, "speak", {"text": "result_1"})
    assert len(files) == 1


def test_a_text_file_that_is_not_utf_8_is_read_and_its_encoding_told(client, tmp_path):
    file = tmp_path / "review.txt"
    file.write_bytes(
        "The caf\u00e9 was a delight, and Zo\u00eb loved every minute.".encode("cp1252")
    )
    found, _ = ask(client, "Is this text positive or negative?", file=handle_file(str(file)))
    assert found["reading"].startswith("Read as Windows-1252.")
    (step,) = found["steps"]
    assert (step["tool"], step["arguments"]) == ("rate_sentiment", {"text": "file_1"})
    plain, _ = ask(client, "Book a table for two at eight.")
    assert plain["reading"] == ""


def test_what_can_not_be_done_is_said(client):
    found, files = ask(client, "Book a table for two at eight.")
    assert (found["steps"], files) == ([], [])
    assert "None of the tools" in found["answer"]
    failed, _ = ask(client, 'Translate "Good morning" into Japanese.')
    assert failed["steps"][0]["state"] == "failed"
    assert "Japanese" in failed["answer"]


def test_bad_input_is_a_clear_error(client):
    assert "no message" in refused(client, "assistant", "  ")
    assert "Ask for 1 to 8" in refused(client, "assistant", "Draw a cat.", most_steps=9)
    bad = [{"role": "system", "content": "x"}]
    assert "Entry 1" in refused(client, "assistant", "Draw a cat.", history=bad)
    assert "no model id" in refused(client, "assistant", "Draw a cat.", model="../../etc/passwd")
