"""The fewest words that keep a label or an answer: around fakes with known answers, and tiny networks."""

from __future__ import annotations

import pytest

from models.attribution import without, words_of
from models.errors import InputError, Stopped
from models.fewest_words import MAX_REDUCED, reduced
from models.question_answering import load as load_answers
from models.sentiment import load
from models.spec import Weights
from models.stop import NEVER, StopToken
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.engines import HERE, last

TEXT = "A very good film, really good."


def good(texts):
    """As likely as the text is short, as long as "good" stands in it."""
    return [(1 / (1 + len(text)), "good" in text) for text in texts]


def left_of(text, found):
    bounds = words_of(text)
    return without(text, [bounds[n] for n in found.gone]).strip()


def test_all_words_go_but_one_that_keeps_the_label():
    snapshots = list(reduced(TEXT, "positive", 0.9, good, NEVER))
    assert left_of(TEXT, snapshots[-1]) == "good"
    assert [len(found.gone) for found in snapshots[:4]] == [0, 1, 2, 3]
    assert snapshots[-1].done == snapshots[-1].total == len(words_of(TEXT))
    assert snapshots[-1].rest_score == pytest.approx(1 / 5, abs=0.05)


def test_the_word_that_is_needed_least_goes_first():
    found = list(reduced("a longest good", "positive", 0.9, good, NEVER))
    assert found[1].gone == (1,)


def test_a_text_that_needs_all_of_its_words_keeps_them():
    found = last(reduced(TEXT, "x", 0.9, lambda texts: [(0.1, False)] * len(texts), NEVER))
    assert (found.gone, found.rest_score) == ((), 0.9)


def test_stop_ends_the_search_between_rounds():
    stop = StopToken()
    found = reduced(TEXT, "positive", 0.9, good, stop)
    next(found)
    stop.set()
    with pytest.raises(Stopped):
        next(found)


def test_too_many_words_are_refused():
    with pytest.raises(InputError, match="61 words; the fewest are searched for among up to 60"):
        last(reduced("good " * (MAX_REDUCED + 1), "x", 0.9, good, NEVER))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tiny_bert(
        tmp_path_factory.mktemp("few"), "BertForSequenceClassification", num_labels=3
    )
    return load(Weights(card("local/tiny"), folder, "test"), HERE)


def test_what_is_left_has_the_same_best_label_and_nothing_more_can_go(tiny):
    text = "ada wrote a good film in london ."
    found = last(tiny.explain(text, method="fewest"))
    kept = left_of(text, found)
    ranked = last(tiny.score(kept)).scores
    assert ranked[0].label == found.label
    assert ranked[0].score == pytest.approx(found.rest_score, abs=1e-5)
    for bounds in words_of(kept):
        rest = without(kept, [bounds])
        assert not rest.strip() or last(tiny.score(rest)).scores[0].label != found.label


def test_the_fewest_words_are_those_of_the_best_label_alone(tiny):
    text = "ada wrote a good film"
    worst = last(tiny.score(text)).scores[-1].label
    with pytest.raises(InputError, match=f"not for '{worst}'"):
        last(tiny.explain(text, method="fewest", label=worst))


def test_the_fewest_words_of_a_question_have_the_same_answer(tmp_path):
    folder = tiny_bert(tmp_path, "BertForQuestionAnswering", initializer_range=0.5)
    engine = load_answers(Weights(card("local/tiny"), folder, "test"), HERE)
    question, passage = "who wrote the good film ?", "ada lovelace wrote a film in london ."
    found = last(engine.explain(question, passage, part="fewest"))
    whole, few = (
        last(engine.answer(asked, passage, count=1))
        for asked in (question, left_of(question, found))
    )
    assert few.has_answer == whole.has_answer
    assert not whole.has_answer or few.answers[0].text == whole.answers[0].text
