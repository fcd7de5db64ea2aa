"""What the tokenizer tab draws and reads."""

from __future__ import annotations

import pytest

from models.errors import InputError
from models.tokenizer import Token, Tokenization
from tabs import tokenizer as tab


def result(*pieces):
    tokens = tuple(Token(i, p, i, i + 1, 1, False, False) for i, p in enumerate(pieces))
    text = "".join(pieces)
    return Tokenization(text, tokens, len(text), len(text.encode()), 0, 100)


def test_markup_in_a_text_is_shown_and_not_run():
    assert "<script>" not in tab.tokens_html(result("<script>"))
    assert "<script>" not in tab.chat_html(result("<script>"))


def test_spaces_and_line_ends_are_visible():
    assert "\u00b7a" in tab.tokens_html(result(" a"))
    assert "\u21b5" in tab.tokens_html(result("\n"))


def test_tokens_that_are_not_drawn_are_counted():
    shown = tab.tokens_html(result(*["a"] * (tab.DRAWN + 7)))
    assert "7 more tokens" in shown
    assert shown.count('class="md-token ') == tab.DRAWN


@pytest.mark.parametrize("text", ["[1, 2 3]", "1 2 3", "1,2;3"])
def test_ids_are_read_however_they_are_separated(text):
    assert tab.read_ids(text) == [1, 2, 3]


@pytest.mark.parametrize("text", ["1 two", "3.5"])
def test_words_that_are_no_ids_are_named(text):
    with pytest.raises(InputError, match="is not an id"):
        tab.read_ids(text)


@pytest.mark.parametrize("text", ["", "hello", "{}", "[1]"])
def test_a_chat_that_is_no_list_of_messages_is_refused(text):
    with pytest.raises(InputError):
        tab.messages(text)


def test_the_endpoints_columns_are_as_long_as_the_tokens():
    found = tab.columns(result("a", "b"))
    assert found["offsets"] == [[0, 1], [1, 2]]
    assert found["counts"]["tokens"] == len(found["ids"]) == 2
