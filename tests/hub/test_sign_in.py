"""The sign-in of a Space, from its button to a gated model, with a stand-in for the Hub's accounts.

The app runs as on a Space. A signed-in visitor's token opens what that account may read, for that
visitor alone; nobody else sees the token or the model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import pytest
from gradio_client.exceptions import AppError

from models.spec import CAPABILITIES
from tests.conftest import CHROMIUM, CHROMIUM_ARGS, client_of, get, started_app
from tests.dropdowns import pick
from tests.hub.conftest import beside
from tests.hub_standin import HubStandIn, serving
from tests.hub_standin.repos import repo_of
from tests.hub_standin.sign_in import CLIENT, SECRET, SignIn, signing_in
from tests.models.text_checkpoints import byte_tokenizer

pytestmark = pytest.mark.starter  # not for the fast suite: it starts the app
ADA, BEN = "hf_oauth_eyJhbGciOiJFZERTQSJ9.ada.Reads", "hf_oauth_eyJhbGciOiJFZERTQSJ9.ben.Waits"
#: A gated model that the catalog lists, since a Space offers no others.
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"


@dataclass(frozen=True)
class Space:
    """The app as it runs on a Space."""

    url: str
    hub: HubStandIn
    accounts: SignIn
    home: Path
    log: Path


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    home, folder = tmp_path_factory.mktemp("space"), tmp_path_factory.mktemp("llama")
    byte_tokenizer(folder)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    gated = repo_of(LLAMA, folder, gated=True, readers={ADA})
    with serving(gated) as hub, signing_in(ada=ADA, ben=BEN) as accounts:
        hub.users = {ADA: "ada", BEN: "ben"}
        environ = {
            **beside(hub, home),
            "SPACE_ID": "somebody/modeldeck", "SYSTEM": "spaces", "GRADIO_SSR_MODE": "false",
            "OAUTH_CLIENT_ID": CLIENT, "OAUTH_CLIENT_SECRET": SECRET,
            "OAUTH_SCOPES": "openid profile gated-repos", "OPENID_PROVIDER_URL": accounts.address,
        }  # fmt: skip
        log = home / "log.txt"
        with started_app(environ, log, "--visitor-rate", "1000") as url:
            yield Space(url, hub, accounts, home, log)


@cache
def signed_in(space, who):
    """The cookie of an account's browser after the whole way: button, account, and back."""
    space.accounts.who = who
    jar: dict[str, str] = {}
    address = f"{space.url}login/huggingface?_target_url=/"
    for _ in range(8):  # by hand: the cookie is for https, and a jar would not send it here
        given = "; ".join(f"{name}={value}" for name, value in jar.items())
        answer = get(address, headers={"cookie": given})
        jar |= dict(answer.cookies)
        if "location" not in answer.headers:
            break
        address = str(httpx.URL(address).join(answer.headers["location"]))
    assert answer.status_code == 200
    return f"session={jar['session']}"


@cache
def client(url, cookie):
    return client_of(url, {"Cookie": cookie} if cookie else None)


def tokenize(space, cookie=""):
    return client(space.url, cookie).predict("good", model=LLAMA, api_name="/tokenizer")


def test_a_gated_model_opens_for_the_account_that_may_read_it_and_for_nobody_else(space):
    with pytest.raises(AppError, match="is gated"):
        tokenize(space)
    ada = signed_in(space, "ada")
    assert "gated-repos" in space.accounts.scopes
    assert tokenize(space, ada)["model"] == LLAMA
    with pytest.raises(AppError, match="is gated"):
        tokenize(space, signed_in(space, "ben"))
    with pytest.raises(AppError, match="is gated"):
        tokenize(space)
    assert tokenize(space, ada)["model"] == LLAMA


def test_the_models_tab_shows_a_gated_model_to_its_reader_only(space):
    ada = signed_in(space, "ada")
    tokenize(space, ada)

    def listed(cookie):
        rows = client(space.url, cookie).predict(api_name="/models")
        return LLAMA in [row["model"] for row in rows["loaded"]]

    assert listed(ada)
    assert not listed(signed_in(space, "ben"))
    assert not listed("")


def test_signing_out_ends_it(space):
    ada = signed_in(space, "ada")
    answer = get(f"{space.url}logout", headers={"cookie": ada})
    left = dict(answer.cookies).get("session", "")
    with pytest.raises(AppError, match="is gated"):
        tokenize(space, f"session={left}" if left else "")


def test_a_changed_or_foreign_cookie_signs_nobody_in(space):
    ada = signed_in(space, "ada")
    for cookie in (ada[:-4] + "AAAA", "session=e30=.x.y"):
        with pytest.raises(AppError, match="is gated"):
            tokenize(space, cookie)


def test_the_token_is_written_nowhere_and_in_no_page(space):
    ada = signed_in(space, "ada")
    tokenize(space, ada)
    written = [space.log.read_text()]
    written += [
        path.read_bytes().decode("latin-1")
        for path in space.home.rglob("*")
        if path.is_file() and path.stat().st_size < 10_000_000
    ]
    written += [get(space.url + page, headers={"cookie": ada}).text for page in ("", "config")]
    assert not any(ADA in text for text in written)


def test_the_button_adds_no_endpoint(space):
    named = get(f"{space.url}gradio_api/info").json()["named_endpoints"]
    assert {name.strip("/") for name in named} >= set(CAPABILITIES)
    assert not [name for name in named if "login" in name or "tell" in name]


@pytest.mark.slow  # half a minute in a real browser; the ways of the cookie are tested above
@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_person_signs_in_by_the_button_and_runs_a_gated_model(space):
    from playwright.sync_api import expect, sync_playwright

    space.accounts.who = "ada"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(space.url.replace("127.0.0.1", "localhost"))
        page.get_by_role("tab", name="Models", exact=True).click(timeout=60_000)
        models = page.locator("#tab-models")
        models.get_by_role("button", name="Hub access").click()
        expect(models).to_contain_text("The Hub is asked without a token", timeout=30_000)
        with page.expect_event("load", timeout=60_000):  # away, and back by the provider's redirect
            models.get_by_role("button", name="Sign in with Hugging Face").click()
        page.get_by_role("tab", name="Models", exact=True).click(timeout=60_000)
        models.get_by_role("button", name="Hub access").click()
        expect(models).to_contain_text("as ada", timeout=30_000)
        expect(models.get_by_role("button", name="Sign out (ada)")).to_be_visible()
        assert ADA not in page.content()
        page.get_by_role("tab", name="Tokenizer", exact=True).click()
        tokens = page.locator("#tab-tokenizer")
        pick(
            tokens.get_by_label("Model", exact=True).first, re.compile("Llama 3.1 Instruct.*gated")
        )
        expect(tokens).to_contain_text("its terms are accepted", timeout=30_000)
        browser.close()
