"""What every tab must be, checked over the list of tabs: a new tab is covered without an edit."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import cache

import gradio as gr
import pytest

import app
from models.service import make_service
from models.settings import Settings
from tabs import ORDER, all_tabs
from tabs.parts import Deck

#: Endpoints that can't do without a second input.
OF_TWO = {
    "question_answering", "question_answering_words", "zero_shot", "zero_shot_words",
    "embeddings_search",
}  # fmt: skip


@pytest.fixture(scope="module")
def service():
    made = make_service(Settings(offline=True))
    yield made
    made.close()


@pytest.fixture(scope="module")
def page(service):
    return app.build_app(service)


@pytest.fixture(scope="module")
def alone(service):
    """A tab by name, on a page without the others; built once, since nobody changes it."""

    @cache
    def built(name):
        with gr.Blocks() as page:
            all_tabs()[name].build(Deck(service, gr.HTML()))
        return page

    return built


@pytest.mark.parametrize("name", ORDER)
def test_each_tab_builds_alone(name, alone):
    assert len(alone(name).fns) >= 3


@pytest.mark.parametrize("name", ORDER)
def test_each_tab_says_in_one_sentence_what_it_does(name):
    tab = all_tabs()[name]
    assert 3 <= len(tab.TITLE) <= 24
    assert tab.ABOUT.endswith(".")
    assert 30 <= len(tab.ABOUT) <= 160


@pytest.mark.parametrize("name", ORDER)
def test_each_tab_has_one_public_endpoint_of_its_name(name, alone):
    public = [fn for fn in alone(name).fns.values() if fn.api_visibility == "public"]
    names = [fn.api_name for fn in public]
    assert name in names
    assert all(str(other).startswith(name) for other in names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ORDER)
def test_each_public_endpoint_is_typed_and_documented(name, alone):
    for fn in alone(name).fns.values():
        if fn.api_visibility != "public":
            continue
        signature = inspect.signature(fn.fn)
        assert all(p.annotation is not p.empty for p in signature.parameters.values())
        assert signature.return_annotation is not signature.empty
        text = inspect.getdoc(fn.fn) or ""
        assert len(text) > 60
        assert all(parameter in text for parameter in signature.parameters), name
        needed = [p for p in signature.parameters.values() if p.default is p.empty]
        assert len(needed) <= (2 if fn.api_name in OF_TWO else 1)


def test_the_page_has_the_endpoints_of_its_tabs_and_nothing_else_in_public(page):
    public = {fn.api_name for fn in page.fns.values() if fn.api_visibility == "public"}
    assert set(ORDER) <= public
    assert all(any(str(name).startswith(tab) for tab in ORDER) for name in public)


def test_no_two_tabs_of_the_page_have_one_name(page):
    names = [block.label for block in page.blocks.values() if isinstance(block, gr.Tab)]
    titles = [tab.TITLE for tab in all_tabs().values()]
    assert set(titles) <= set(names)
    assert [title for title in titles if names.count(title) > 1] == []


def test_a_tab_that_is_broken_stops_the_start(monkeypatch, service):
    class Broken:
        TITLE, ABOUT = "Broken", "Breaks."

        def build(self, deck):
            raise RuntimeError("broken tab")

    monkeypatch.setattr(app, "all_tabs", lambda *_: {"broken": Broken()})
    with pytest.raises(RuntimeError, match="broken tab"):
        app.build_app(service)


def test_the_command_line_overrides_the_environment(monkeypatch):
    monkeypatch.setenv("MODELDECK_PORT", "8001")
    settings = app.parse(["--port", "8002", "--device", "cpu", "--memory", "2GB", "--offline"])
    assert settings == replace(Settings(), port=8002, device="cpu", memory="2GB", offline=True)


def test_a_share_link_without_auth_is_refused():
    with pytest.raises(ValueError, match="--auth"):
        app.parse(["--share"])


def test_a_page_may_have_some_of_its_tabs_only_and_their_endpoints():
    made = make_service(Settings(offline=True, tabs="assistant,ner"))
    page = app.build_app(made)
    tabs = [block.id for block in page.blocks.values() if isinstance(block, gr.Tab)]
    public = {str(fn.api_name) for fn in page.fns.values() if fn.api_visibility == "public"}
    assert [name for name in tabs if name in ORDER] == ["ner", "assistant"]
    assert {name.partition("_")[0] for name in public} == {"ner", "assistant"}
    made.close()


def test_a_page_is_called_as_its_owner_says():
    made = make_service(Settings(offline=True, tabs="ner", title="Names <in> contracts"))
    page = app.build_app(made)
    assert page.title == "Names <in> contracts"
    drawn = [block.value for block in page.blocks.values() if isinstance(block, gr.HTML)]
    assert any("Names &lt;in&gt; contracts" in str(one) for one in drawn)
    made.close()
