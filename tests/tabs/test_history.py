"""The last runs of a tab: what is listed, brought back, bounded and forgotten, and by whom it is seen."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

from models.runs import Metrics, Snapshot
from tabs.parts import Deck, Job
from tabs.parts import history as module
from tabs.parts.history import Entry, History, excerpt, listing_html, mass, settings_text, trimmed
from tabs.parts.numbers import number_field
from tabs.parts.run import _handler
from tests.fakes import Echo, FakeBuilder, FakeDevice, fake_service

EVIL = "<script>alert(1)</script>"
SNAPSHOT = Snapshot(
    Echo("HI"), Metrics("org/a", "A", "cpu", "", "", 0, 0, 0.5, 1, "texts", 9), True
)
SKIP = gr.skip()


@pytest.fixture
def tab():
    """A tab with a text, a length, a model, a state that grows, and three outputs."""
    with gr.Blocks():
        text, kept = gr.Textbox(), gr.State([])
        length = gr.Radio([("Short", "s"), ("Long", "l")], value="s", label="Length")
        model = gr.Dropdown(["org/a"], label="Model", elem_classes=["md-picker"])
        output, facts = gr.Textbox(), gr.HTML()
        found = module.history([text, length, model, kept], [output, facts, kept], [text])
        return SimpleNamespace(text=text, length=length, model=model, kept=kept, found=found)


def entry(number=1, inputs=("hi",), shown=("HI",)):
    return Entry(number, 0.0, "A", 0.5, "hi", "", inputs, shown, "line")


def test_a_run_is_listed_with_its_text_model_time_and_changed_settings(tab):
    runs, listed = tab.found.noted([], [EVIL, "l", "org/a", []], SNAPSHOT, ["OUT", "f", []])
    assert "<script" not in listed
    for part in ("&lt;script&gt;", "Length: Long", "A", "500 ms", 'data-run="1"'):
        assert part in listed
    assert (
        tab.found.noted(runs, ["b", "s", "org/a", []], SNAPSHOT, ["O", "f", []])[0][0].number == 2
    )


@pytest.mark.parametrize("asked", ["", 0, 5])
def test_the_seed_that_a_run_wrote_back_is_listed(asked):
    with gr.Blocks():
        text, seed, out = gr.Textbox(), number_field("Seed"), gr.Textbox()
        found = module.history([text, seed], [out, seed], [text])
    runs, _ = found.noted([], ["hi", asked], SNAPSHOT, ["HI", 4242])
    assert runs[0].settings == "Seed: 4242"
    assert found.noted([], ["hi", 7], SNAPSHOT, ["HI", SKIP])[0][0].settings == "Seed: 7"


def test_a_run_comes_back_with_its_inputs_and_its_result(tab):
    runs, _ = tab.found.noted([], ["hi", "l", "org/a", ["old"]], SNAPSHOT, ["HI", "f", ["new"]])
    assert [part for _, part in tab.found.restorable()] == [tab.text, tab.length, tab.model]
    # the state that the run reads and writes stays as it is now: it has grown since
    assert tab.found.again(runs[0]) == ["hi", "l", "org/a", "HI", "f", SKIP]


def test_an_update_that_gradio_has_emptied_comes_back_whole_every_time(tab):
    update = gr.update(value="HI")
    runs, _ = tab.found.noted([], ["hi", "s", "org/a", []], SNAPSHOT, [update, "f", []])
    update.pop("value")
    for _ in range(2):
        assert tab.found.again(runs[0])[3].pop("value") == "HI"


def test_a_setting_that_was_never_opened_comes_back_as_the_tabs_own(tab):
    assert tab.found.again(entry(inputs=("hi", None, "org/a", []), shown=None))[:2] == ["hi", "s"]


def test_runs_are_bounded_in_number_and_bytes():
    assert len(trimmed([entry(n) for n in range(40)])) == module.MOST
    half = "x" * (module.MOST_BYTES * 2 // 3)
    assert len(trimmed([entry(2, (half,)), entry(1, (half,))])) == 1


def test_a_result_that_is_too_large_leaves_its_input():
    (kept,) = trimmed([entry(shown=("x" * (module.MOST_BYTES + 1),))])
    assert kept.shown is None
    assert kept.inputs == ("hi",)
    assert "too large" in module.told(kept)


def test_the_mass_of_a_value_counts_texts_pictures_and_what_holds_them():
    assert mass({"value": "x" * 100}) >= 100
    assert mass([Image.new("RGB", (10, 10))]) >= 300
    assert mass(Echo("x" * 50)) >= 50


def test_an_excerpt_is_one_short_line_and_names_files():
    text, sound = gr.Textbox(render=False), gr.Audio(render=False)
    assert excerpt([(text, "two\nlines")]) == "two lines"
    assert excerpt([(sound, "/tmp/gradio/abc/speech.wav")]) == "speech.wav"
    assert excerpt([(sound, None), (text, "")]) == ""
    assert len(excerpt([(text, "x" * 1000)])) == module.SHOWN


def test_a_text_that_begins_like_a_path_is_listed_as_it_was_written():
    asked = "/imagine a cat and/or a dog"
    assert excerpt([(gr.Textbox(render=False), asked)]) == asked


def test_only_changed_settings_are_named(tab):
    parts = [tab.text, tab.length, tab.model]
    assert settings_text(parts, ["hi", "s", "org/b"], [tab.text]) == ""
    assert settings_text(parts, ["hi", "l", "org/b"], [tab.text]) == "Length: Long"


def test_an_empty_list_says_what_will_stand_there():
    assert "appear here" in listing_html([])


def run_once(keep):
    service = fake_service(FakeBuilder(FakeDevice(limit=1000)), "org/a")
    with gr.Blocks():
        deck, text, out = Deck(service, gr.HTML()), gr.Textbox(), gr.Textbox()
        found: History = module.history([text], [out], [text])

    def job(text):
        return Job("org/a", lambda engine, stop: engine.shout(text), lambda result: result.text)

    async def collect():
        handler = _handler(deck, "sentiment", job, 1, found)
        return [u async for u in handler(SimpleNamespace(session_hash="s"), "hi", [], keep)]

    try:
        return asyncio.run(collect())
    finally:
        service.close()


@pytest.mark.parametrize("keep", [True, None])  # None: the part of the page was never opened
def test_a_finished_run_is_kept(keep):
    noted = [update for update in run_once(keep) if isinstance(update[-2], list)]
    (runs, listed) = noted[0][-2:]
    assert len(noted) == 1
    assert runs[0].inputs == ("hi",)
    assert "hi" in listed


def test_nothing_is_kept_when_nobody_wants_it():
    assert all(update[-2] == SKIP for update in run_once(False))
