"""What the tokenizer tab draws and reads."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from models.errors import InputError
from models.tokens import Decoded, SpecialToken, Token, Tokenization
from tabs import tokenizer as tab
from tabs.parts import token_view as view


def result(*pieces):
    tokens = []
    for index, piece in enumerate(pieces):
        start = tokens[-1].end if tokens else 0
        size = len(piece.encode())
        tokens.append(Token(index, piece, start, start + len(piece), size, False, False))
    text = "".join(pieces)
    return Tokenization(text, tuple(tokens), len(text), len(text.encode()), 0, 100)


def token(piece="a", start=0, end=1, *, special=False, unknown=False, partial=False):
    return Token(7, piece, start, end, 1, special, unknown, partial)


def test_markup_in_a_text_is_shown_and_not_run():
    assert "<script>" not in view.tokens_html(result("<script>", '"><img src=x>'))
    assert "<img" not in view.tokens_html(result("<script>", '"><img src=x>'))
    assert "<b>" not in tab.decoded_html(Decoded("<b>", (1,), (token("<b>"),)))
    assert "<b>x" not in view.specials_html([SpecialToken(1, "<b>x", "<b>x")])


def test_spaces_line_ends_and_invisible_characters_can_be_seen():
    assert view.visible(" a\n\t") == "\u00b7a\u21b5\u21e5"
    assert "U+200D" in view.visible("\u200d")
    assert view.visible("\u0301") == "\u25cc\u0301"


def test_bytes_of_a_part_of_a_character_are_told_from_the_same_letters_in_a_text():
    assert "F0 9F" in view.visible(" \\xf0\\x9f", partial=True)
    assert view.visible("\\xf0") == "\\xf0"


def test_the_text_is_cut_where_tokens_begin_and_a_shared_character_names_its_tokens():
    drawn = view.source_html("a\U0001f600b", [token(), token("", 1, 2), token("", 1, 2)])
    assert re.findall(r'data-t="([^"]*)">([^<]*)<', drawn) == [("0", "a"), ("1 2", "\U0001f600")]
    assert "\u2026" in drawn


def test_text_between_tokens_is_drawn_without_a_mark():
    drawn = view.source_html("a b", [token("a", 0, 1), token("b", 2, 3)])
    assert "</span> <span" in drawn


def test_text_and_chip_of_a_token_have_the_same_index():
    shown = view.tokens_html(result("one", "two"))
    assert len(re.findall(r'data-t="1"', shown)) == 2
    assert "Token 1: &#x27;two&#x27;, id 1, 3 bytes, characters 3 to 6" in shown


def test_special_unknown_and_byte_tokens_have_marks_and_a_legend():
    marks = (token(special=True), token(unknown=True), token("\\xf0", partial=True))
    shown = view.tokens_html(Tokenization("a", marks, 1, 1, 1, 9))
    chips, legend = shown.split("md-token-legend")
    for kind in ("md-special", "md-unknown", "md-partial"):
        assert kind in chips
        assert kind in legend
    assert "md-token-legend" not in view.tokens_html(result("a"))


def test_tokens_that_are_not_drawn_are_counted_and_in_the_files():
    many = result(*["a"] * (view.DRAWN + 7))
    drawn = view.drawn(many, (), 0.1)
    assert "7 more tokens" in drawn.page
    assert drawn.page.count('class="md-token ') == view.DRAWN
    assert f"the first {view.ROWS:,} of {view.DRAWN + 7:,}" in drawn.page
    assert len(list(csv.DictReader(io.StringIO(drawn.csv)))) == view.DRAWN + 7
    assert len(json.loads(drawn.json)["ids"]) == view.DRAWN + 7


def test_the_files_rows_hold_offsets_into_the_text():
    rows = list(csv.DictReader(io.StringIO(view.to_csv(result("one", ",\n")))))
    assert [(r["id"], r["start"], r["end"], r["text"]) for r in rows] == [
        ("0", "0", "3", "one"),
        ("1", "3", "5", ",\n"),
    ]


def test_special_tokens_are_listed_with_id_and_role_and_the_rest_is_counted():
    many = [SpecialToken(n, f"<|{n}|>", "control") for n in range(view.SPECIALS)]
    shown = view.specials_html([*many, SpecialToken(999, "<|end|>", "ends a text")])
    assert f"Special tokens ({view.SPECIALS + 1})" in shown
    assert "999" in shown
    assert "ends a text" in shown
    assert "1 more are not listed" in shown


@pytest.mark.parametrize("text", ["[1, 2 3]", "1 2 3", "1,2;3"])
def test_ids_are_read_however_they_are_separated(text):
    assert tab.read_ids(text) == [1, 2, 3]


@pytest.mark.parametrize("text", ["1 two", "3.5"])
def test_words_that_are_no_ids_are_named(text):
    with pytest.raises(InputError, match="is not an id"):
        tab.read_ids(text)


def test_the_endpoints_columns_are_as_long_as_the_tokens():
    found = view.columns(result("a", "b"))
    assert found["offsets"] == [[0, 1], [1, 2]]
    assert found["counts"]["tokens"] == len(found["ids"]) == 2
