"""What the embeddings tab draws, reads and writes."""

from __future__ import annotations

import codecs
import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from gradio.utils import deep_hash

from models.embedding_recipe import Recipe
from models.embedding_search import search
from models.embeddings import Embeddings
from models.errors import InputError
from models.passages import Page
from tabs.embeddings import MOST, columns, lines_of
from tabs.parts.search_results import lesson, prefixes_said, reading, results_html
from tabs.parts.search_view import file_facts, hit_json, pages_of
from tabs.parts.similarity_view import DRAWN, agreement_html, heat_html, side_html, similarity_html
from tabs.parts.vector_files import FILES, written
from tests.models.test_documents import file, pdf
from tests.models.test_embedding_search import ByTopic

RECIPE = Recipe(("mean",), True, "1_Pooling/config.json names the pooling.")
TEXTS = ["<b>cats</b>", "kittens", "money & more"]
VECTORS = np.array([[1, 0, 0], [0.8, 0.6, 0], [-0.6, 0, 0.8]], np.float32)


def found(vectors=VECTORS, **more):
    ones = (1,) * len(vectors)
    made = Embeddings(vectors, ones, ones, len(vectors), "", 254, RECIPE)
    return replace(made, **more)


def test_the_nearest_and_the_farthest_pair_are_said_first_and_texts_are_escaped():
    drawn = similarity_html(TEXTS, found())
    assert "<b>cats" not in drawn
    assert "&lt;b&gt;cats&lt;/b&gt;" in drawn
    assert drawn.index("Most similar") < drawn.index("Least similar") < drawn.index("<table>")
    assert "<strong>0.80</strong>" in drawn
    assert "<strong>-0.60</strong>" in drawn


def test_colours_run_from_the_lowest_to_the_highest_cosine_of_the_table():
    drawn = similarity_html(TEXTS, found())
    assert 'style="--v:1.00">0.80</td>' in drawn
    assert 'style="--v:0.00">-0.60</td>' in drawn
    assert drawn.count('class="md-self"') == 3
    assert (
        drawn.count('tabindex="0" style') == 1
    )  # one cell is reached by Tab, the others by arrows


def test_a_cosine_that_rounds_to_nothing_has_no_sign():
    table = np.array([[1, -0.001], [-0.001, 1]], np.float32)
    drawn = heat_html(["a", "b"], table)
    assert drawn.count(">0.00<") == 2
    assert "-0.00" not in drawn


def test_a_single_text_shows_its_vector_and_two_show_their_cosine_without_a_map():
    assert "<table>" not in similarity_html(TEXTS[:1], found(VECTORS[:1]))
    two = similarity_html(TEXTS[:2], found(VECTORS[:2]))
    assert "Cosine of the two" in two
    assert "Map of the texts" not in two
    assert "Map of the texts" in similarity_html(TEXTS, found())


def test_what_was_assumed_or_read_in_windows_or_left_out_is_said():
    assumed = replace(RECIPE, assumed=True, source="Nothing is said; the mean is assumed.")
    drawn = similarity_html(TEXTS, found(recipe=assumed, windows=(1, 3, 1)))
    assert "md-foreign" in drawn
    assert "the mean is assumed" in drawn
    assert "1 text is longer than the 254 tokens" in drawn
    assert "3 of 9 texts were read" in similarity_html(TEXTS, found(texts=9))


def test_many_texts_draw_a_part_and_say_so():
    vectors = np.random.default_rng(0).normal(size=(DRAWN + 5, 4)).astype(np.float32)
    drawn = similarity_html([f"text {n}" for n in range(DRAWN + 5)], found(vectors))
    assert f"The table has the first {DRAWN} texts" in drawn
    assert drawn.count("<tr>") == DRAWN + 1


def test_a_prefix_is_shown_as_it_stood_with_its_source():
    prefixes = replace(RECIPE.prefixes, alike="query: ", source="as the card says")
    drawn = similarity_html(
        TEXTS, found(prefix="query: ", recipe=replace(RECIPE, prefixes=prefixes))
    )
    assert "Before each text stood “query: ”, as the card says." in drawn


def test_two_models_are_compared_by_the_order_of_the_pairs():
    drawn = agreement_html(found(), found(VECTORS[[0, 2, 1]]), TEXTS)
    assert "rank correlation" in drawn
    assert "place 1 of 3" in drawn
    assert "two texts or more" in side_html(found(VECTORS[:1]), TEXTS[:1])


