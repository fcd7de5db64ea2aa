"""What a word is where a tokenizer knows only spaces: unit rules, and a reader with such a vocabulary."""

from __future__ import annotations

import pytest

from models.question_answering import load
from models.spec import Weights
from models.token_readers import PlacedTokens
from models.token_words import word_bounds
from tests.fakes import card
from tests.models.engines import HERE, last
from tests.models.text_checkpoints import tiny_unigram_reader

CHINESE = "居里夫人出生於華沙。她在巴黎工作。"
THAI = "ฉันอยู่ที่กรุงเทพ"


def words(text, *pieces, numbers=None):
    """The words of a text that is cut into these pieces, which a tokenizer with ``numbers`` calls words."""
    offsets, at = [], 0
    for piece in pieces:
        at = text.index(piece, at)
        offsets.append((at, at + len(piece)))
        at += len(piece)
    placed = PlacedTokens([0] * len(pieces), offsets, numbers or [0] * len(pieces))
    bounds = word_bounds(text, placed)
    return list(dict.fromkeys(text[offsets[a][0] : offsets[b][1]] for a, b in bounds))


@pytest.mark.parametrize(
    ("text", "pieces", "found"),
    [
        ("她在巴黎工作。", ["她", "在", "巴黎", "工作", "。"], ["她", "在", "巴黎", "工作", "。"]),
        ("東京タワー", ["東京", "タワー"], ["東京", "タワー"]),
        ("1867年", ["18", "67", "年"], ["1867", "年"]),
        ("unbreakable", ["un", "break", "able"], ["unbreakable"]),
        ("Paris.", ["Par", "is", "."], ["Paris", "."]),
        ("서울에서", ["서울", "에서"], ["서울에서"]),
        ("हिन्दी", ["हि", "न्दी"], ["हिन्दी"]),
        ("ที่นี่", ["ท", "ี่", "นี่"], ["ที่", "นี่"]),
    ],
    ids=["Chinese", "Japanese", "year", "English", "mark", "Korean", "Hindi", "Thai"],
)
def test_words_end_between_tokens_where_a_script_writes_no_spaces_and_at_marks(text, pieces, found):
    assert words(text, *pieces) == found


def test_words_that_a_tokenizer_tells_apart_stay_apart():
    assert words("new york", "new", "york", numbers=[0, 1]) == ["new", "york"]
    assert words("newyork", "new", "york", numbers=[None, None]) == ["new", "york"]


def test_tokens_of_one_character_are_never_parted():
    placed = PlacedTokens([0] * 3, [(0, 1), (0, 1), (1, 2)], [0, 0, 0])
    assert word_bounds("猫犬", placed) == [(0, 1), (0, 1), (2, 2)]


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tiny_unigram_reader(
        tmp_path_factory.mktemp("unigram"), [CHINESE, THAI, "paris berlin"]
    )
    return load(Weights(card("local/unigram"), folder, "test"), HERE)


@pytest.mark.parametrize("passage", [CHINESE, THAI], ids=["Chinese", "Thai"])
def test_a_sentence_without_spaces_has_more_than_one_answer_in_it(reader, passage):
    found = last(reader.answer("paris", passage, count=5)).answers
    assert len(found) > 1
    assert all(passage[a.start : a.end] == a.text != passage for a in found)


def test_a_full_stop_is_no_part_of_the_word_before_it(reader):
    found = last(reader.answer("paris", "paris. berlin.", count=9)).answers
    assert {a.text for a in found} & {"paris", "berlin", "."}
    assert not {a.text for a in found} & {"pari", "berli"}
