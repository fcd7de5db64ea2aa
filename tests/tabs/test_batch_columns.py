"""The columns that each tab's result gives to a table and its files."""

from __future__ import annotations

from types import SimpleNamespace

from models.entities import Entities, Entity
from models.question_answering import Answer, Answers
from models.sentiment import LabelScore, Sentiment
from models.tokens import Tokenization
from tabs import ner, question_answering, summarization, tokenizer, translation
from tabs.parts.batch_table import score_columns


def test_sentiment_gives_the_best_label_and_every_score_in_a_fixed_order():
    def columns(*scores):
        return score_columns(Sentiment(scores, False, 3, 510, 1, 1))

    first = columns(LabelScore("positive", 0.7), LabelScore("negative", 0.3))
    second = columns(LabelScore("negative", 0.8), LabelScore("positive", 0.2))
    assert first == {"label": "positive", "score": 0.7, "negative": 0.3, "positive": 0.7}
    assert list(first) == list(second)


def test_entities_are_named_and_placed():
    found = (Entity("Ada", "PERSON", 0, 3, None), Entity("London", "GPE", 15, 21, 0.9))
    assert ner.columns(Entities(found, (), False, "", 30, 30, 1, 1)) == {
        "entities": 2,
        "names": "Ada (PERSON); London (GPE)",
        "places": "0-3 PERSON; 15-21 GPE",
    }


def test_an_answer_has_its_place_and_none_is_said_to_be_none():
    spans = (Answer("London", 15, 21, 0.8), Answer("Ada", 0, 3, 0.05))
    found = question_answering.columns(Answers("q", spans, True, 0.1, 9, 1, 1))
    assert found == {
        "answer": "London", "found": "answer", "start": 15, "end": 21, "score": 0.8,
        "other spans": "Ada (5.0%)",
    }  # fmt: skip
    none = question_answering.columns(Answers("q", spans, False, 0.6, 9, 1, 1))
    assert (none["answer"], none["found"], none["score"]) == ("", "no answer", 0.6)
    assert none["other spans"] == "London (80.0%); Ada (5.0%)"
    assert list(none) == list(found)


def test_a_summary_names_what_is_to_be_checked_once():
    doubts = (SimpleNamespace(terms=("310,075", "Moral")), SimpleNamespace(terms=("Moral",)))
    result = SimpleNamespace(text="Short.", ratio=0.123456, doubts=doubts)
    assert summarization.columns(result) == {
        "summary": "Short.",
        "ratio": 0.123,
        "check": "310,075, Moral",
    }


def test_a_translation_names_its_languages():
    result = SimpleNamespace(text="A casa.", source="en", target="pt")
    assert translation.columns(result) == {"translation": "A casa.", "from": "en", "to": "pt"}


def test_tokens_are_counted_with_their_length():
    found = tokenizer.counts(Tokenization("caf\u00e9s", range(2), 5, 6, 1, 100))
    assert found == {
        "tokens": 2, "characters": 5, "characters each": 2.5, "bytes each": 3.0, "unknown": 1,
    }  # fmt: skip
