"""Sentences and chunks: by true offsets, in any script, nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.sentences import chunks, sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("no mark at all", ["no mark at all"]),
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        (
            "Dr. Smith met Mr. J. K. Rowling at 3.5 p.m. in the U.S. Army base. He left.",
            ["Dr. Smith met Mr. J. K. Rowling at 3.5 p.m. in the U.S. Army base.", "He left."],
        ),
        ("He lives in the U.S. The end.", ["He lives in the U.S.", "The end."]),
        ('"Really?" he said. "No." Silence.', ['"Really?" he said.', '"No."', "Silence."]),
        ("It is $3.50. See example.com today.", ["It is $3.50.", "See example.com today."]),
        ("No. 5 lives. He said no. Then left.", ["No. 5 lives.", "He said no.", "Then left."]),
        ("Am 3. Oktober ist z.B. Feiertag. Gut.", ["Am 3. Oktober ist z.B. Feiertag.", "Gut."]),
        ("A Sra. Silva saiu. O Dr. Rui ficou.", ["A Sra. Silva saiu.", "O Dr. Rui ficou."]),
        ("今天很好。去公园吧！「好。」他说。", ["今天很好。", "去公园吧！", "「好。」", "他说。"]),
        ("यह एक है। यह दूसरा है।", ["यह एक है।", "यह दूसरा है।"]),
        ("هل أنت بخير؟ نعم.", ["هل أنت بخير؟", "نعم."]),
        ("Wait... what? Hm.", ["Wait... what?", "Hm."]),
    ],
)  # fmt: skip
def test_text_is_cut_where_a_reader_would_cut_it(text, expected):
    assert cut(text) == expected


def test_lists_headings_and_blank_lines_end_sentences_and_wrapped_lines_do_not():
    text = (
        "A heading\n- one item\n- two items. With more\n\n"
        "A paragraph that some program wrapped at sixty characters or so and\nGoes on here. End."
    )
    assert cut(text) == [
        "A heading",
        "- one item",
        "- two items.",
        "With more",
        "A paragraph that some program wrapped at sixty characters or so and\nGoes on here.",
        "End.",
    ]


@given(st.text(alphabet="ab. !\n。漢é́", max_size=200))
def test_sentences_are_ordered_trimmed_and_cover_everything_but_white_space(text):
    at = 0
    for start, end in sentences(text):
        assert start < end
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()


@given(st.text(alphabet="ab. ,\n漢", max_size=300), st.integers(1, 40))
def test_chunks_fit_and_cover_everything_but_white_space(text, limit):
    found = chunks(text, lambda piece: len(piece) <= limit)
    assert all(end - start <= limit for start, end in found)
    assert "".join("".join(text[a:b] for a, b in found).split()) == "".join(text.split())


def test_chunks_hold_whole_sentences_while_they_fit():
    text = "One two. Three four. Five six."
    assert [text[a:b] for a, b in chunks(text, lambda s: len(s) <= 21)] == [
        "One two. Three four.",
        "Five six.",
    ]


def test_overlong_sentence_is_cut_after_a_clause_else_between_words():
    text = "alpha beta gamma, delta epsilon zeta eta"
    assert [text[a:b] for a, b in chunks(text, lambda s: len(s) <= 25)] == [
        "alpha beta gamma,",
        "delta epsilon zeta eta",
    ]
    text = "aaa bbb ccc"
    assert [text[a:b] for a, b in chunks(text, lambda s: len(s) <= 8)] == ["aaa bbb", "ccc"]


def test_no_cut_falls_inside_a_character_of_several_code_points():
    text = "👩‍👩‍👧" * 4
    pieces = [text[a:b] for a, b in chunks(text, lambda s: len(s) <= 7)]
    assert pieces == ["👩‍👩‍👧"] * 4


def test_a_budget_of_nothing_is_refused():
    with pytest.raises(ValueError, match="not even 'a' fits"):
        chunks("a", lambda piece: False)


def test_long_texts_are_packed_without_measuring_everything_again():
    text = "This is a sentence, with a clause. " * 3000
    measured = 0

    def fits(piece: str) -> bool:
        nonlocal measured
        measured += len(piece)
        return len(piece) <= 4000

    assert len(chunks(text, fits)) == 27
    assert measured < 20 * len(text)
