"""Two image models, and two tokenizers, on the same input: the same seed, and what differs."""

from __future__ import annotations

import pytest
from PIL import Image

from models.drawing import Drawing, Picture, Shot
from models.tokens import Entry, Tokenization, TokenRow
from tabs.parts.image_compare import apart, difference_html, drawing_html, same_seed
from tabs.parts.token_beside import side_html, tokens_apart_html


def drawing(colour, size=(8, 8), seed=7):
    shot = Shot(seed, 20, 4.0)
    pictures = (Picture(Image.new("RGB", size, colour), shot, 1.0),) if colour else ()
    return Drawing("a <cat>", "", *size, (shot,), "org/m", "r1", pictures=pictures)


def values(seed, lot):
    return ["a cat", "", 64, 64, 20, 4.0, seed, lot, 0, None, 1, None, 0.6, "", "", "", ""]


@pytest.mark.parametrize("lot", [True, None])
def test_a_seed_by_lot_is_drawn_once_for_both(lot):
    found = same_seed(*values(5, lot))
    assert isinstance(found[6], int)
    assert found[7] is False
    assert found[:6] == values(5, lot)[:6]


def test_a_chosen_seed_stays():
    assert same_seed(*values(5.0, False))[6] == 5


def test_how_far_pictures_are_apart_is_said():
    assert "pixel for pixel" in apart(drawing("red"), drawing("red"))
    assert "100.0%" in apart(drawing("black"), drawing("white"))
    assert "different sizes" in apart(drawing("red"), drawing("red", (9, 8)))
    assert "not two" in apart(drawing("red"), drawing(None))


def test_settings_of_both_stand_beside_each_other_and_text_is_data():
    drawn = difference_html(drawing("red"), drawing("red", seed=8))
    assert "8 x 8" in drawn
    assert drawing_html(drawing("red")).count("<img") == 1
    assert "<cat>" not in drawing_html(drawing(None))


def tokens(*ends):
    starts = (0, *ends[:-1])
    row = TokenRow(range(len(ends)), list(zip(starts, ends, strict=True)),
                   lambda id: Entry("<b>", 1, False, False, False))  # fmt: skip
    return Tokenization("x" * ends[-1], row, ends[-1], ends[-1], 0, 100)


def test_the_thriftier_tokenizer_is_named_with_the_cuts_that_both_make():
    drawn = tokens_apart_html(tokens(2, 4, 6, 10), tokens(4, 10))
    assert "The second needs 2 tokens, the other 4 (2.00 times as many)." in drawn
    assert [">3<" in drawn, ">1<" in drawn] == [True, True]
    assert "as many tokens" in tokens_apart_html(tokens(4, 10), tokens(3, 10))
    assert "<b>" not in side_html(tokens(2, 4))
