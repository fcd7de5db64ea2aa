"""What gradio need not do for each event is left out, and nothing else changes."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import gradio as gr
import httpx
import pytest

from tabs.parts.quicker import check_without_threads, remember_missing_library
from tests.conftest import ANSWER_LIMIT_S


@pytest.fixture
def page():
    with gr.Blocks() as made:
        box = gr.Textbox()
        box.submit(lambda text: text, box, box, api_name="echo")
    yield made
    made.close()


def launched(page, **options):
    page.launch(prevent_thread_lock=True, quiet=True, server_port=None, **options)
    return page.local_url.rstrip("/")


def join(client, address):
    body = {"data": ["x"], "fn_index": 0, "session_hash": "s"}
    return client.post(f"{address}/gradio_api/queue/join", json=body).status_code


def test_strangers_are_refused_and_users_served_as_before(page):
    address = launched(page, auth=("ada", "secret"))
    assert check_without_threads(page.app) > 20
    with httpx.Client(timeout=ANSWER_LIMIT_S) as client:
        assert join(client, address) == 401
        assert client.get(f"{address}/config").status_code == 401
        client.post(f"{address}/login", data={"username": "ada", "password": "secret"})
        assert client.get(f"{address}/config").status_code == 200
        assert join(client, address) == 200


def test_no_request_of_an_event_takes_a_thread_for_it(page, monkeypatch):
    address = launched(page)
    threads = []
    monkeypatch.setattr(
        "fastapi.dependencies.utils.run_in_threadpool",
        lambda call, **values: threads.append(call.__name__),
    )
    check_without_threads(page.app)
    with httpx.Client(timeout=ANSWER_LIMIT_S) as client:
        assert join(client, address) == 200
    assert threads == []


def test_only_a_library_that_is_not_there_is_remembered_as_missing():
    name = "a_library_that_nobody_has"
    try:
        remember_missing_library(name)
        with pytest.raises(ModuleNotFoundError):
            __import__(name)
        assert find_spec(name) is None  # and may be asked for
        before = sys.modules["json"]
        remember_missing_library("json")
        assert sys.modules["json"] is before
    finally:
        del sys.modules[name]
