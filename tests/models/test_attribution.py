"""Weights of words: around fakes with known answers, a tiny network, and the real starter."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.attribution import MAX_WORDS, by_word, leave_out, without, words_of
from models.errors import InputError, Stopped
from models.sentiment import load
from models.spec import Weights
from models.stop import NEVER, StopToken
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.engines import HERE, last, starter_engine


def good(texts):
    return [0.9 if "good" in text else 0.2 for text in texts]


def test_only_the_word_that_decides_gets_a_weight():
    found = last(leave_out("A good film.", "positive", 0.9, good, NEVER))
    assert [(w.text, round(w.weight, 2)) for w in found.words] == [
        ("A", 0), ("good", 0.7), ("film", 0), (".", 0),
    ]  # fmt: skip


def test_a_text_of_one_word_is_never_asked_without_it():
    assert last(leave_out("good", "positive", 0.9, good, NEVER)).words[0].weight is None


def test_weights_come_a_batch_at_a_time_and_stop_between():
    stop = StopToken()
    found = leave_out("good " * 40, "positive", 0.9, good, stop)
    first = next(found)
    assert first.words[0].weight is not None
    assert first.words[-1].weight is None
    stop.set()
    with pytest.raises(Stopped):
        next(found)


@pytest.mark.parametrize(
    ("text", "word", "rest"),
    [
        ("a b c", 1, "a c"), ("a b", 0, "b"), ("a, b", 1, "a b"), ("one\ntwo", 0, "\ntwo"),
        ("don't go", 0, "go"),
    ],
)  # fmt: skip
def test_a_word_leaves_with_one_space(text, word, rest):
    assert without(text, [words_of(text)[word]]) == rest


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("今天很好。OK, don't", ["今", "天", "很", "好", "。", "OK", ",", "don't"]),
        ("ดีมาก ok", ["ดี", "ม", "า", "ก", "ok"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
    ],
)
def test_each_sign_is_a_word_where_no_spaces_are_written(text, words):
    assert [text[a:b] for a, b in words_of(text)] == words


def test_words_of_the_kept_characters_have_no_weight():
    found = last(leave_out("A good film.", "positive", 0.9, good, NEVER, (2, 6)))
    assert [w.weight is None for w in found.words] == [False, True, False, False]


@given(st.text(max_size=80))
def test_words_are_pieces_of_the_text_in_order(text):
    bounds = words_of(text)
    assert all(a < b for a, b in bounds)
    assert all(end <= start for (_, end), (start, _) in pairwise(bounds))
    assert "".join(text[a:b] for a, b in bounds).split() == "".join(text.split()).split()
    assert without(text, bounds).strip() == ""


def test_token_weights_are_summed_by_word():
    found = by_word("unhappy end", [(0, 2), (2, 7), (8, 11)], [1.0, 2.0, -1.0])
    assert [(w.text, w.weight) for w in found] == [("unhappy", 3.0), ("end", -1.0)]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tiny_bert(
        tmp_path_factory.mktemp("words"), "BertForSequenceClassification", num_labels=3
    )
    return load(Weights(card("local/tiny"), folder, "test"), HERE)


def test_gradients_add_up_to_the_change_of_the_logit(tiny):
    found = last(tiny.explain("ada lovelace wrote a good film", method="gradients"))
    assert found.gap < 0.05
    assert found.done == found.total


def test_leaving_out_equals_scoring_without(tiny):
    text = "ada wrote a good film"
    found = last(tiny.explain(text, label="label_1"))
    whole = {s.label: s.score for s in last(tiny.score(text)).scores}
    assert len(found.words) == 5
    for word in found.words:
        rest = last(tiny.score(without(text, [(word.start, word.end)])))
        expected = whole["label_1"] - {s.label: s.score for s in rest.scores}["label_1"]
        assert word.weight == pytest.approx(expected, abs=1e-5)


def test_explaining_leaves_no_gradients_behind(tiny):
    last(tiny.explain("a good film", method="gradients"))
    assert all(p.grad is None for p in tiny._model.parameters())


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("good", {"method": "magic"}, "No method 'magic'"),
        ("good", {"label": "angry"}, "No label 'angry'"),
        ("good " * 40, {}, "40 tokens in 1 sentence: too much to weigh"),
        ("good " * 40, {"method": "gradients"}, "40 tokens; words are weighed in texts"),
        ("good\n" * 101, {}, "in 101 sentences: too much to weigh"),
        (" ", {}, "no text"),
    ],
)
def test_bad_input_is_refused_with_the_fact(tiny, text, options, message):
    with pytest.raises(InputError, match=message):
        last(tiny.explain(text, **options))


def test_a_text_with_too_many_words_is_refused(tiny, monkeypatch):
    monkeypatch.setattr("models.attribution.MAX_WORDS", 3)
    with pytest.raises(InputError, match="5 words; 1 to 3"):
        last(tiny.explain("a good film was x", method="gradients"))
    with pytest.raises(InputError, match="5 tokens in 1 sentence"):
        last(tiny.explain("a good film was x"))
    assert MAX_WORDS == 300


def test_the_sentences_of_a_long_text_are_weighed_over_all_of_its_windows(tiny):
    text = "ada wrote a good film in london .\n" * 4 + "the bad film was x !"
    found = last(tiny.explain(text))
    assert found.unit == "sentence"
    assert [word.text for word in found.words][-2:] == [
        "ada wrote a good film in london .", "the bad film was x !",
    ]  # fmt: skip
    whole = {s.label: s.score for s in last(tiny.score(text)).scores}
    assert found.score == pytest.approx(whole[found.label], abs=1e-6)
    ending = found.words[-1]
    rest = last(tiny.score(without(text, [(ending.start, ending.end)])))
    expected = found.score - {s.label: s.score for s in rest.scores}[found.label]
    assert ending.weight == pytest.approx(expected, abs=1e-6)


@pytest.fixture(scope="module")
def starter():
    return starter_engine("minilm-sentiment")


@pytest.mark.starter
@pytest.mark.parametrize("method", ["occlusion", "gradients"])
def test_the_starters_verdict_hangs_on_the_words_of_feeling(starter, method):
    found = last(starter.explain("The food was awful and the room was blue.", method=method))
    assert found.label == "negative"
    assert max(found.words, key=lambda w: w.weight or 0).text == "awful"
