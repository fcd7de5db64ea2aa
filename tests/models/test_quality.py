"""The committed scores: complete, above the floors that are met, and scored as they say."""

from __future__ import annotations

import json

import pytest

from models.spec import CAPABILITIES
from models.starter import starters
from models.starter.minilm import WEIGHTS
from models.starter.quality import question_answering, score, speech, summaries, translation
from models.starter.quality.__main__ import MODULES
from models.starter.quality.score import Score
from models.starter.train import qa_eval


def figures(capability: str, data: str = "") -> dict[str, float]:
    """Of the first committed row whose data are described so."""
    rows = [row for row in score.read() if row.capability == capability and data in row.data]
    return rows[0].figures


def test_every_capability_has_a_committed_score_of_its_default_starter() -> None:
    scored = {row.model for row in score.read()}
    first = {s.card.capability: s.card.id for s in reversed(starters().values())}
    assert {name for name in CAPABILITIES if first[name] not in scored} == set()
    assert set(MODULES) == set(CAPABILITIES)


def test_question_answering_is_above_its_floors_on_both_sets_together() -> None:
    found = figures("question_answering", "together")
    assert found["F1"] >= 65
    assert found["no answer right"] >= 70
    hidden = figures("question_answering", "hidden among")
    assert hidden["F1"] >= found["F1"] - 10, "a long text must not cost much"


def test_the_cards_of_our_weights_say_what_was_measured() -> None:
    card = json.loads((WEIGHTS / "qa" / "card.json").read_text("utf-8"))["scores"]
    for data, prefix in (("chosen", ""), ("held out", "held_out_")):
        found = figures("question_answering", data)
        assert card[f"{prefix}f1"] == found["F1"]
        assert card[f"{prefix}no_answer"] == found["no answer right"]
    card = json.loads((WEIGHTS / "sentiment" / "card.json").read_text("utf-8"))["scores"]
    assert figures("sentiment", "tricky")["right"] == card["tricky"]


def test_entities_are_above_their_floor() -> None:
    assert figures("ner")["F1"] >= 80


def test_default_summaries_are_the_best_way_measured_and_faithful() -> None:
    rows = [row for row in score.read() if row.capability == "summarization"]
    default = next(s.card.id for s in starters().values() if s.card.capability == "summarization")
    best = max(rows, key=lambda row: row.figures["ROUGE-1"])
    assert best.model == default
    assert best.figures["faithful"] >= 95


def test_speech_round_trip_is_within_its_limit() -> None:
    rows = [row for row in score.read() if row.capability == "text_to_speech"]
    assert {row.data.partition("voice ")[2].partition(", written")[0] for row in rows} >= {
        "Heart, American",
        "Heart, British accent",
        "Joe, American",
    }
    assert all(max(row.figures.values()) <= 8 for row in rows)


@pytest.mark.slow
@pytest.mark.starter
@pytest.mark.timeout(1_800)
def test_fifty_sentences_of_every_voice_come_back_with_at_most_8_per_cent_wrong() -> None:
    rows = [row for row in speech.measure() if row.capability == "text_to_speech"]
    assert len(speech.sentences()) == 50
    assert {row.model for row in rows} == {"starter/hibari", "starter/joe"}
    assert {
        row.data: max(row.figures.values()) for row in rows if max(row.figures.values()) > 8
    } == {}


def test_own_labels_are_above_their_floors_on_labels_that_the_scale_never_saw() -> None:
    found = figures("zero_shot", "in three sets, held out")
    assert found["topics"] >= 85
    assert found["intents"] >= 75
    assert figures("zero_shot", "by itself, held out")["F1"] >= 65


def test_drawings_and_tricky_sentences_are_above_their_floors() -> None:
    assert figures("image_generation")["recognised"] >= 60
    assert figures("sentiment", "tricky")["right"] >= 75


def test_new_scores_take_the_place_of_the_old_of_their_capability() -> None:
    old = [Score("ner", "a", "", {}), Score("sentiment", "b", "", {}), Score("ner", "c", "", {})]
    found = score.replaced(old, [Score("ner", "d", "", {})])
    assert [(row.capability, row.model) for row in found] == [("sentiment", "b"), ("ner", "d")]


def test_rouge_counts_words_pairs_and_the_longest_common_order() -> None:
    found = summaries.rouge("the cat sat on the mat", "the cat lay on the mat")
    assert found == pytest.approx((5 / 6, 3 / 5, 5 / 6))
    assert summaries.rouge("mat the", "the mat")[2] == pytest.approx(1 / 2)


def test_an_invented_name_or_number_makes_a_summary_unfaithful() -> None:
    case = summaries.Pair("The ferry sails to Sella. It takes an hour.", "The ferry sails.")
    invented = summaries.scored(lambda _: "The ferry sails to Paris.", [case])
    assert invented["faithful"] == 0
    assert summaries.scored(lambda _: "The ferry sails to Sella.", [case])["faithful"] == 100


def test_chrf_is_one_for_the_same_and_less_for_another_ending() -> None:
    assert translation.chrf("Quanto custa?", "Quanto custa?") == pytest.approx(1)
    assert 0.5 < translation.chrf("Quanto custou?", "Quanto custa?") < 0.95
    assert translation.chrf("", "Quanto custa?") == 0


def test_texts_of_the_sets_are_there_in_the_numbers_promised() -> None:
    assert len(summaries.pairs()) >= 20
    assert len(translation.pairs()) >= 30


@pytest.mark.slow
@pytest.mark.starter
def test_measuring_again_gives_the_committed_answers() -> None:
    held_out = next(row for row in question_answering.measure() if "held out" in row.data)
    assert held_out.figures == figures("question_answering", "held out")


def test_the_engine_is_asked_for_its_best_answer_or_none() -> None:
    class Engine:
        def answer(self, question: str, passage: str) -> list[object]:
            found = type("Found", (), {"has_answer": "who" in question, "answers": ()})()
            found.answers = (type("Answer", (), {"text": passage})(),)
            return [found]

    read = question_answering.reader(Engine())
    assert (read("Ada", "who?"), read("Ada", "when?")) == ("Ada", "")
    assert qa_eval.f1("Ada", "ada") == 1


def test_embeddings_find_the_passage_of_a_question() -> None:
    found = figures("embeddings")
    assert found["first"] >= 80
    assert found["among 3"] >= 95


def test_the_router_calls_the_right_tools_on_requests_that_its_examples_never_saw() -> None:
    found = figures("assistant", "held out")
    assert found["calls"] >= 75
    assert found["left alone"] >= 80
    small = next(row for row in score.read() if row.model == "starter/smollm2-135m-tools")
    assert found["calls"] > small.figures["calls"] + 30, "else the language model comes first"
