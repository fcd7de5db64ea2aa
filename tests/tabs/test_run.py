"""A run of a tab: which update brings what."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import gradio as gr
import pytest

from models.errors import InputError
from tabs.parts import Deck, Job
from tabs.parts.run import _handler
from tests.fakes import FakeBuilder, FakeDevice, fake_service

FREE = [gr.update(interactive=True), gr.update(interactive=False)]


def updates(text, show):
    """Every update of a run of a tab with one output."""
    service = fake_service(FakeBuilder(FakeDevice(limit=1000)), "org/a")
    with gr.Blocks():
        deck = Deck(service, gr.HTML())

    def job(text):
        if not text:
            raise InputError("Empty text.")
        return Job("org/a", lambda engine, stop: engine.shout(text), show)

    async def collect():
        handler = _handler(deck, "sentiment", job, 1)
        return [u async for u in handler(SimpleNamespace(session_hash="s"), text)]

    try:
        return asyncio.run(collect())
    finally:
        service.close()


def test_nothing_follows_the_result_that_a_busy_page_could_take_for_its_removal():
    shown = gr.update(value="HI", rtl=False)
    *before, last = updates("hi", lambda result: shown)
    assert last[:2] == FREE
    assert "md-done" in last[2]
    assert last[-1] == shown
    assert all(update[-1] == gr.skip() for update in before)


@pytest.mark.parametrize("model", ["", " ", None])
def test_a_picker_that_was_emptied_runs_nothing_and_says_what_to_do(model):
    service = fake_service(FakeBuilder(FakeDevice(limit=1000)), "org/a")
    with gr.Blocks():
        deck = Deck(service, gr.HTML())

    async def collect():
        job = lambda text: Job(model, lambda engine, stop: engine.shout(text), str)  # noqa: E731
        handler = _handler(deck, "sentiment", job, 1)
        return [u async for u in handler(SimpleNamespace(session_hash="s"), "hi")]

    *_, last = asyncio.run(collect())
    service.close()
    assert "No model is chosen." in last[2]
    assert "Choose one in the picker" in last[2]
    assert last[-1] == gr.skip()


def test_an_error_frees_the_buttons_and_leaves_what_stands_there():
    *_, last = updates("", str)
    assert last[:2] == FREE
    assert "Empty text." in last[2]
    assert last[-1] == gr.skip()


def test_a_result_that_can_not_be_drawn_is_an_error_and_the_buttons_are_free():
    def broken(result):
        raise KeyError("a fault of ours")

    *_, last = updates("hi", broken)
    assert last[:2] == FREE
    assert 'role="alert"' in last[2]


def test_a_run_that_a_newer_one_takes_the_place_of_touches_nothing_any_more():
    service = fake_service(FakeBuilder(FakeDevice(limit=1000)), "org/a")
    with gr.Blocks():
        deck = Deck(service, gr.HTML())

    def job(text):
        return Job("org/a", lambda engine, stop: engine.shout(text), lambda result: result.text)

    async def both():
        handler, page = _handler(deck, "sentiment", job, 1), SimpleNamespace(session_hash="s")
        older, newer = handler(page, "old"), handler(page, "new")
        await anext(older)
        begun = await anext(newer)
        return [u async for u in older], begun, [u async for u in newer]

    late, begun, rest = asyncio.run(both())
    service.close()
    assert late == []
    assert begun[:2] == [gr.update(interactive=False), gr.update(interactive=True)]
    assert rest[-1][:2] == FREE
    assert rest[-1][-1] == "NEW"


def test_a_run_that_was_dropped_ends_with_what_it_is_to_show_and_is_forgotten():
    service = fake_service(FakeBuilder(FakeDevice(limit=1000)), "org/a")
    with gr.Blocks():
        deck = Deck(service, gr.HTML())

    async def dropped():
        handler = _handler(deck, "sentiment", lambda text: Job("org/a", None, str), 1)
        run = handler(SimpleNamespace(session_hash="s"), "hi")
        await anext(run)
        deck.drop("s", "sentiment", ["blank"])
        return [u async for u in run]

    (last,) = asyncio.run(dropped())
    assert last[:3] == [*FREE, ""]
    assert last[-1] == "blank"
    deck.drop("s", "sentiment", ["blank"])  # nothing is under way
    assert not deck._stops
    assert not deck._blanks
    service.close()


@pytest.mark.parametrize("text", ["hi", ""])
def test_the_first_update_shows_at_once_that_it_runs(text):
    first, *_ = updates(text, str)
    assert first[:2] == [gr.update(interactive=False), gr.update(interactive=True)]
