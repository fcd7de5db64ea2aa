"""The models tab: what it draws and answers, and that a public page can change nothing."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace

import gradio as gr
import pytest

from models import leftovers
from models.loading import Resident, State
from models.service import make_service
from models.settings import Settings
from models.spec import CAPABILITIES, Placement
from models.variants import FOLDER
from tabs import models
from tabs.parts import Deck, resident_view
from tabs.parts.cache_view import cache_view
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
        ({}, "idle", "1 min ago"),
        ({"claims": 1}, "in use", "now"),
        ({"pinned": True}, "pinned", "1 min ago"),
        ({"state": State.BUILDING}, "building", "1 min ago"),
    ],
)
def test_a_row_says_state_memory_and_use(changes, state, last):
    drawn = models.models_html([replace(IDLE, **changes)])
    for value in (
        "o/&lt;b&gt;",
        "Named entities",
        state,
        "91 MB",
        "cpu float32",
        "1.5 s",
        "3",
        last,
    ):
        assert f"<td>{value}</td>" in drawn


def test_a_row_names_the_variant_that_computes():
    drawn = models.models_html([replace(IDLE, variant="openvino bfloat16")])
    assert "<td>cpu openvino bfloat16</td>" in drawn
    assert models.row(replace(IDLE, variant="openvino bfloat16"))["variant"] == "openvino bfloat16"


def test_a_model_that_has_left_is_chosen_no_more():
    mine = resident_view.label(IDLE)
    assert models.menu_of([IDLE], mine)["value"] == mine
    assert models.menu_of([], mine)["value"] is None
    assert models.menu_of([IDLE], None)["choices"] == [
        (f"{IDLE.card.title} (Named entities)", mine)
    ]


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


def test_quicker_variants_are_counted_and_those_not_in_use_deleted(tmp_path):
    shelf = tmp_path / FOLDER
    for name in (kept := "starter--a-ner-0123456789ab", "org--B-sentiment-0123456789ab"):
        (shelf / name).mkdir(parents=True)
        (shelf / name / "weights.bin").write_bytes(bytes(2_000_000))
        (shelf / f"{name}.lock").touch()
    leftovers.use(shelf / kept)
    service = make_service(Settings(offline=True, device="cpu", cache=str(tmp_path)))
    with gr.Blocks() as page:
        cache_view(Deck(service, gr.HTML()))
    forget = next(fn.fn for fn in page.fns.values() if fn.name == "forget_unused")
    told = [asyncio.run(forget()) for _ in range(2)]
    os.close(leftovers._held.pop(shelf / kept))
    service.close()
    assert "Quicker variants of 1 network, 2.0 MB" in told[0][0]
    assert "2.0 MB of disk are free again" in told[0][1]
    assert "in use" in told[1][1]
    assert [path.name for path in shelf.iterdir() if path.is_dir()] == [kept]
