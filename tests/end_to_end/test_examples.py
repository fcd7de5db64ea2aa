"""Every example of the text tabs, and of music, through its starter: what a person says is right."""

from __future__ import annotations

import pytest

from tabs import music, ner, question_answering, sentiment, summarization, translation, zero_shot
from tests.conftest import client_of

pytestmark = pytest.mark.starter

FEELINGS = {"A warm review": "positive", "A bad evening": "negative", "A plain fact": "neutral"}
SORTED = {
    "A news item": ["sport"], "Two topics": ["sport", "health"], "A customer": ["get a refund"],
    "A diary": ["sadness"],
}  # fmt: skip
NAMES = {
    "A life": "Ada Lovelace PERSON, London GPE, 1815 DATE, Charles Babbage PERSON, 1843 DATE, "
    "London GPE, 27 November 1852 DATE",
    "Business news": "Siemens ORG, Poland GPE, Tuesday DATE, 1,200 CARDINAL, next summer DATE, "
    "German NORP, $340 million MONEY, 15% PERCENT, Roland Busch PERSON",
    "A journey": "March 2023 DATE, Laura Smith PERSON, Chicago GPE, Tokyo GPE, three weeks DATE, "
    "Mount Fuji LOC, Japanese NORP, 2,000 dollars MONEY, the last morning TIME, "
    "Sarah Johnson PERSON, the Brooklyn Bridge FAC, Monday DATE, 9:30 TIME",
    "A prize": "Marie Curie PERSON, Warsaw GPE, 1867 DATE, first ORDINAL, two CARDINAL, "
    "Nobel Prizes WORK_OF_ART, Paris GPE, Pierre Curie PERSON",
}
ANSWERS = {
    "When?": "16 December 2004", "Where?": "France", "How much?": "400 million euros",
    "Not in the text": None,
}  # fmt: skip
#: What a person would ask next about the passage of the examples.
OWN_QUESTIONS = {
    "Who designed the bridge?": "Michel Virlogeux", "How tall is the bridge?": "343 metres",
    "When did work begin?": "October 2001", "Who paid for the bridge?": "Eiffage",
    "What river does the bridge cross?": "River Tarn", "When was the bridge opened?": "16 December 2004",
}  # fmt: skip
GISTS = {
    "A news story": ("lighthouse at Cape Morrow will reopen",),
    "Science": ("Honey bees tell their nestmates where food is by dancing",),
    "Minutes of a meeting": ("delay the new warehouse in Leeds",),
}
TRANSLATIONS = {
    "English to Portuguese": "A casa é pequena e o jardim é bonito. "
    "Vamos plantar duas árvores na primavera.",
    "Portuguese to English": "The train to Lisbon leaves at nine o'clock. "
    "The next one only leaves in the afternoon.",
    "A list, with layout": "Compras para o domingo\n\n- seis ovos 🥚\n- um quilo de laranjas\n"
    "- duas garrafas de leite\n\nEscreva para ana@example.org se a loja estiver fechada.",
}


TUNES = {
    "A jig": ("jig", "D major"), "A slow air": ("air", "minor"), "A hornpipe": ("hornpipe", "G major"),
    "A march": ("march", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def ask(address):
    client = client_of(address)
    return lambda name, values: client.predict(*values, api_name=f"/{name}")


def of(tab):
    """Parameters: label and values of each example of a tab."""
    return pytest.mark.parametrize(
        ("label", "values"), tab.EXAMPLES, ids=[label for label, _ in tab.EXAMPLES]
    )


@of(sentiment)
def test_a_feeling_is_the_one_that_a_reader_has(ask, label, values):
    best = ask("sentiment", values)["scores"][0]
    assert best["label"] == FEELINGS[label]
    assert best["score"] > 0.8


@of(zero_shot)
def test_a_text_goes_under_the_labels_that_a_reader_gives_it(ask, label, values):
    text, labels, several, template = values
    found = ask("zero_shot", [text, labels.splitlines(), several, template])["scores"]
    chosen = [row["label"] for row in found if row["score"] >= 0.5]
    assert chosen == SORTED[label]


@of(ner)
def test_every_name_is_found_with_its_label_and_nothing_else(ask, label, values):
    found = [f"{e['text']} {e['label']}" for e in ask("ner", values)["entities"]]
    assert ", ".join(found) == NAMES[label]


@of(question_answering)
def test_an_answer_is_the_one_that_stands_there_or_none(ask, label, values):
    found = ask("question_answering", values)
    assert (found["answers"][0]["text"] if found["has_answer"] else None) == ANSWERS[label]


@pytest.mark.parametrize("question", OWN_QUESTIONS)
def test_what_a_visitor_asks_next_about_the_same_passage_is_answered(ask, question):
    passage = question_answering.EXAMPLES[0][1][1]
    found = ask("question_answering", [question, passage])
    assert found["has_answer"]
    assert OWN_QUESTIONS[question] in found["answers"][0]["text"]


@of(summarization)
def test_a_summary_tells_the_gist_and_invents_nothing(ask, label, values):
    found = ask("summarization", values)
    assert all(gist in found["text"] for gist in GISTS[label])
    assert found["doubts"] == []
    assert found["ratio"] < 0.6


@of(translation)
def test_a_translation_is_the_one_that_a_translator_would_write(ask, label, values):
    assert ask("translation", values)["text"] == TRANSLATIONS[label]


@of(music)
def test_a_tune_is_of_the_kind_and_key_that_were_asked_for(ask, label, values):
    kind, key = TUNES[label]
    _, midi, facts = ask("music", [*values, 4])
    assert midi.endswith(".mid")
    assert facts["ignored"] == []
    assert facts["score"]["kind"] == kind
    assert facts["score"]["key"].endswith(key)
    assert facts["duration"] == 4
