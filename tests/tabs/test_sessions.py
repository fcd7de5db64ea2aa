"""What is kept of a visitor: values and changed components, no text that was read, and not for ever."""

from __future__ import annotations

import json
import time
import tracemalloc
from datetime import datetime, timedelta

import gradio as gr
import httpx
import pytest
from starlette.middleware import Middleware

from tabs.parts.sessions import LEFT, PASSING, Present, Sessions, keep_light_sessions
from tests.conftest import ANSWER_LIMIT_S

#: Longer than a machine that is busy may take from an event to a look.
MOMENT = timedelta(minutes=2)


@pytest.fixture
def page():
    """A page that counts a visitor's calls, and one component that it never touches."""
    with gr.Blocks() as made:
        box, count, choice = gr.Textbox(), gr.State(0), gr.Dropdown(["a"])
        gr.Textbox("never used")
        box.submit(
            lambda text, before: (text, before + 1, gr.update(choices=["a", "b"])),
            [box, count], [box, count, choice], api_name="echo",
        )  # fmt: skip
    made.kept, made.choice = count, choice
    yield made
    made.close()


def launched(page):
    page.launch(
        prevent_thread_lock=True, quiet=True, server_port=None,
        app_kwargs={"middleware": [Middleware(Present)]},
    )  # fmt: skip
    keep_light_sessions(page)
    return page.app.state_holder


def say(page, session, text):
    """One event of this visitor, waited for."""
    address = page.local_url.rstrip("/") + "/gradio_api"
    with httpx.Client(timeout=ANSWER_LIMIT_S) as client:
        body = {"data": [text, None], "fn_index": 0, "session_hash": session}
        assert client.post(f"{address}/queue/join", json=body).status_code == 200
        url = f"{address}/queue/data?session_hash={session}"
        with client.stream("GET", url) as events:
            for line in events.iter_lines():
                if "process_completed" in line:
                    return json.loads(line.removeprefix("data:"))["output"]["data"]
    raise AssertionError("the event did not end")


def after(sessions, idle):
    """The same visitors once everybody was idle for so long."""
    sessions.forget(datetime.now() + idle)
    return set(sessions.session_data)


def until(holds):
    deadline = time.monotonic() + ANSWER_LIMIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_values_and_changed_components_are_kept_and_what_was_read_and_shown_is_not(page):
    sessions = launched(page)
    text = "a text of a hundred thousand letters " * 3000
    assert say(page, "one", text)[0] == text
    say(page, "one", "again")
    assert sessions["one"][page.kept._id] == 2
    assert [value for _, value in sessions["one"][page.choice._id].choices] == ["a", "b"]
    assert sessions["one"].config_values == {}
    say(page, "one", text)
    assert text not in str(vars(sessions["one"]))


def test_states_stay_apart(page):
    sessions = launched(page)
    sessions["one"][page.kept._id] = 5
    assert (sessions["one"][page.kept._id], sessions["two"][page.kept._id]) == (5, 0)
    assert page.state_holder["one"] is sessions["one"]


def test_a_thousand_visitors_take_little_memory_and_see_only_their_own_changes():
    with gr.Blocks() as page:
        boxes = [gr.Textbox() for _ in range(500)]
    try:
        sessions = launched(page)
        tracemalloc.start()
        states = [sessions[str(number)] for number in range(1000)]
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert taken / len(states) < 8_000  # a dictionary of 500 components takes 18 kB
        mine = gr.Textbox("mine", render=False)
        states[0][boxes[3]._id] = mine
        assert states[0][boxes[3]._id] is mine
        assert states[1][boxes[3]._id] is boxes[3]
    finally:
        page.close()


def test_a_bare_request_is_forgotten_soon(page):
    sessions = launched(page)
    say(page, "passing", "hello")
    assert after(sessions, PASSING - MOMENT) == {"passing"}
    assert page._queue.pending_messages_per_session
    assert after(sessions, PASSING + MOMENT) == set()
    assert not sessions.time_last_used
    assert not page._queue.pending_messages_per_session


def test_a_visitor_whose_event_is_under_way_still_gets_its_answer(page):
    sessions = launched(page)
    page._queue.pending_messages_per_session["slow"] = letters = object()
    page._queue.pending_event_ids_session["slow"] = {"an event"}
    assert sessions["slow"]
    assert after(sessions, PASSING + MOMENT) == set()
    assert page._queue.pending_messages_per_session["slow"] is letters


def test_an_open_page_is_never_forgotten_and_a_closed_one_after_its_time(page):
    sessions = launched(page)
    say(page, "open", "hello")
    address = f"{page.local_url}gradio_api/heartbeat/open"
    with httpx.Client(timeout=ANSWER_LIMIT_S) as client:
        with client.stream("GET", address) as beats:
            lines = beats.iter_lines()  # dropped, it would close the connection
            next(lines)
            assert after(sessions, 100 * LEFT) == {"open"}
    until(lambda: not sessions._here)
    assert after(sessions, LEFT - MOMENT) == {"open"}
    assert after(sessions, LEFT + MOMENT) == set()
    assert not sessions._had_page


def test_a_page_that_connects_anew_before_its_old_connection_ends_is_still_here(page):
    sessions = launched(page)
    assert sessions["one"]
    sessions.came("one")
    sessions.came("one")
    sessions.went("one")
    assert after(sessions, 2 * LEFT) == {"one"}


def test_nothing_is_noted_for_ever_of_a_page_that_was_opened_and_left_untouched(page):
    sessions = launched(page)
    sessions.came("looker")
    sessions.went("looker")
    assert (sessions._here, sessions._had_page) == ({}, set())


def test_the_longest_idle_leave_when_there_are_too_many(page):
    sessions = launched(page)
    sessions.capacity = 2
    for name in ("first", "second", "first", "third"):
        assert sessions[name]
    assert set(sessions.session_data) == {"first", "third"}


def test_gradio_asks_for_it_by_itself(page, monkeypatch):
    asked = []
    monkeypatch.setattr(Sessions, "forget", lambda self, now: asked.append(now))
    launched(page)
    until(lambda: asked)
