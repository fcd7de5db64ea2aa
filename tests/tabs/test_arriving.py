"""What a page or a call sends that gradio can't read, through a served page and its client."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import gradio as gr
import httpx
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from tabs.parts.page import Page
from tests.conftest import ANSWER_LIMIT_S, client_of


@pytest.fixture(scope="module")
def address():
    with Page() as page:
        slider, file, sound = gr.Slider(1, 9, 4), gr.File(label="file"), gr.Audio(label="recording")
        number, said, silent = gr.Number(), gr.Textbox(), gr.Checkbox()
        go, hear, change = gr.Button(), gr.Button(), gr.Button()
        change.click(lambda: gr.update(maximum=12), None, slider, api_name="changed")
        slider.change(lambda value: value, slider, number, api_name="slid")
        go.click(lambda path: path and Path(path).read_text("utf-8"), file, said, api_name="read")
        hear.click(lambda sound: sound is None, sound, silent, api_name="heard")
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)
    yield address
    page.close()


@pytest.fixture(scope="module")
def client(address):
    return client_of(address)


def answered(address, name, *data):
    """What the page's own script is told: the data, or the error."""
    begun = httpx.post(
        f"{address}gradio_api/call/{name}", json={"data": data}, timeout=ANSWER_LIMIT_S
    )
    told = httpx.get(
        f"{address}gradio_api/call/{name}/{begun.json()['event_id']}", timeout=ANSWER_LIMIT_S
    )
    return told.text


def test_an_emptied_number_of_a_slider_is_its_usual_one(address):
    assert "data: [4]" in answered(address, "slid", None)
    assert "data: [7]" in answered(address, "slid", 7)


def test_it_is_so_after_the_slider_was_given_other_bounds(client):
    client.predict(api_name="/changed")
    assert client.predict(None, api_name="/slid") == 4


@pytest.mark.parametrize("name", ["read", "heard"])
@pytest.mark.parametrize(
    "value", ["/etc/hostname", {"path": "/etc/hostname"}], ids=["text", "bare"]
)
def test_a_path_alone_is_refused_with_what_to_pass(address, name, value):
    told = answered(address, name, value)
    assert "is no file that was sent" in told
    assert "handle_file" in told
    assert "/gradio_api/upload" in told


def test_a_path_of_this_machine_that_nobody_sent_is_refused(address):
    file = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}
    assert "was not sent to this app" in answered(address, "read", file)


def test_a_file_that_was_sent_and_none_at_all_are_taken(client, tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    assert client.predict(handle_file(tmp_path / "a.txt"), api_name="/read") == "hello"
    assert client.predict(None, api_name="/heard") is True
    with pytest.raises(AppError, match="no file that was sent"):
        client.predict(str(tmp_path / "a.txt"), api_name="/read")


def served(address):
    return {"path": address, "meta": {"_type": "gradio.FileData"}}


def test_a_file_of_this_app_may_be_named_by_its_address(address, tmp_path):
    (tmp_path / "one ä.txt").write_text("hello", "utf-8")
    sent = httpx.post(
        f"{address}gradio_api/upload", files={"files": (tmp_path / "one ä.txt").open("rb")},
        timeout=ANSWER_LIMIT_S,
    ).json()  # fmt: skip
    place = quote(sent[0])
    assert "hello" in answered(address, "read", served(f"{address}gradio_api/file={place}"))
    assert "hello" in answered(address, "read", served(f"https://a.org/gradio_api/file={place}"))


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:9/a.txt", "http://127.0.0.1:9/gradio_api/file=/etc/hostname"]
)
def test_a_file_that_can_not_be_fetched_is_named(client, place):
    with pytest.raises(AppError, match=r"'http://127.0.0.1:9/.*' can't be fetched"):
        client.predict(served(place), api_name="/read")
