"""Words of scripts whose signs Python's patterns take for no part of a word."""

from __future__ import annotations

import pytest

from models.attribution import words_of
from models.summary_checks import words
from models.word_overlap import words_at
from tabs.parts.differences import _WORD

#: A word in composed and in parted accents, with vowel signs, points or a joiner.
WHOLE = {
    "accents apart": "e\u0301clair",
    "Hindi": "\u0928\u092e\u0938\u094d\u0924\u0947",
    "Hebrew with points": "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
    "Persian with a joiner": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
}


@pytest.mark.parametrize("word", WHOLE.values(), ids=WHOLE)
def test_a_word_is_not_cut_at_its_signs(word):
    text = f"{word}, {word}"
    assert [text[a:b] for a, b in words_of(text)] == [word, ",", word]
    assert words(text) == [word, word]
    assert [(a, b) for _, a, b in words_at(text)] == [
        (0, len(word)),
        (len(word) + 2, len(text)),
    ]
    assert _WORD.findall(text) == [word, ",", word]


def test_one_word_is_found_however_its_accent_is_written():
    assert words_at("caf\u00e9")[0][0] == words_at("CAFE\u0301")[0][0]


def test_a_sign_of_several_code_points_is_one_piece_of_a_difference():
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    assert _WORD.findall(f"{family}\u2764\ufe0f!") == [family, "\u2764\ufe0f", "!"]
