"""The part "Which words matter" of the entity tab."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
import pytest

from tabs import ner
from tabs.parts import Deck
from tabs.parts.entity_words import entity_changes_html, explained, rows_anew
from tests.fakes import FakeBuilder, FakeDevice, fake_service
from tests.tabs.test_ner import ADA, FOUND, result


def test_the_entities_of_a_run_are_those_to_choose_from():
    *blank, menu = rows_anew(FOUND)
    assert blank == ["", "", None, ""]
    assert menu["choices"][:2] == [("the first one", ""), ("Ada Lovelace (PERSON) 0-12", "0-12")]
    assert rows_anew()[-1]["choices"] == [("the first one", "")]


@pytest.mark.parametrize(("chosen", "place"), [("", None), ("25-31", (25, 31))])
@pytest.mark.parametrize(("joins", "aggregation"), [("first", "first"), (None, ""), ("x", "")])
def test_the_engine_is_asked_for_the_entity_that_was_chosen(chosen, place, joins, aggregation):
    asked = SimpleNamespace(
        aggregations=("first",), explain=lambda text, **given: (text, given.pop("stop"), given)
    )
    text, _, given = explained("", chosen, ADA, joins)(asked, None)
    assert (text, given) == (ADA, {"place": place, "aggregation": aggregation})


def test_what_is_lost_and_what_is_new_without_words_is_told_and_escaped():
    text = "Ada saw <b> in London."
    before = result(text, [("PERSON", 0, 3), ("GPE", 15, 21)])
    after = result("saw <b> in London.", [("ORG", 4, 7), ("GPE", 11, 17)])
    drawn = entity_changes_html(before, after, ["Ada"])
    assert drawn.index("Found no more") < drawn.index("Ada (PERSON)") < drawn.index("New")
    assert "&lt;b&gt; (ORG)" in drawn
    assert "London" not in drawn
    assert "The same entities are found." in entity_changes_html(before, before, ["saw"])


def test_a_run_of_the_tab_fills_the_menu_of_the_part():
    service = fake_service(FakeBuilder(FakeDevice(limit=1000)), "org/a")
    with gr.Blocks() as page:
        ner.build(Deck(service, gr.HTML()))
    service.close()
    (menu,) = (b for b in page.blocks.values() if getattr(b, "label", "") == "For the entity")
    buttons = {b.value: b._id for b in page.blocks.values() if isinstance(b, gr.Button)}
    find = next(fn for fn in page.fns.values() if (buttons["Find entities"], "click") in fn.targets)
    assert menu in find.outputs
