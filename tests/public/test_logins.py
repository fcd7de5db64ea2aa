"""A page behind a password: one login, by form or by HTTP Basic, opens it, its endpoints and its tools."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import gradio as gr
import pytest
from playwright.sync_api import expect, sync_playwright

from app import serve
from models.settings import Settings
from tabs.parts import guesses
from tabs.parts.guesses import AT_ONCE
from tabs.parts.logging_in import INSIDE_HEADER, Logins, leave_html
from tabs.parts.tool_server import mark
from tabs.parts.visitor import current_visitor
from tests.conftest import CHROMIUM, CHROMIUM_ARGS, free_port, get, post
from tests.fakes import FakeBuilder, FakeDevice, fake_service
from tests.public.test_tools import ask

ADA, BOB = ("ada", "love:lace"), ("bob", "builder")


async def who(greeting: str) -> dict[str, Any]:
    """Says who asks.

    Args:
        greeting: comes back as it is.
    """
    return {"greeting": greeting, "user": current_visitor()[0].partition("@")[0]}


@contextmanager
def guarded_page():
    """A page with one endpoint, which is a tool, behind the logins of two users; its address."""
    mark(who, True)
    settings = Settings(port=free_port(), auth=",".join(map(":".join, (ADA, BOB))))
    service = replace(fake_service(FakeBuilder(FakeDevice(limit=100)), "a"), settings=settings)
    with gr.Blocks() as page:
        gr.api(who, api_name="who")
    page.queue()
    yield serve(page, service, block=False)
    page.close()
    service.close()


@pytest.fixture(scope="module")
def guarded():
    with guarded_page() as address:
        yield address


@pytest.fixture
def guarded_anew():
    """One at which nobody has guessed yet."""
    with guarded_page() as address:
        yield address


def basic(user: tuple[str, str]) -> dict[str, str]:
    import httpx

    sent = httpx.Request("GET", "http://x/")
    return dict(next(httpx.BasicAuth(*user).auth_flow(sent)).headers)["authorization"]


def asked_by(guarded: str, user: tuple[str, str]) -> dict[str, Any]:
    headers = {"Authorization": basic(user)}
    done = ask(guarded, lambda c: c.call_tool("who", {"greeting": "hi"}), headers)
    assert not done.isError, done.content
    return json.loads(done.content[0].text)


def test_tools_ask_for_a_login(guarded):
    for path in ("gradio_api/mcp/", "gradio_api/mcp/schema", "gradio_api/mcp/sse"):
        for auth in (None, ("ada", "wrong"), ("", "")):
            refused = get(f"{guarded}{path}", auth=auth)
            assert refused.status_code == 401
            assert "Basic" in refused.headers["www-authenticate"]


def test_a_tool_knows_which_user_called_it(guarded):
    assert asked_by(guarded, ADA) == {"greeting": "hi", "user": "ada"}
    assert asked_by(guarded, BOB)["user"] == "bob"
    assert asked_by(guarded, ADA)["user"] == "ada"


def test_a_script_calls_an_endpoint_with_a_user_and_no_cookie(guarded):
    url, body = f"{guarded}gradio_api/call/who", {"data": ["hi"]}
    assert post(url, json=body).status_code == 401
    assert post(url, json=body, auth=("bob", "love:lace")).status_code == 401
    begun = post(url, json=body, auth=BOB)
    assert begun.status_code == 200
    told = get(f"{url}/{begun.json()['event_id']}", auth=BOB).text
    assert '"user":"bob"' in told.replace(" ", "")


def test_a_login_by_the_form_reaches_tools_as_well(guarded):
    login = post(f"{guarded}login", data={"username": ADA[0], "password": ADA[1]})
    assert login.status_code == 200
    page = get(f"{guarded}gradio_api/mcp/", cookies=dict(login.cookies))
    assert page.status_code == 200


def test_logging_out_ends_no_scripts_login(guarded):
    assert get(f"{guarded}logout", auth=ADA).status_code in (200, 302)
    assert get(f"{guarded}config", auth=ADA).status_code == 200


def test_the_header_of_the_page_itself_opens_nothing_without_its_secret(guarded):
    for guess in ("", "mcp", "é"):
        headers = {INSIDE_HEADER: guess.encode()}
        assert get(f"{guarded}config", headers=headers).status_code == 401
        assert get(f"{guarded}gradio_api/mcp/", headers=headers).status_code == 401


def test_the_page_shows_its_form_to_whoever_comes_without_a_login(guarded):
    assert '"auth_required":true' in get(guarded).text.replace(" ", "")
    assert '"auth_required":true' in get(guarded, auth=("proxy", "own")).text.replace(" ", "")


def test_who_guesses_is_slowed_down_and_whoever_is_known_goes_on(guarded_anew):
    known = get(f"{guarded_anew}config", auth=ADA)
    tools = f"{guarded_anew}gradio_api/mcp/schema"
    for number in range(10 * AT_ONCE):
        answer = get(tools, auth=("bob", f"guess {number}"))
        if answer.status_code != 401:
            break
    assert number >= AT_ONCE - 1  # the known login was no guess
    assert answer.status_code == 429
    assert "Too many wrong logins" in answer.text
    assert int(answer.headers["retry-after"]) > 0
    call = post(f"{guarded_anew}gradio_api/call/who", json={"data": ["hi"]}, auth=BOB)
    assert call.status_code == 429  # right, but not looked at
    assert '"auth_required":true' in get(guarded_anew, auth=BOB).text.replace(" ", "")
    assert known.status_code == get(f"{guarded_anew}config", auth=ADA).status_code == 200
    form = post(f"{guarded_anew}login", data={"username": BOB[0], "password": BOB[1]})
    assert form.status_code == 200  # it had its turn when the guesses had had theirs


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_form_tells_whoever_comes_while_somebody_guesses(guarded_anew, monkeypatch):
    monkeypatch.setattr(guesses, "PATIENCE_S", 0.0)
    monkeypatch.setattr(guesses, "EVERY_S", 60.0)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        page = browser.new_page()
        page.goto(guarded_anew)
        log_in_by_hand(page, "ada", "wrong")
        expect(page.get_by_text("Incorrect Credentials")).to_be_visible()
        guess = {"username": "bob", "password": "a guess"}
        while post(f"{guarded_anew}login", data=guess).status_code != 429:
            pass
        log_in_by_hand(page, *ADA)
        told = page.get_by_role("alert").filter(has_text="Too many wrong logins. Try again in")
        expect(told).to_be_visible()
        expect(page.get_by_text("Incorrect Credentials")).to_be_hidden()
        expect(page.get_by_label("Password")).to_have_value(ADA[1])  # to be sent again
        browser.close()


def log_in_by_hand(page, user, password):
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Login").click()


def test_no_header_that_is_no_login_names_a_user():
    logins = Logins([ADA])
    for header in ("", "Basic", "Basic %%%", "Bearer YWRhOmxvdmU6bGFjZQ==", "Basic YWRh"):
        assert logins.user(header) == ""
    assert logins.user(basic(ADA)) == "ada"


def test_the_link_that_logs_out_names_the_user_as_data():
    assert leave_html(None) == ""
    assert "<b>" not in leave_html("<b>ada")
