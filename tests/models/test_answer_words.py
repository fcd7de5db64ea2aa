"""Weights of a question's and a passage's words: by hand, around a tiny network, and by the starter."""

from __future__ import annotations

import numpy as np
import pytest

from models.answer_words import NO_ANSWER, Claim, Reading
from models.attribution import without, words_of
from models.errors import InputError
from models.question_answering import load
from models.spec import Weights
from models.stop import NEVER
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.engines import HERE, last, starter_engine

PASSAGE = "ada lovelace wrote the good film in london . the bad film was in london ."


def reading(starts, ends, null):
    offsets = [(2 * at, 2 * at + 1) for at in range(len(starts))]
    return Reading(offsets, np.array(starts, np.float32), np.array(ends, np.float32), null)


def test_the_share_is_that_of_the_best_span_inside_the_answers_characters():
    read = reading([0, 5, 0, 0], [0, 1, 4, 0], null=0.0)
    assert read.best("a b c d") == (2, 5)
    whole, part = read.share((2, 5)), read.share((2, 3))
    assert whole == pytest.approx(np.exp(9) / (np.exp([0, 1, 4, 0, 6, 9, 5, 4, 0, 0]).sum() + 1))
    assert part == pytest.approx(whole * np.exp(6 - 9))
    assert read.share((8, 9)) == 0.0


def test_no_answer_is_what_is_weighed_where_it_wins():
    read = reading([0, 1], [0, 1], null=9.0)
    assert read.best("a b") is None
    assert read.share(None) > 0.99
    assert Claim("who", "a b", None).answer == NO_ANSWER


@pytest.mark.parametrize("word", range(4))
def test_the_answer_is_found_again_when_a_word_before_or_after_it_is_gone(word):
    passage = "one two ADA three four"
    claim = Claim("who", passage, (8, 11))
    bounds = [pair for pair in words_of(passage) if pair != (8, 11)][word]
    assert claim.with_passage(without(passage, [bounds])).answer == "ADA"


def test_a_word_twice_in_a_row_before_the_answer_moves_it_once():
    claim = Claim("who", "the the ADA ADA", (8, 11))
    moved = claim.with_passage("the ADA ADA")
    assert (moved.answer, moved.place) == ("ADA", (4, 7))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tiny_bert(
        tmp_path_factory.mktemp("words"), "BertForQuestionAnswering", initializer_range=0.5
    )
    return load(Weights(card("local/tiny"), folder, "test"), HERE)


def test_a_weight_is_what_the_share_of_the_answer_loses(tiny):
    whole = last(tiny.answer("who wrote ?", PASSAGE, count=1))
    found = last(tiny.explain("who wrote ?", PASSAGE))
    assert [word.text for word in found.words] == ["who", "wrote", "?"]
    share = whole.answers[0].score if whole.has_answer else whole.no_answer_score
    assert found.score == pytest.approx(share, abs=1e-6)
    for word in found.words:
        question = without("who wrote ?", [(word.start, word.end)])
        (read,) = tiny._readings([Claim(question, PASSAGE, None)], NEVER)
        (same,) = tiny._readings([Claim("who wrote ?", PASSAGE, None)], NEVER)
        place = same.best(PASSAGE)
        assert word.weight == pytest.approx(found.score - read.share(place), abs=1e-5)


def test_words_of_the_answer_are_not_left_out(tiny):
    found = last(tiny.explain("who wrote ?", PASSAGE, part="passage"))
    kept = [word for word in found.words if word.weight is None]
    assert " ".join(word.text for word in kept) == found.label or found.label == NO_ANSWER
    assert len(found.words) == len(words_of(PASSAGE))


def test_of_a_long_passage_what_is_around_the_answer_is_read_with_the_question(tiny):
    found = last(tiny.explain("who wrote ?", PASSAGE * 20))
    assert len(found.words) == 3
    assert all(word.weight is not None for word in found.words)


def test_of_a_long_passage_the_words_around_the_answer_are_weighed_at_their_places(tiny):
    passage = f"{PASSAGE} " * 20
    found = last(tiny.explain("who wrote ?", passage, part="passage"))
    assert found.partly
    assert 5 < len(found.words) < 32
    assert all(passage[word.start : word.end] == word.text for word in found.words)
    assert not last(tiny.explain("who wrote ?", "ada wrote .", part="passage")).partly


@pytest.mark.parametrize(
    ("question", "passage", "options", "message"),
    [
        ("who " * 30, PASSAGE, {}, "tokens; the limit is"),
        ("who", PASSAGE, {"part": "answer"}, "No part 'answer'"),
        (" ", PASSAGE, {}, "no question"),
        ("who", " ", {}, "no passage"),
    ],
)
def test_bad_input_is_refused_with_the_fact(tiny, question, passage, options, message):
    with pytest.raises(InputError, match=message):
        last(tiny.explain(question, passage, **options))


BRIDGE = (
    "The bridge over the Tarn at Millau was designed by Michel Virlogeux and Norman Foster. Work "
    "began in October 2001, and it was opened to traffic on 16 December 2004."
)


@pytest.mark.starter
def test_the_starters_answer_hangs_on_the_words_that_ask_for_it():
    engine = starter_engine("minilm-qa")
    question = "When was the bridge opened?"
    found = last(engine.explain(question, BRIDGE))
    assert "2004" in found.label
    assert max(found.words, key=lambda word: word.weight or 0).text in ("When", "opened")
    passage = last(engine.explain(question, BRIDGE, part="passage"))
    assert max(passage.words, key=lambda word: word.weight or 0).text in ("bridge", "opened")
