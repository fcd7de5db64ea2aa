"""What the entity tab draws, filters and hands out."""

from __future__ import annotations

import codecs
import html
import json
import re
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalog import Catalog
from models.entities import Entities, Entity, keep
from tabs import ner
from tabs.ner import MASKED, copied, filters, offers, verb, view
from tabs.parts import Deck
from tabs.parts.entity_view import DRAWN, ROWS, label_order, reading, table_html, text_html
from tests.fakes import FakeBuilder, FakeDevice, card, fake_service

ADA = "Ada Lovelace was born in London in 1815."


def result(text, spans, score=None, **more):
    entities = tuple(Entity(text[a:b], label, a, b, score) for label, a, b in spans)
    facts = {"labels": ("A",), "aggregation": "", "windows": 1, "windows_total": 1, **more}
    return Entities(
        entities, scored=score is not None, characters=len(text), characters_read=len(text), **facts
    )


FOUND = result(ADA, [("PERSON", 0, 12), ("GPE", 25, 31), ("DATE", 35, 39)])


def scored(**more):
    return replace(FOUND, entities=(), scored=True, **more)


def text_of(drawn):
    return html.unescape(re.sub(r"<[^>]*>", "", drawn))


@given(st.text(max_size=40), st.data())
def test_the_drawn_text_is_the_text_whatever_the_entities(text, data):
    edges = st.integers(0, len(text))
    pairs = data.draw(st.lists(st.tuples(edges, edges).map(sorted), max_size=5))
    found = result(text, [("<b>", a, b) for a, b in sorted(pairs) if a < b])
    drawn = text_html(text, found.entities, label_order(found))
    assert text_of(drawn) == text
    assert "<b>" not in drawn


def test_every_label_keeps_its_colour_in_text_table_and_when_filtered():
    order = label_order(FOUND)
    only = keep(FOUND, ["DATE"])
    for drawn in (
        text_html(ADA, FOUND.entities, order),
        text_html(ADA, only.entities, order),
        table_html(only.entities, order, scored=False),
    ):
        assert "md-hue-3" in drawn
    assert "md-hue-1" not in text_html(ADA, only.entities, order)


def test_the_ninth_label_takes_the_first_colour_with_a_mark_of_its_own():
    text = "abcdefghi"
    found = result(text, [(letter.upper(), i, i + 1) for i, letter in enumerate(text)])
    drawn = text_html(text, found.entities, label_order(found))
    assert drawn.count("md-hue-1") == 2
    assert drawn.count("md-again") == 1


def test_the_table_explains_labels_and_has_scores_only_where_there_are_any():
    order = label_order(FOUND)
    plain = table_html(FOUND.entities, order, scored=False)
    assert "countries, cities, states" in plain
    assert "Score" not in plain
    sure = result(ADA, [("GPE", 25, 31)], score=0.987)
    assert "98.7%" in table_html(sure.entities, ["GPE"], scored=True)


@pytest.mark.parametrize(
    ("found", "total", "sentences"),
    [
        (FOUND, 3, "3 entities in 40 characters. This model gives no scores."),
        (keep(FOUND, ["GPE"]), 3, "1 of 3 entities in 40 characters. This model gives no scores."),
        (scored(windows_total=1), 0, "No entities in 40 characters."),
        (scored(windows_total=4, windows=4), 0, "No entities in 40 characters. Read in 4 pieces."),
        (scored(windows_total=4, characters_read=17), 0,
         "No entities in 40 characters. Read so far: 17 characters."),
    ],
)  # fmt: skip
def test_a_sentence_says_what_was_read_and_shown(found, total, sentences):
    assert reading(ADA, found, total) == sentences