def test_lines_are_texts_and_too_many_are_refused():
    assert lines_of(" a \n\n b\r\n") == ["a", "b"]
    with pytest.raises(InputError, match="no text to compare"):
        lines_of(" \n ")
    with pytest.raises(InputError, match=f"501 texts; the limit here is {MOST}"):
        lines_of("a\n" * (MOST + 1))


def test_files_hold_every_vector_exactly():
    contents = dict(zip(FILES, written(TEXTS, found()), strict=True))
    rows = list(csv.reader(io.StringIO(contents["CSV"].decode("utf-8-sig"))))
    assert rows[0] == ["text", "v1", "v2", "v3"]
    assert rows[1][0] == TEXTS[0]
    assert contents["CSV"].startswith(codecs.BOM_UTF8)  # else Excel reads other letters
    assert (
        np.array(json.loads(contents["JSON"])["vectors"], np.float32).tolist() == VECTORS.tolist()
    )
    assert np.load(io.BytesIO(contents["NPY"])).tolist() == VECTORS.tolist()


def test_a_row_of_many_has_its_vector_as_json():
    cells = columns(found(VECTORS[1:2]))
    assert np.array(json.loads(cells["vector"]), np.float32).tolist() == VECTORS[1].tolist()
    assert cells["dimensions"] == 3


TEXT = "The kitten purrs <i>softly</i>. It is small.\n\nYour money comes back. Ask at the desk."


def searched(query):
    return list(search(ByTopic(), query, [Page(TEXT)], tokens=16))


def test_a_hit_shows_its_place_its_best_sentence_and_the_words_it_shares():
    drawn = results_html(searched("small cat")[-1])
    assert "<i>" not in drawn
    assert "<mark>The kitten purrs &lt;i&gt;softly&lt;/i&gt;.</mark>" in drawn
    assert "<u>small</u>" in drawn
    assert "line 1" in drawn


def test_what_meaning_adds_is_said_in_words():
    assert "only meaning finds anything" in lesson(searched("cat")[-1])
    assert (
        lesson(searched("money at the desk")[-1]) == "Meaning and words agree on the best passage."
    )


def test_what_was_read_and_what_is_kept_is_said():
    first, *_, last = searched("cat")
    assert "Passages read: 0 of 2" in results_html(first)
    assert "Read in this run: 2." in reading(last)
    assert "kept in this session" in reading(last)
    again = list(search(ByTopic(), "rain", [Page(TEXT)], tokens=16, kept=last.corpus))[-1]
    assert "only the query was read" in reading(again)
    assert (
        prefixes_said(last) == "Before the query stood “query: ”, before each passage “passage: ”."
    )


def test_what_a_session_keeps_has_a_hash_which_gradio_asks_for():
    corpus = searched("cat")[-1].corpus
    assert deep_hash(corpus) == deep_hash(corpus) != deep_hash(searched("cat")[-1].corpus)


def test_an_endpoints_hit_has_offsets_into_its_text():
    last = searched("cat")[-1]
    row = hit_json(last.by_meaning[0], last)
    assert TEXT[row["start"] : row["end"]] == row["text"]
    assert row["best_sentence"].startswith("The kitten")


def test_a_file_becomes_pages_or_rows(tmp_path):
    table = file(tmp_path, "a.csv", b"id,text\n1,One cat.\n2,\n3,Two cats.\n")
    assert pages_of("", str(table), "text", True) == [
        Page("One cat.", "row at line 2"), Page("Two cats.", "row at line 4"),
    ]  # fmt: skip
    paper = file(tmp_path, "a.pdf", pdf("First page", "Second page"))
    assert [page.name for page in pages_of("", str(paper), None, None)] == ["page 1", "page 2"]
    assert pages_of("", str(file(tmp_path, "a.txt", b"One.\nTwo.")), None, None) == [
        Page("One.\nTwo.")
    ]
    with pytest.raises(InputError, match="a pasted text and a file"):
        pages_of("text", str(paper), None, None)
    with pytest.raises(InputError, match=r"no column 'body'\. Choices: id, text"):
        pages_of("", str(table), "body", True)


def test_a_chosen_file_is_described_or_its_fault_told(tmp_path):
    column, *_ = file_facts(str(file(tmp_path, "a.csv", b"id,text\n1,One cat.\n")), None)
    assert (column["value"], column["visible"]) == ("text", True)
    assert "2 pages" in file_facts(str(file(tmp_path, "a.pdf", pdf("One", "Two"))), None)[2]
    assert "of no kind" in file_facts(str(file(tmp_path, "a.exe", b"x")), None)[2]
