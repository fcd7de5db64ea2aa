"""Clients that are killed in mid-request: their runs end, their model is free, the next one is served."""

from __future__ import annotations

import threading
import time

import gradio as gr
import httpx
import pytest

from models.stop import StopToken
from tabs.parts import Deck
from tests.fakes import WAIT_S, Echo, FakeBuilder, FakeDevice, FakeEngine, fake_service


class Slow(FakeEngine):
    """Answers when the gate opens, or counts until it is stopped."""

    gate, inside = threading.Event(), threading.Event()

    def hold(self) -> Echo:
        self.inside.set()
        assert self.gate.wait(WAIT_S)
        return Echo("done")

    def count(self, stop: StopToken):
        number = 0
        while not stop.is_set:
            number += 1
            yield Echo(str(number))
            time.sleep(0.01)


class Builder(FakeBuilder):
    """Builds ``Slow``."""

    def build(self, weights, placement):
        return Slow(self.device, 10)


@pytest.fixture(scope="module")
def served():
    service = fake_service(Builder(FakeDevice(limit=100)), "org/a")
    with gr.Blocks() as page:
        deck = Deck(service, gr.HTML())

        async def hold(text: str) -> str:
            found = await deck.answer("sentiment", "org/a", lambda engine, stop: engine.hold())
            return found.value.text

        async def count(text: str) -> str:
            token = StopToken()
            updates = deck.stream(
                "sentiment", "org/a", lambda engine, stop: engine.count(stop), token
            )
            async for update in updates:
                yield str(getattr(getattr(update, "value", None), "text", ""))

        gr.api(hold, api_name="hold")
        gr.api(count, api_name="count")
    page.launch(prevent_thread_lock=True, quiet=True)
    yield service, page.local_url
    Slow.gate.set()
    page.close()
    service.close()


def begun(url, name):
    """The address of the answer to a call that has begun."""
    asked = httpx.post(f"{url}gradio_api/call/{name}", json={"data": ["x"]}, timeout=WAIT_S)
    return f"{url}gradio_api/call/{name}/{asked.json()['event_id']}"


def free(service):
    """Waits until nobody holds the model and no run is under way."""
    deadline = time.monotonic() + WAIT_S
    while service.runner.pending or any(r.claims for r in service.registry.residents()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return True


def answer(url, name):
    with httpx.stream("GET", begun(url, name), timeout=WAIT_S) as stream:
        return stream.read().decode()


def test_one_who_leaves_before_the_answer_costs_nobody_the_model(served):
    service, url = served
    Slow.gate.clear()
    Slow.inside.clear()
    with httpx.stream("GET", begun(url, "hold"), timeout=WAIT_S):
        assert Slow.inside.wait(WAIT_S)
    Slow.gate.set()  # the client is gone, the run ends
    assert free(service)
    assert "done" in answer(url, "hold")
    assert free(service)


def test_one_who_leaves_a_stream_stops_its_run(served):
    service, url = served
    with httpx.stream("GET", begun(url, "count"), timeout=WAIT_S) as stream:
        lines = (line for line in stream.iter_lines() if '"' in line and "1" in line)
        assert next(lines)
    assert free(service)  # an endless run: it ends because it was stopped
    Slow.gate.set()
    assert "done" in answer(url, "hold")
