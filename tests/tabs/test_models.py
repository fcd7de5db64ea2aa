"""The models tab: what it draws and answers, and that a public page can change nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import gradio as gr
import pytest

from models.loading import Resident, State
from models.service import make_service
from models.settings import Settings
from models.spec import CAPABILITIES, Placement
from tabs import models
from tabs.parts import Deck, resident_view
from tests.fakes import card

IDLE = Resident(
    card("o/<b>", capability="ner"), State.READY, 91_000_000,
    Placement("cpu", "float32", "because"), "abc", 1.5, 3, 0, False, 62.0, 0.0,
)  # fmt: skip


def test_no_model_is_said():
    assert "No model is in memory yet" in models.models_html([])


@pytest.mark.parametrize(
    ("changes", "state", "last"),
    [
        ({}, "idle", "1 min 02 s ago"),
        ({"claims": 1}, "in use", "now"),
        ({"pinned": True}, "pinned", "1 min 02 s ago"),
        ({"state": State.BUILDING}, "building", "1 min 02 s ago"),
    ],
)
def test_a_row_says_state_memory_and_use(changes, state, last):
    drawn = models.models_html([replace(IDLE, **changes)])
    for value in ("o/&lt;b&gt;", "ner", state, "91 MB", "cpu float32", "1.5 s", "3", last):
        assert f"<td>{value}</td>" in drawn


def test_a_row_names_the_variant_that_computes():
    drawn = models.models_html([replace(IDLE, variant="openvino bfloat16")])
    assert "<td>cpu openvino bfloat16</td>" in drawn
    assert models.row(replace(IDLE, variant="openvino bfloat16"))["variant"] == "openvino bfloat16"


def test_a_model_that_has_left_is_chosen_no_more():
    mine = resident_view.label(IDLE)
    assert models.menu_of([IDLE], mine)["value"] == mine
    assert models.menu_of([], mine)["value"] is None
    assert models.menu_of([IDLE], None)["choices"] == [(f"{IDLE.card.title} (ner)", mine)]


def test_a_row_is_plain_json():
    row = models.row(IDLE)
    assert (row["model"], row["task"], row["state"], row["hits"]) == ("o/<b>", "ner", "ready", 3)


def built(**settings):
    service = make_service(Settings(offline=True, **settings))
    with gr.Blocks() as page:
        deck = Deck(service, gr.HTML())
        models.build(deck)
    service.close()
    return page


def labels(page):
    return {b.value for b in page.blocks.values() if isinstance(b, gr.Button)}


def test_a_public_page_has_no_button_that_changes_anything():
    assert {"Unload", "Pin or unpin", "Load now"} <= labels(built())
    public = built(share=True, auth="a:b")
    assert labels(public).isdisjoint({"Unload", "Pin or unpin", "Load now"})
    names = {fn.name for fn in public.fns.values()}
    assert names.isdisjoint({"drop", "hold", "fetch"})


def test_the_endpoint_lists_what_is_offered():
    page = built()
    call = next(fn.fn for fn in page.fns.values() if fn.api_name == "models")
    answer = asyncio.run(call())
    assert set(answer["offered"]) == set(CAPABILITIES)
    assert answer["loaded"] == []
    with pytest.raises(gr.Error, match="'poetry' is no task"):
        asyncio.run(call("poetry"))
