"""Presets: what is applied, saved and exchanged, and what a stranger's file may not do."""

from __future__ import annotations

import json

import gradio as gr
import pytest

from models.errors import InputError
from models.service import make_service
from models.settings import Settings
from tabs import ORDER, all_tabs
from tabs.parts import Deck
from tabs.parts.presets import MAX_BYTES, MAX_COUNT, Presets, checked
from tabs.parts.values import fitted

SKIP = gr.skip()


@pytest.fixture
def what():
    with gr.Blocks():
        parts = {
            "length": gr.Radio(["short", "long"], value="short"),
            "steps": gr.Number(minimum=1, maximum=50, precision=0),
            "lot": gr.Checkbox(),
        }
    return Presets("ner", parts, {"Gist": {"length": "short"}})


def test_a_preset_sets_what_it_names_and_leaves_the_rest(what):
    updates, said = what.applied("mine", {"mine": {"length": "long", "lot": True}})
    assert updates == ["long", SKIP, True]
    assert "mine" in said
    assert what.applied("Gist", {})[0] == ["short", SKIP, SKIP]
    assert what.applied("gone", {}) == ([SKIP] * 3, "")


def test_a_menu_that_hangs_on_the_model_takes_what_the_presets_model_offers(what):
    voice = gr.Dropdown(["Heart"], render=False)
    voices = {voice: lambda model, _: [(f"{model}'s", f"voice of {model}")]}
    mine = Presets("ner", {"voice": voice}, {}, voices)
    own = {"mine": {"voice": "voice of org/b", "model": "org/b"}, "other": {"voice": "Heart"}}
    assert mine.applied("mine", own)[0] == [
        gr.update(choices=[("org/b's", "voice of org/b")], value="voice of org/b")
    ]
    updates, said = mine.applied("other", own)
    assert updates == [SKIP]
    assert "voice can't be 'Heart'" in said.replace("&#x27;", "'")


def test_a_value_that_does_not_fit_is_left_out_and_named(what):
    updates, said = what.applied("mine", {"mine": {"length": "<b>", "steps": 99, "lot": "x"}})
    assert updates == [SKIP] * 3
    assert "from 1 up to 50" in said
    assert "<b>" not in said


def test_settings_are_saved_as_they_stand_and_unseen_ones_are_not(what):
    own, chosen, told = what.saved("  my   own ", {}, ["long", None, False])
    assert own == {"my own": {"length": "long", "lot": False}}
    assert (chosen, told) == ("my own", "my own is saved.")


@pytest.mark.parametrize("name", ["", None, "x" * 41, "Gist"])
def test_a_name_that_will_not_do_is_refused(what, name):
    with pytest.raises(InputError):
        what.saved(name, {}, ["long", 1, False])


def test_the_menu_has_what_comes_with_the_tab_first(what):
    assert [value for _, value in what.choices({"b": {}, "A": {}})] == ["Gist", "A", "b"]


def test_a_file_brings_presets_to_another_browser(what, tmp_path):
    own = {"mine": {"length": "long", "steps": 7}}
    path = tmp_path / "presets.json"
    path.write_text(what.file(own))
    assert what.read(path) == own
    both = what.imported(str(path), {"mine": {"length": "short"}, "other": {}})
    assert both == ({**own, "other": {}}, None, "Imported: 1 preset.")


def test_only_a_preset_of_ones_own_is_deleted(what):
    assert what.deleted("b", {"a": {}, "b": {}}) == ({"a": {}}, None, "b is deleted.")
    for name in ("Gist", "gone", None):
        with pytest.raises(InputError, match="of your own"):
            what.deleted(name, {"a": {}})


@pytest.mark.parametrize(
    "content",
    [
        "no json", "[]", '{"kind": "other"}', "[" * 10_000,
        '{"kind": "modeldeck presets", "tab": "sentiment", "presets": {}}',
        '{"kind": "modeldeck presets", "tab": "ner", "presets": {"x": {"length": ["short"]}}}',
        '{"kind": "modeldeck presets", "tab": "ner", "presets": {"x": 1}}', "x" * (MAX_BYTES + 1),
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_is_refused(what, tmp_path, content):
    path = tmp_path / "presets.json"
    path.write_text(content)
    with pytest.raises(InputError):
        what.read(path)


def test_more_presets_than_allowed_are_refused():
    with pytest.raises(InputError):
        checked({str(n): {} for n in range(MAX_COUNT + 1)})


@pytest.mark.parametrize("name", ORDER)
def test_every_shipped_preset_fits_its_tab(name):
    service = make_service(Settings(offline=True))
    with gr.Blocks():
        deck = Deck(service, gr.HTML())
        tab = all_tabs()[name]
        tab.build(deck)
    service.close()
    for values in getattr(tab, "PRESETS", {}).values():
        for key, value in values.items():
            assert fitted(deck.linked[name][key], key, json.dumps(value).strip('"')) == value
