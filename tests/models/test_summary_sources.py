"""Where each sentence of a summary comes from: offsets, scores, nothing where nothing fits."""

import time

import pytest

from models.summary_sources import COMPARED, trace

TEXT = (
    "The old lighthouse will reopen next summer after a restoration that cost a lot. "
    "Engineers repaired the lens in France. The council hopes for visitors. "
    "Some residents fear the traffic on the coast road."
)


def found(summary, text=TEXT, chosen=()):
    return [
        [text[source.start : source.end] for source in sentence.sources]
        for sentence in trace(summary, text, chosen).sentences
    ]


def test_a_written_sentence_has_the_sentence_that_shares_most_words_as_its_source():
    assert found("The restored lighthouse reopens in summer. The road scares residents.") == [
        ["The old lighthouse will reopen next summer after a restoration that cost a lot."],
        ["Some residents fear the traffic on the coast road."],
    ]


def test_a_sentence_made_of_two_has_both_best_first():
    assert found("Engineers in France repaired the lens, and residents fear traffic.") == [
        ["Engineers repaired the lens in France.", "Some residents fear the traffic on the coast road."]
    ]  # fmt: skip


def test_what_shares_only_small_words_or_nothing_has_no_source():
    assert found("The cat is in the box on a mat.") == [[]]
    assert found("Bananas ripen quickly!") == [[]]
    assert found("!!!") == [[]]


def test_a_text_that_repeats_itself_is_named_once_at_its_first_place():
    text = "Rain fell on Leeds. Rain fell on Leeds. Rain fell on Leeds. Snow came to York later."
    (sentence,) = trace("Rain fell on Leeds.", text).sentences
    assert [(s.start, s.end) for s in sentence.sources] == [(0, 19)]


def test_chosen_sentences_are_their_own_sources_even_where_the_text_repeats_them():
    text = "One is\n here. Two is there. One is here."
    got = trace("- One is here.\n- One is here.", text, ((0, 13), (28, 40)))
    assert [(s.start, s.end) for s in got.sentences] == [(2, 14), (17, 29)]
    assert [(s.sources[0].start, s.sources[0].score) for s in got.sentences] == [
        (0, 1.0),
        (28, 1.0),
    ]


def test_scores_are_shares_and_there_are_never_more_than_three():
    text = "Alpha slept. Bravo sang. Charlie swam. Delta rode. Echo fell."
    (sentence,) = trace("Alpha, Bravo, Charlie, Delta.", text).sentences
    assert len(sentence.sources) == 3
    assert all(0 < source.score <= 1 for source in sentence.sources)


@pytest.mark.parametrize(
    ("text", "summary", "source"),
    [
        ("今天天气很好。我们去公园散步。", "去公园散步。", "我们去公园散步。"),
        ("Il pleut à Lyon. La réunion est reportée.", "Réunion reportée.", "La réunion est reportée."),
        ("The fee is 310,000 dollars. Nobody paid.", "It costs 310,000.", "The fee is 310,000 dollars."),
    ],
)  # fmt: skip
def test_sources_are_found_in_other_scripts_and_by_numbers(text, summary, source):
    assert found(summary, text) == [[source]]


def test_only_so_many_sentences_are_compared_and_the_rest_is_counted():
    text = "Nothing of note happened. " * COMPARED + "A comet struck Lisbon."
    got = trace("A comet struck Lisbon.", text)
    assert (got.compared, got.total) == (COMPARED, COMPARED + 1)
    assert got.sentences[0].sources == ()


def test_a_long_text_is_traced_quickly():
    text = "Ada wrote the film about houses and the garden in London. " * 3_000
    start = time.process_time()  # not the clock's: the core may be shared
    trace("Ada wrote about the garden. " * 40, text)
    assert time.process_time() - start < 5
