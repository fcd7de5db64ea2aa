"""Word errors: numbers by value, the fewest changes, and differences as the texts write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InputError
from models.spoken_words import spoken_words
from models.word_errors import MAX_WORDS, word_errors


def forms(text):
    return [word.form for word in spoken_words(text)]


def shown(said, heard):
    return [(o.kind, o.said, o.heard, o.errors) for o in word_errors(said, heard).operations]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It leaves at seven thirty.", "it leaves at 7:30"),
        ("in nineteen eighty-four", "In 1984,"),
        ("two thousand and five", "2,005"),
        ("fifteen percent, three dollars", "15% $3"),
        ("three hundred and sixty thousand", "360,000"),
        ("on the twenty-first", "on the 21st"),
        ("two thousand six hundred meters", "2600 metres"),
        ("the second part", "The second part."),
        ("$45.50", "forty-five dollars and fifty cents"),
        ("$1,200.05", "twelve hundred dollars and five cents"),
        ("a naïve café", "A naive cafe"),
        ("well-known", "well known"),
        ("don’t", "don't"),
    ],
)
def test_how_a_word_is_written_makes_no_difference(one, other):
    assert forms(one) == forms(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("forty five", "4 5"), ("3 and 4", "3 4"), ("7", "8"), ("किताब", "कतब"), ("мир", "мор")],
)
def test_other_words_stay_other(one, other):
    assert forms(one) != forms(other)


def test_scripts_without_spaces_are_compared_by_the_character():
    assert word_errors("今天天氣很好。", "今天天汽很好").rate == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("said", "heard", "counts"),
    [
        ("a b c", "a b c", (0, 0, 0)),
        ("a b c", "a x c", (1, 0, 0)),
        ("a b c", "a c", (0, 1, 0)),
        ("a", "b a c", (0, 0, 2)),
        ("a b", "", (0, 2, 0)),
    ],
)
def test_errors_are_the_fewest_changes(said, heard, counts):
    found = word_errors(said, heard)
    assert (found.replaced, found.missing, found.added) == counts
    assert found.rate == sum(counts) / found.words


def test_differences_are_shown_as_each_text_writes_them():
    assert shown("At 7:30, Dr. Ray left.", "at seven thirty doctor Ray just left") == [
        ("same", "At", "at", 0),
        ("same", "7:30", "seven thirty", 0),
        ("replaced", "Dr", "doctor", 1),
        ("same", "Ray", "Ray", 0),
        ("added", "", "just", 1),
        ("same", "left", "left", 0),
    ]


def test_a_number_heard_otherwise_is_one_difference():
    assert shown("forty-five minutes", "45 minute") == [
        ("same", "forty-five", "45", 0),
        ("replaced", "minutes", "minute", 1),
    ]
    assert shown("in 1984", "in 1985") == [("same", "in", "in", 0), ("replaced", "1984", "1985", 1)]


def test_what_stands_at_one_place_is_shown_once():
    assert shown("paid $45.50 now", "paid 45 big dollars and 50 cents now") == [
        ("same", "paid", "paid", 0),
        ("replaced", "$45.50", "45 big dollars and 50 cents", 1),
        ("same", "now", "now", 0),
    ]


def test_a_reference_without_words_and_too_long_a_text_are_refused():
    with pytest.raises(InputError, match="no word to compare"):
        word_errors("... !", "hello")
    with pytest.raises(InputError, match=r"transcript has 25,001 words; the limit is 25,000"):
        word_errors("a", "a " * (MAX_WORDS + 1))


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_operations_add_up_whatever_the_texts(said, heard):
    if not forms(said):
        return
    found = word_errors(said, heard)
    assert sum(o.errors for o in found.operations) == found.errors
    assert (
        abs(found.words - len(forms(heard))) <= found.errors <= max(found.words, len(forms(heard)))
    )
    assert all(o.said in said and o.heard in heard for o in found.operations)
    assert found.errors == word_errors(heard, said).errors if forms(heard) else True