def test_what_is_too_long_to_draw_is_said_and_is_in_the_files():
    text = "Ada " * 6000
    found = result(text, [("PERSON", i, i + 3) for i in range(0, len(text), 4)])
    marked, table = view(text, found, found)
    assert len(text) > DRAWN
    assert marked.count("<mark") == DRAWN // 4
    assert table.count("<tr>") == ROWS + 1
    assert f"The first {DRAWN:,} characters are drawn. The table has the first {ROWS}." in marked
    paths = [u["value"] for u in offers(text, found, [gr.DownloadButton() for _ in range(5)])]
    assert Path(paths[0]).read_text().count("Ada") == 6000
    assert Path(paths[4]).read_text() == "[PERSON] " * 6000


def test_a_long_masked_copy_says_that_the_file_has_all():
    text = "x" * (MASKED + 10)
    update = copied(text, result(text, []))
    assert len(update["value"]) == MASKED
    assert f"first {MASKED:,} of {len(text):,}" in update["label"]


def test_the_legend_has_every_label_that_occurs_with_its_count():
    labels, minimum = filters(result(ADA, [("A", 0, 3), ("B", 4, 12), ("A", 25, 31)]))
    assert labels["choices"] == [("A 2", "A"), ("B 1", "B")]
    assert labels["value"] == ["A", "B"]
    assert not minimum["visible"]
    assert filters(result(ADA, [("A", 0, 3)], 0.9))[1]["visible"]


def test_what_overlaps_is_said_and_its_row_leads_to_its_own_place():
    found = result(ADA, [("WORK", 4, 24), ("PERSON", 4, 12), ("DATE", 35, 39)], score=0.5)
    assert "2 overlap: each has a line of its own below the text." in reading(ADA, found, 3)
    drawn, table = view(ADA, found, found)
    assert 'title="PERSON: people, real or invented (4-12, 50.0%)\nWORK (4-24, 50.0%)"' in drawn
    for number, text in enumerate(("Lovelace was born in", "Lovelace", "1815")):
        assert f'data-shows="{number}">{text}<' in table
        assert f'data-span="{number}"' in drawn


def test_without_entities_there_is_nothing_to_filter():
    assert [update["visible"] for update in filters(result(ADA, [], 0.9))] == [False] * 2


def test_the_files_hold_what_is_shown():
    shown = keep(FOUND, ["GPE"])
    paths = [Path(u["value"]) for u in offers(ADA, shown, [gr.DownloadButton() for _ in range(5)])]
    assert [path.suffix for path in paths] == [".csv", ".json", ".iob2", ".json", ".txt"]
    assert paths[0].read_bytes().startswith(codecs.BOM_UTF8)  # else Excel reads other letters
    assert [e["text"] for e in json.loads(paths[1].read_text())["entities"]] == ["London"]
    assert "London\tB-GPE" in paths[2].read_text()
    assert paths[4].read_text() == "Ada Lovelace was born in [GPE] in 1815."


@pytest.mark.parametrize(
    ("aggregations", "joins", "asked"),
    [(("simple", "max"), "max", "max"), ((), "max", ""), (("simple", "max"), None, "")],
)
def test_the_way_to_join_reaches_only_models_that_need_it(aggregations, joins, asked):
    class Engine:
        def entities(self, text, *, aggregation, stop):
            return iter([aggregation])

    engine = Engine()
    engine.aggregations = aggregations
    assert list(verb("Ada", joins)(engine, None)) == [asked]


@pytest.mark.parametrize(("engine", "visible"), [("transformers", True), ("fake", False)])
def test_joining_sub_tokens_is_offered_from_the_start_where_the_default_splits_words(
    engine, visible
):
    service = fake_service(FakeBuilder(FakeDevice(limit=1)))
    first = replace(card("org/a", "ner"), engine=engine)
    offering = replace(service, catalog=Catalog([first, card("org/b", "ner")]))
    with gr.Blocks() as page:
        ner.build(Deck(offering, gr.HTML()))
    service.close()
    joins = [p for p in page.blocks.values() if getattr(p, "label", "") == "Join sub-tokens"]
    assert [part.visible for part in joins] == [visible]
