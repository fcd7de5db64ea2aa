"""The search: passages, both rankings, what is kept for the next query, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from models.embedding_prefixes import Prefixes
from models.embedding_recipe import Recipe
from models.embedding_search import Prefixed, search
from models.embeddings import Embeddings
from models.errors import InputError
from models.passages import MAX_CHARACTERS, Page, cut
from models.similarity import cosines, extremes, flat_map, rank_agreement
from models.stop import NEVER
from models.word_overlap import WordIndex, words_at

RECIPE = Recipe(("mean",), True, "test", prefixes=Prefixes("query: ", "passage: ", "", "test"))
#: What a text is about -> words that say so.
TOPICS = (("cat", "kitten", "purrs"), ("refund", "money", "price"), ("rain", "storm", "umbrella"))


class ByTopic:
    """An engine whose vectors count the words of three topics: "kitten" is as near to "cat" as can be."""

    recipe = RECIPE

    def __init__(self):
        self.read = []
        self.count = lambda text: len(text.split())
        self.room = lambda prefix: 100

    def embed(self, texts, *, prefix, stop=NEVER):
        done = []
        for number, text in enumerate(texts, start=1):
            stop.check()
            self.read.append(prefix + text)
            words = text.lower().replace(".", " ").split()
            done.append([0.01, *(float(sum(w in topic for w in words)) for topic in TOPICS)])
            if number % 2 == 0 or number == len(texts):
                vectors, counts = np.array(done, np.float32), (1,) * number
                yield Embeddings(vectors, counts, counts, len(texts), prefix, 100, RECIPE)


TEXT = (
    "The kitten purrs on a chair. It is small. We have a lamp.\n\n"
    "You get your money back. The price was wrong. Ask at the desk.\n\n"
    "We came over the hill. Take your umbrella along. Then it was over."
)


def run(engine, query, **more):
    return list(search(engine, query, [Page(TEXT)], tokens=16, **more))


def test_the_best_passage_by_meaning_may_share_no_word_with_the_query():
    found = run(ByTopic(), "cat")[-1]
    best = found.by_meaning[0]
    assert found.corpus.passages[best.passage].text.startswith("The kitten purrs")
    assert (best.word_rank, best.word_score, found.by_words) == (None, 0.0, ())
    assert found.whole


def test_both_rankings_know_each_others_places():
    found = run(ByTopic(), "refund at the desk")[-1]
    first = found.by_meaning[0]
    assert "money back" in found.corpus.passages[first.passage].text
    assert first.word_rank == 1
    assert found.by_words[0].rank == 1


def test_the_best_sentence_of_a_hit_is_marked_by_its_place():
    found = run(ByTopic(), "umbrella")[-1]
    text = found.corpus.passages[found.by_meaning[0].passage].text
    start, end = found.by_meaning[0].best
    assert text[start:end] == "Take your umbrella along."


def test_passages_and_query_are_read_with_their_prefixes():
    engine = ByTopic()
    run(engine, "cat")
    assert engine.read[0] == "query: cat"
    assert all(text.startswith("passage: ") for text in engine.read[1:])


@pytest.mark.parametrize(
    ("wanted", "own", "query", "passage"),
    [(True, "", "query: ", "passage: "), (False, "", "", ""), (True, "Find: ", "Find: ", "passage: "),
     (False, "Find: ", "Find: ", "")],
)  # fmt: skip
def test_prefixes_can_be_switched_off_and_replaced(wanted, own, query, passage):
    found = run(ByTopic(), "cat", prefixed=Prefixed.chosen(wanted, own))[-1]
    assert (found.query_prefix, found.passage_prefix) == (query, passage)


def test_the_next_query_reads_the_query_and_the_sentences_of_its_hits_only():
    engine = ByTopic()
    first = run(engine, "cat")[-1]
    engine.read.clear()
    second = run(engine, "rain", kept=first.corpus, count=1)[-1]
    assert second.read_now == 0
    assert second.corpus.vectors is first.corpus.vectors
    assert "umbrella" in second.corpus.passages[second.by_meaning[0].passage].text
    assert engine.read[0] == "query: rain"
    assert len(engine.read) == 4  # the query and three sentences


@pytest.mark.parametrize("change", [{"model": "o/other"}, {"prefixed": Prefixed("", "")}])
def test_vectors_of_another_model_or_prefix_are_not_used(change):
    kept = run(ByTopic(), "cat", model="o/one")[-1].corpus
    more = {"model": "o/one", **change}
    assert run(ByTopic(), "cat", kept=kept, **more)[-1].read_now == 3


def test_a_search_that_was_stopped_goes_on_where_it_was():
    first = next(one for one in run(ByTopic(), "rain") if one.done == 2)
    assert not first.whole
    assert len(first.by_meaning) == 2
    assert first.by_meaning[0].best is None
    engine = ByTopic()
    second = run(engine, "rain", kept=first.corpus)[-1]
    assert (second.read_now, second.whole) == (1, True)
    whole = run(ByTopic(), "rain")[-1]
    assert np.array_equal(second.corpus.vectors, whole.corpus.vectors)
    assert second.by_meaning == whole.by_meaning


@pytest.mark.parametrize(
    ("query", "text", "more", "message"),
    [
        (" ", TEXT, {}, "no query"), ("cat", " \n", {}, "no text to search in"),
        ("x" * 4_001, TEXT, {}, "4,001 characters; the limit is 4,000"),
        ("cat", "x" * (MAX_CHARACTERS + 1), {}, "1,000,001 characters; the limit is 1,000,000"),
        ("cat", TEXT, {"tokens": 8}, "8 tokens of a passage"), ("cat", TEXT, {"count": 0}, "0 hits"),
    ],
)  # fmt: skip
def test_what_can_t_be_searched_is_refused_with_the_fact(query, text, more, message):
    with pytest.raises(InputError, match=message):
        list(search(ByTopic(), query, [Page(text)], **more))


def test_passages_end_with_sentences_and_know_their_place():
    pages = [
        Page("One two three. Four five.\n\nSix seven eight nine."),
        Page("Ten.", "row at line 7"),
    ]
    found = cut(pages, 5, lambda text: len(text.split()))
    assert [(p.text, p.place) for p in found] == [
        ("One two three. Four five.", "line 1"),
        ("Six seven eight nine.", "line 3"),
        ("Ten.", "row at line 7"),
    ]
    assert all(pages[p.page].text[p.start : p.end] == p.text for p in found)


def test_a_passage_ends_with_its_paragraph_and_a_heading_goes_with_its_text():
    text = "On cats\n\nThey purr.\n \nOn dogs\n\nThey bark. They run."
    found = [passage.text for passage in cut([Page(text)], 50, lambda text: len(text.split()))]
    assert found == ["On cats\n\nThey purr.", "On dogs\n\nThey bark. They run."]


def test_too_many_passages_are_refused_with_a_way_out():
    text = "A b. " * 5_000
    with pytest.raises(InputError, match=r"more than 4,000, the limit\. Choose longer passages"):
        cut([Page(text)], 2, lambda text: len(text.split()))


def test_rare_shared_words_rank_above_frequent_ones_and_short_texts_above_long():
    index = WordIndex(
        ["the cat", "the dog and the dog", "the cat sat with the dog for a long while"]
    )
    assert [number for number, _ in index.ranked("the cat")] == [0, 2, 1]
    assert index.ranked("zebra") == []
    ranked = dict(index.ranked("CAT"))
    assert ranked[0] > ranked[2] > 0


def test_scores_are_those_of_the_formula():
    (_, score), *_ = WordIndex(["a b", "c d"]).ranked("a")
    assert score == pytest.approx(np.log(1 + 1.5 / 1.5) * 2.2 / (1 + 1.2))


def test_words_of_scripts_without_spaces_are_pairs_of_characters():
    assert [word for word, _, _ in words_at("猫が好き Cat's")] == ["猫が", "が好", "好き", "cat's"]


def test_extremes_map_and_agreement_of_vectors():
    vectors = np.array([[1, 0], [0.9, 0.1], [0, 1], [-1, 0]], np.float32)
    table = cosines(vectors)
    most, least = extremes(table)
    assert (most[:2], least[:2]) == ((0, 1), (0, 3))
    assert least.cosine == pytest.approx(-1)
    assert flat_map(vectors).kept == pytest.approx(1)
    assert rank_agreement(table, table) == pytest.approx(1)
    assert rank_agreement(table, -table) == pytest.approx(-1)
    same = cosines(np.ones((3, 2), np.float32))
    assert rank_agreement(same, same) == 0.0


def test_a_map_of_equal_vectors_and_a_zero_vector_are_no_error():
    assert flat_map(np.ones((3, 4), np.float32)).kept == 1.0
    assert np.isfinite(cosines(np.zeros((2, 3), np.float32))).all()
