"""The Hub behind a proxy: questions, searches and files go through it, and its refusals are told."""

from __future__ import annotations

import base64

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import close_session

from models.access import NOBODY
from models.errors import HubUnreachable
from models.hub import hub_answers
from models.hub.desk import HubDesk, cache_room
from models.hub.search import search
from models.spec import ModelCard
from tests.hub_standin.proxy import NAME, proxying

ROOM = cache_room(10**12, "float32")
CARD = ModelCard("org/plain", "sentiment", "transformers", "plain")
_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
def through(hub, monkeypatch):
    """Sets the proxy's variables and an address of the Hub that the proxy alone can find."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

    def set_up(scheme="http", **variables):
        there = f"{scheme}://{NAME}"
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, there)
        monkeypatch.setattr(constants, "ENDPOINT", there)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setenv("HF_ENDPOINT", there)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        close_session()

    yield set_up
    close_session()


@pytest.fixture
def proxy(hub):
    with proxying(hub.address) as running:
        yield running


def bring():
    desk = HubDesk()
    return desk.fetch(desk.admit(CARD, "", NOBODY, (), ROOM), (), lambda *_: None)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_questions_searches_and_files_go_through_the_proxy(hub, proxy, through, variable):
    through(**{variable: proxy.address})
    folder = bring()
    assert (folder / "model.safetensors").stat().st_size > 300_000
    assert [found.id for found in search("sentiment", "plain", NOBODY)] == ["org/plain"]
    passed = " ".join(address for _, address in proxy.log)
    for part in ("/api/models/org/plain", "/api/models?", "/resolve/", "/cdn/"):
        assert part in passed
    assert len(proxy.log) == len(hub.log)


def test_whether_the_hub_answers_is_asked_of_the_proxy(proxy, through):
    through()
    assert not hub_answers()
    through(HTTP_PROXY=proxy.address)
    assert hub_answers()
    through(HTTP_PROXY=proxy.address, NO_PROXY=NAME)
    assert not hub_answers()


def test_a_hub_with_tls_is_asked_for_by_a_tunnel(proxy, through):
    through("https", HTTPS_PROXY=proxy.address)
    with pytest.raises(HubUnreachable, match="did not answer"):
        bring()
    assert set(proxy.log) == {("CONNECT", f"{NAME}:443")}


def test_a_host_that_needs_no_proxy_is_asked_directly(hub, proxy, through, monkeypatch):
    through(HTTP_PROXY=proxy.address, NO_PROXY="127.0.0.1")
    monkeypatch.setattr(constants, "ENDPOINT", hub.address)
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(f"http://{NAME}", hub.address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    assert bring().is_dir()
    assert proxy.log == []


def test_a_proxy_that_wants_a_password_is_told_and_gets_one(hub, through):
    secret = "Basic " + base64.b64encode(b"ada:let me").decode()
    with proxying(hub.address, secret) as proxy:
        through(HTTP_PROXY=proxy.address)
        with pytest.raises(HubUnreachable, match=r"wants a name and a password.*HTTPS_PROXY"):
            bring()
        through(HTTP_PROXY=proxy.address.replace("//", "//ada:let%20me@"))
        assert bring().is_dir()


def test_a_proxy_that_is_not_there_is_told_as_no_answer(hub, through):
    with proxying(hub.address) as gone:
        address = gone.address
    through(HTTP_PROXY=address)
    with pytest.raises(HubUnreachable, match="did not answer"):
        bring()
