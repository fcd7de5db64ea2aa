"""Summaries: sentence choice, map and reduce with tiny real models, checks against the source."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.errors import InputError, ModelUnsupported, Stopped
from models.spec import Weights
from models.stop import StopToken
from models.summarization import LOADERS, budget, check, written
from models.summarization_abstractive import clean, prefix_of, whole
from models.summarization_extractive import MAX_CHARACTERS, choose
from models.summary_checks import copied_share, copied_spans, doubts
from models.word_count import count_words
from tests.fakes import card
from tests.models.checkpoints import tiny_bert
from tests.models.engines import HERE, last, starter_engine
from tests.models.text_checkpoints import tiny_bart, tiny_llama, tiny_t5

STORY = "The house is small. The garden is beautiful and we love it very much. "
QUALITY = Path(__file__).parents[1] / "quality" / "summaries.jsonl"


def engine(folder, kind="transformers"):
    return LOADERS[kind](Weights(card("local/tiny", "summarization"), folder, "test"), HERE)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return engine(tiny_bert(tmp_path_factory.mktemp("bert"), "BertModel"), "extractive")


@pytest.fixture(scope="module")
def bart(tmp_path_factory):
    return engine(tiny_bart(tmp_path_factory.mktemp("bart")), "seq2seq")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  \n", "no text"),
        ("One sentence that has a good many more words than twelve in it, I think.", "1 sentence, 15 words"),
        ("Too. Short.", "2 sentences, 2 words"),
        ("x" * 101, "101 characters; the limit of this model is 100"),
    ],
)  # fmt: skip
def test_what_can_not_be_summarised_is_refused_with_the_fact(text, message):
    with pytest.raises(InputError, match=message) as caught:
        check(text, "medium", "paragraph", 100)
    assert caught.value.hint


@pytest.mark.parametrize(("length", "form"), [("tiny", "paragraph"), ("short", "poem")])
def test_unknown_options_are_refused_with_the_choices(length, form):
    with pytest.raises(InputError, match="There is no") as caught:
        check(STORY, length, form, 1000)
    assert "Choices" in caught.value.hint


def test_a_summarys_budget_is_a_share_of_the_source_and_has_a_ceiling():
    assert [budget(100, name) for name in ("short", "medium", "long")] == [20, 40, 60]
    assert budget(100_000, "long") == 300
    assert budget(1, "short") == 1


@pytest.mark.parametrize(
    ("text", "count"), [("one two-three don't", 3), ("今天天气", 2), ("", 0), ("a 今天 b", 3)]
)
def test_words_are_counted_in_scripts_with_and_without_spaces(text, count):
    assert count_words(text) == count


def test_bullets_are_one_line_each_without_breaks_inside():
    assert written(["One\n two.", "Three."], "bullets") == "- One two.\n- Three."


def chosen(text, vectors, words):
    from models.sentences import sentences

    spans = sentences(text)
    rows = np.asarray(vectors, np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return [text[a:b] for a, b in choose(text, spans, rows, words)]


def test_a_sentence_that_says_the_same_again_is_not_chosen_twice():
    text = "Alpha is one thing here. Beta is one thing here. Gamma is one thing here."
    assert chosen(text, [[1, 0], [1, 0.01], [0, 1]], 10) == [
        "Alpha is one thing here.", "Gamma is one thing here.",
    ]  # fmt: skip


def test_greetings_headings_and_sentences_that_lean_are_left_out():
    text = "Hi Sam, how are you today?\nA heading\nRain fell all day. It was very cold. Thanks, Ann"
    assert chosen(text, np.ones((5, 2)), 4) == ["Rain fell all day."]


def test_a_summary_is_never_the_whole_text_and_keeps_the_texts_order():
    text = "Alpha comes first here. Beta comes second here. Gamma comes third here."
    found = chosen(text, np.eye(3), 100)
    assert len(found) == 2
    assert [text.index(sentence) for sentence in found] == sorted(map(text.index, found))


def test_chosen_sentences_stand_in_the_source_at_the_offsets_given(encoder):
    text = "The film was good. " + STORY * 3
    result = last(encoder.summarize(text, length="short"))
    assert " ".join(text[a:b] for a, b in result.sources) == result.text
    assert (result.copied, result.doubts) == (1.0, ())
    assert result.ratio < 0.5


def test_a_long_text_is_read_in_steps_with_a_summary_after_each(encoder):
    text = " ".join(f"Ada wrote the film number {i} in London." for i in range(100))
    results = list(encoder.summarize(text))
    assert [r.parts for r in results] == [1, 2, 3, 4]
    assert all(r.parts_total == 4 and r.text for r in results)
    assert results[-1].work.amount == results[-1].source_tokens


def test_a_sentence_longer_than_the_window_is_read_to_its_end(encoder):
    good = "good film " * 40
    first = encoder._embed([encoder._encode(good + "bad " * 3)])[0]
    other = encoder._embed([encoder._encode(good + "ada " * 3)])[0]
    assert not np.allclose(first, other, atol=1e-4)


def test_the_limit_is_stated(encoder):
    with pytest.raises(InputError, match="1,000,000"):
        last(encoder.summarize("x. " * MAX_CHARACTERS))


def test_stop_ends_the_reading_between_steps(encoder):
    stop = StopToken()
    results = encoder.summarize("Ada wrote a good film. " * 100, stop=stop)
    next(results)
    stop.set()
    with pytest.raises(Stopped):
        next(results)


@pytest.mark.parametrize("make", [tiny_t5, tiny_llama], ids=["t5", "llama"])
def test_generative_models_of_both_kinds_write_something(make, tmp_path):
    results = list(engine(make(tmp_path)).summarize(STORY, length="short"))
    assert results[-1].method == "abstractive"
    assert results[-1].parts == results[-1].parts_total == 1
    assert len(results) > 5
    assert results[-1].text


def test_a_text_beyond_the_window_is_mapped_and_then_reduced(bart):
    results = list(bart.summarize(STORY * 6, length="short"))
    assert bart.max_tokens < results[-1].source_tokens
    assert results[-1].parts == results[-1].parts_total >= 6
    steps = [r.parts for r in results]
    assert steps == sorted(steps)
    assert len(set(steps)) >= 6


def stopped_at(results, parts, stop):
    for result in results:
        if result.parts == parts:
            stop.set()
        yield result


def test_a_stopped_map_keeps_the_parts_that_are_done(bart):
    stop = StopToken()
    seen = []
    with pytest.raises(Stopped):
        seen.extend(stopped_at(bart.summarize(STORY * 6, stop=stop), 2, stop))
    assert seen[-1].parts == 2
    assert seen[-1].text


def test_bullets_are_made_of_whatever_a_model_writes(tmp_path):
    made = engine(tiny_llama(tmp_path))
    points = last(made.summarize(STORY, form="bullets")).text.splitlines()
    assert points
    assert all(line.startswith("- ") and line != "- " for line in points)


@pytest.mark.parametrize(
    ("answer", "plain"),
    [
        ("Here is a summary of the text:\n\nIt rains.", "It rains."),
        ("Sure! Here's the summary: It rains.", "It rains."),
        ("Summary: It rains.", "It rains."),
        ("- It rains.\n- It pours.", "It rains. It pours."),
        ("1. It rains.\n2. It pours.", "It rains. It pours."),
        ("Here the rain falls.", "Here the rain falls."),
    ],
)
def test_what_a_chat_model_says_around_its_summary_is_cut(answer, plain):
    assert clean(answer) == plain


@pytest.mark.parametrize(
    ("answer", "ended", "kept"),
    [
        ("It rains. It po", False, "It rains."),
        ("It rains. It pours.", False, "It rains. It pours."),
        ("It po", False, "It po"),
        ("It rains. It rains. It pours", True, "It rains. It pours"),
    ],
)
def test_a_cut_off_end_and_repeated_sentences_are_dropped(answer, ended, kept):
    assert whole(answer, ended=ended) == kept


def test_t5_gets_its_prefix_and_a_models_own_prefix_wins():
    from transformers import BartConfig, T5Config

    assert prefix_of(T5Config()) == "summarize: "
    assert prefix_of(BartConfig()) == ""


def test_a_language_model_without_a_chat_template_is_refused(tmp_path):
    with pytest.raises(ModelUnsupported, match="no chat template"):
        engine(tiny_llama(tmp_path, template=None))


def test_a_model_that_writes_no_text_is_refused_by_name(tmp_path):
    with pytest.raises(ModelUnsupported, match="BertForTokenClassification"):
        engine(tiny_bert(tmp_path, "BertForTokenClassification"))


SOURCE = "In 1815 Ada's friend gave eleven million euros and twenty-two cows to the Leeds museum."


@pytest.mark.parametrize(
    ("summary", "terms"),
    [
        ("Ada gave 11,000,000 euros in 1815.", ()),
        ("Ada gave 22 cows to the museum in Leeds.", ()),
        ("The museum got 12 cows.", ("12",)),
        ("It was in London, not in Leeds.", ("London",)),
        ("In 1816 Ada left.", ("1816",)),
        ("I'm sure that I know Ada.", ()),
        ("Nothing is named here.", ()),
    ],
)
def test_names_and_numbers_that_the_source_lacks_are_found_by_value(summary, terms):
    found = doubts(summary, SOURCE)
    assert tuple(term for doubt in found for term in doubt.terms) == terms
    assert all(summary[d.start : d.end] == summary for d in found)


def test_copied_share_counts_words_in_runs_of_the_source():
    assert copied_share("gave eleven million euros and more", SOURCE) == pytest.approx(5 / 6)
    assert copied_share("nothing of this", SOURCE) == 0
    assert copied_share("", SOURCE) == 0


def test_copied_stretches_are_found_where_they_stand_in_the_summary():
    source = "The old lighthouse will reopen next summer. It cost eleven million euros in all."
    summary = "So: the old lighthouse will reopen, and it cost eleven million euros."
    assert [summary[a:b] for a, b in copied_spans(summary, source)] == [
        "the old lighthouse will reopen", "it cost eleven million euros",
    ]  # fmt: skip
    assert copied_spans("nothing of this", source) == ()


def texts():
    return [json.loads(line) for line in QUALITY.read_text("utf-8").splitlines()]


def overlap(summary, reference):
    """ROUGE-1 F1 over words."""
    from collections import Counter

    from models.summary_checks import words

    a, b = Counter(words(summary)), Counter(words(reference))
    return 2 * (a & b).total() / (a.total() + b.total())


@pytest.mark.starter
def test_the_default_starter_shares_words_with_what_a_person_wrote():
    made = starter_engine("minilm-extractive")
    scores = []
    for row in texts():
        result = last(made.summarize(row["text"]))
        assert result.ratio < 0.6
        scores.append(overlap(result.text, row["reference"]))
    assert sum(scores) / len(scores) > 0.48


@pytest.mark.starter
def test_the_default_starter_names_the_lighthouse():
    text = next(row["text"] for row in texts() if row["name"] == "lighthouse")
    made = starter_engine("minilm-extractive")
    for length in ("short", "medium", "long"):
        result = last(made.summarize(text, length=length))
        assert "lighthouse" in result.text
        assert result.ratio < 0.7


@pytest.mark.starter
def test_the_small_language_model_streams_and_stays_within_its_budget():
    text = next(row["text"] for row in texts() if row["name"] == "lighthouse")
    results = list(starter_engine("smollm2-135m").summarize(text, length="short"))
    assert len(results) > 10
    assert "lighthouse" in results[-1].text.lower()
    assert results[-1].ratio < 0.7
