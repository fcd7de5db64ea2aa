"""The reader around a tiny random network, around a fake one, and facts about the real starter."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import InputError, ModelUnsupported, Stopped
from models.question_answering import MAX_ANSWERS, MAX_CHARACTERS, load
from models.span_decoding import Decoder
from models.span_edges import Strip
from models.spec import Weights
from models.starter.train.qa_eval import checked
from models.stop import StopToken
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.engines import HERE, last, starter_engine

PASSAGE = "ada lovelace wrote the good film in 1843 . " * 40


def engine(folder):
    return load(Weights(card("local/tiny"), folder, "test"), HERE)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return engine(tiny_bert(tmp_path_factory.mktemp("qa"), "BertForQuestionAnswering"))


def test_answers_are_pieces_of_the_passage_by_their_offsets(tiny):
    result = last(tiny.answer("who wrote", PASSAGE, count=5))
    assert len(result.answers) == 5
    assert all(PASSAGE[a.start : a.end] == a.text for a in result.answers)
    assert not any(
        a.start < b.end and b.start < a.end
        for n, a in enumerate(result.answers)
        for b in result.answers[:n]
    )


def test_as_many_answers_are_given_as_were_asked_for(tiny):
    for count in (1, 3, MAX_ANSWERS):
        found = last(tiny.answer("who wrote", PASSAGE[:200], count=count)).answers
        assert len(found) == count
        assert [a.score for a in found] == sorted((a.score for a in found), reverse=True)
    assert len(last(tiny.answer("who", "ada wrote", count=MAX_ANSWERS)).answers) <= 2


def test_an_answer_never_ends_inside_a_word(tiny):
    for passage in ("in 1843 x", "films xx 1843", "1843s 1843s"):
        for answer in last(tiny.answer("who", passage, count=9)).answers:
            assert set(answer.text.split()) <= set(passage.split())


def test_no_two_answers_are_parts_of_one_word(tiny):
    found = last(tiny.answer("who", "1843s 1843s 1843s", count=MAX_ANSWERS)).answers
    assert len({answer.start for answer in found}) == len(found) <= 3


def test_a_long_passage_is_read_in_windows_to_its_end(tiny):
    snapshots = list(tiny.answer("who wrote", PASSAGE))
    assert snapshots[-1].windows == snapshots[-1].windows_total > 10
    assert len(snapshots) > 1


def test_the_same_passage_gives_the_same_answer_with_white_space_before_it(tiny):
    plain = last(tiny.answer("who wrote", "ada wrote the film"))
    moved = last(tiny.answer("who wrote", "\n\n   ada wrote the film"))
    assert [a.text for a in moved.answers] == [a.text for a in plain.answers]
    assert moved.answers[0].start == plain.answers[0].start + 5


@pytest.mark.parametrize(
    ("question", "passage", "message"),
    [
        (" ", "ada wrote", "no question"),
        ("who", " \n", "no passage"),
        ("who " * 30, "ada wrote", "tokens; the limit is"),
        ("who", "x" * (MAX_CHARACTERS + 1), "1,000,001 characters; the limit is 1,000,000"),
    ],
)
def test_bad_input_is_refused_with_the_fact(tiny, question, passage, message):
    with pytest.raises(InputError, match=message):
        last(tiny.answer(question, passage))


def test_a_count_out_of_range_is_refused(tiny):
    with pytest.raises(InputError, match="0 answers"):
        last(tiny.answer("who", "ada", count=0))


def test_stop_ends_the_reading_between_batches(tiny):
    stop = StopToken()
    snapshots = tiny.answer("who wrote", PASSAGE, stop=stop)
    next(snapshots)
    stop.set()
    with pytest.raises(Stopped):
        next(snapshots)


def test_a_model_of_another_task_is_refused_by_name(tmp_path):
    with pytest.raises(ModelUnsupported, match="BertForTokenClassification"):
        engine(tiny_bert(tmp_path, "BertForTokenClassification"))


@pytest.fixture(scope="module")
def starter():
    return starter_engine("minilm-qa")


BRIDGE = (
    "The bridge over the Tarn at Millau was designed by Michel Virlogeux and Norman Foster. Work "
    "began in October 2001, and it was opened to traffic on 16 December 2004."
)


@pytest.mark.starter
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who designed the bridge?", "Michel Virlogeux"),
        ("When was the bridge opened to traffic?", "16 December 2004"),
        ("When did the work begin?", "October 2001"),
    ],
)
def test_the_starter_finds_what_the_passage_says(starter, question, answer):
    result = last(starter.answer(question, BRIDGE))
    assert result.has_answer
    assert answer in result.answers[0].text


@pytest.mark.starter
def test_the_starter_gives_ten_answers_and_the_best_of_them_whoever_asks_for_fewer(starter):
    many = last(starter.answer("Who designed the bridge?", BRIDGE, count=MAX_ANSWERS)).answers
    assert len(many) == MAX_ANSWERS
    assert last(starter.answer("Who designed the bridge?", BRIDGE, count=3)).answers == many[:3]


@pytest.mark.starter
def test_the_starter_says_when_the_passage_is_silent(starter):
    result = last(starter.answer("What is the capital of Australia?", BRIDGE))
    assert not result.has_answer
    assert result.no_answer_score > 0.5


@pytest.mark.starter
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("In which language was it first performed?", "French"),
        ("When did Woodward get the Nobel Prize?", "1965"),
        ("What is the largest ethnic group on Guam?", "Chamorros"),
        ("When did Jenner make his demonstration?", "1796"),
    ],
)
def test_the_starter_finds_a_place_in_a_text_longer_than_those_it_was_trained_on(
    starter, question, answer
):
    passages = list(dict.fromkeys(case.passage for case in checked()))[:10]
    result = last(starter.answer(question, "\n\n".join(passages)))
    assert result.tokens > 700
    assert result.has_answer
    assert answer in result.answers[0].text


def test_edges_are_shares_at_the_places_of_tokens(tiny):
    passage = "ada lovelace wrote the film"
    edges = last(tiny.answer("who wrote", passage, edges=True)).edges
    assert [passage[e.start : e.end] for e in edges] == passage.split()
    assert 0 < sum(e.begins for e in edges) < 1
    assert 0 < sum(e.ends for e in edges) < 1
    assert last(tiny.answer("who wrote", passage)).edges == ()


def test_tokens_that_share_a_character_are_one_edge():
    strip = Strip(wanted=True)
    decoder = Decoder()
    decoder.add(0, range(3), np.zeros(3, np.float32), np.zeros(3, np.float32), -9.0)
    strip.see(decoder, (0, 3), np.zeros(4, np.float32), np.zeros(4, np.float32), 1)
    found = strip.edges([(0, 1), (0, 1), (1, 2)])  # an emoji of two tokens, and a letter
    assert [(e.start, e.end, e.begins) for e in found] == [(0, 1, 0.5), (1, 2, 0.25)]


def test_edges_of_a_long_passage_are_those_around_its_best_answer(tiny):
    found = last(tiny.answer("who wrote", PASSAGE, edges=True))
    assert found.edges[0].start <= found.answers[0].start < found.edges[-1].end


@pytest.mark.starter
def test_the_starters_edges_peak_at_the_answer(starter):
    found = last(starter.answer("Who designed the bridge?", BRIDGE, edges=True))
    top = max(found.edges, key=lambda e: e.begins)
    assert BRIDGE[top.start :].startswith("Michel")
