"""What differs between two results: scores, entities, answers and words."""

from __future__ import annotations

import threading

import pytest

from models.entities import Entities, Entity
from models.question_answering import Answer, Answers
from models.sentiment import LabelScore, Sentiment
from tabs.parts.differences import (
    answer_difference,
    entity_difference,
    entity_difference_html,
    score_changes,
    score_changes_html,
    word_diff,
    word_diff_html,
)
from tests.fakes import WAIT_S

EVIL = "<script>alert(1)</script>"


def sentiment(**scores):
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    return Sentiment(tuple(LabelScore(*pair) for pair in ranked), False, 3, 510, 1, 1)


def test_score_changes_cover_the_labels_of_both_models():
    changes = score_changes(sentiment(good=0.9, bad=0.1), sentiment(bad=0.7, mixed=0.3))
    assert [(c.label, c.first, c.second) for c in changes] == [
        ("good", 0.9, None),
        ("bad", 0.1, 0.7),
        ("mixed", None, 0.3),
    ]
    drawn = score_changes_html(sentiment(good=0.9, bad=0.1), sentiment(bad=0.7, mixed=0.3))
    assert "+60.0 points" in drawn
    assert "The first model says good, the second bad." in drawn
    assert "no such label" in drawn


def test_models_without_a_common_label_are_said_to_be_so():
    assert "no label in common" in score_changes_html(sentiment(good=1.0), sentiment(stars=1.0))


def entities(*spans):
    found = tuple(
        Entity(text, label, start, start + len(text), None) for start, text, label in spans
    )
    return Entities(found, ("PERSON",), False, "", 100, 100, 1, 1)


def test_entities_are_told_apart_by_place_and_label():
    first = entities((0, "Ada", "PERSON"), (10, "London", "GPE"), (20, "1815", "DATE"))
    second = entities((0, "Ada", "PERSON"), (10, "London", "LOC"), (30, "Byron", "PERSON"))
    found = entity_difference(first, second)
    assert found.same == 1
    assert [(a.label, b.label) for a, b in found.relabelled] == [("GPE", "LOC")]
    assert [entity.text for entity in found.first_only] == ["1815"]
    assert [entity.text for entity in found.second_only] == ["Byron"]
    drawn = entity_difference_html(first, second)
    assert "The same in both: 1 of 4 entities." in drawn
    assert "London (GPE / LOC)" in drawn


def test_several_labels_of_one_place_are_compared_each():
    first = entities((0, "Ada", "PERSON"), (0, "Ada", "POET"), (9, "Bath", "GPE"))
    second = entities(
        (0, "Ada", "POET"), (0, "Ada", "WRITER"), (9, "Bath", "GPE"), (9, "Bath", "FAC")
    )
    found = entity_difference(first, second)
    assert found.same == 2
    assert [(a.label, b.label) for a, b in found.relabelled] == [("PERSON", "WRITER")]
    assert (found.first_only, [e.label for e in found.second_only]) == ((), ["FAC"])


def test_the_same_name_at_two_places_is_two_entities():
    found = entity_difference(entities((0, "Ada", "P")), entities((9, "Ada", "P")))
    assert (len(found.first_only), len(found.second_only)) == (1, 1)


def test_many_differing_entities_are_counted_and_not_all_named():
    many = entities(*((10 * n, f"n{n}", "P") for n in range(100)))
    drawn = entity_difference_html(many, entities())
    assert "and 60 more" in drawn
    assert "Neither" in entity_difference_html(entities(), entities())
    assert "Both find the same, with the same labels: 100 entities." in entity_difference_html(
        many, many
    )


def answers(text="", start=0, score=0.9):
    spans = (Answer(text, start, start + len(text), score),) if text else ()
    return Answers("q", spans, bool(text), 1 - score, 50, 1, 1)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (answers("in London", 10), answers("in London", 10), "same words of the passage"),
        (answers("in London", 10), answers("London", 13), "overlap"),
        (answers("London", 10), answers("london", 50), "at two places"),
        (answers("London", 10), answers("Paris", 50), "different words"),
        (answers("London", 0), answers(), "first model finds an answer, the second"),
        (answers(), answers("London", 0), "second model finds an answer, the first"),
        (answers(), answers(), "Both models say"),
    ],
)
def test_spans_are_compared_by_their_place(first, second, said):
    assert said in answer_difference(first, second)


def test_words_that_differ_are_found_and_white_space_is_not_compared():
    pieces = word_diff("The cat  sat\ndown.", "The dog sat down. Now!")
    assert [(p.equal, p.first.split(), p.second.split()) for p in pieces] == [
        (True, ["The"], ["The"]),
        (False, ["cat"], ["dog"]),
        (True, ["sat", "down."], ["sat", "down."]),
        (False, [], ["Now!"]),
    ]


def test_both_texts_can_be_put_together_again_from_their_difference():
    first, second = "A b, c; d's own - end.\n", "  A x c 中文 d's end\n"
    pieces = word_diff(first, second)
    assert "".join(p.first for p in pieces) == first
    assert "".join(p.second for p in pieces) == second.lstrip()


def test_a_script_without_spaces_is_compared_by_the_character():
    pieces = word_diff("我喜歡貓", "我喜歡狗")
    assert [(p.first, p.second) for p in pieces] == [("我喜歡", "我喜歡"), ("貓", "狗")]


def test_the_drawn_difference_is_escaped_counted_and_cut_with_a_word():
    assert EVIL not in word_diff_html(EVIL, f"{EVIL} x")
    assert "in the same order: 3 of 4." in word_diff_html("a b c d", "a b x d")
    assert "the same, word by word" in word_diff_html("a b", "a  b")
    assert "Only the first 3,000 words" in word_diff_html("a " * 3001, "a")


def test_a_long_difference_is_found_in_seconds():
    first = " ".join(f"w{n % 700}" for n in range(3000))
    second = " ".join(f"w{n % 691}" for n in range(3000))
    done = threading.Event()
    threading.Thread(target=lambda: (word_diff(first, second), done.set()), daemon=True).start()
    assert done.wait(WAIT_S)
