"""Languages and pairs: names, codes, and what a model offers before it is loaded."""

from __future__ import annotations

import pytest

from models.catalog import load_catalog
from models.errors import InputError
from models.languages import (
    FAMILIES,
    LANGUAGES,
    Pairs,
    direction,
    iso_code,
    language_code,
    language_name,
    nllb_code,
)
from models.translation_cards import card_pairs
from tests.fakes import card

PAIRS = Pairs.listed(["en-pt", "pt-en", "en-ar"])


@pytest.mark.parametrize(
    ("source", "target", "chosen"),
    [
        ("", "", ("en", "pt")),
        ("pt", "", ("pt", "en")),
        ("", "ar", ("en", "ar")),
        ("", "en", ("pt", "en")),
        ("en", "ar", ("en", "ar")),
    ],
)
def test_what_is_left_empty_is_filled_in_with_what_fits(source, target, chosen):
    assert PAIRS.choose(source, target) == chosen


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [("xx", "", "from xx"), ("pt", "ar", "Portuguese into Arabic"), ("en", "en", "English into")],
)
def test_an_impossible_pair_is_refused_with_what_is_possible(source, target, words):
    with pytest.raises(InputError, match=words) as caught:
        PAIRS.choose(source, target)
    assert "English (en)" in caught.value.hint or "Portuguese (pt)" in caught.value.hint


def test_codes_become_names_and_back():
    assert (language_name("pt"), language_name("por_Latn"), language_name("q")) == (
        "Portuguese", "Portuguese", "q",
    )  # fmt: skip
    assert (iso_code("por"), iso_code("ara"), nllb_code("pt")) == ("pt", "ar", "por_Latn")
    assert (direction("ar"), direction("en"), direction("ace_Arab")) == ("rtl", "ltr", "rtl")


@pytest.mark.parametrize(
    ("model", "source", "targets"),
    [
        (card("o/m", "translation", defaults={"pairs": ["en-pt"]}), "en", ("pt",)),
        (card("Helsinki-NLP/opus-mt-en-de", "translation"), "en", ("de",)),
        (card("o/m", "translation", languages=("en", "fr", "de")), "fr", ("en", "de")),
    ],
)
def test_a_card_tells_the_pairs_before_the_model_is_loaded(model, source, targets):
    assert card_pairs(model).targets(source) == targets


def test_an_unknown_model_is_offered_every_language():
    assert len(card_pairs(card("o/m", "translation")).sources) == len(LANGUAGES) > 100


def test_the_languages_of_m2m100_and_nllb_are_those_of_their_tokenizers():
    from transformers.models.m2m_100 import tokenization_m2m_100
    from transformers.models.nllb import tokenization_nllb

    m2m100 = tokenization_m2m_100.FAIRSEQ_LANGUAGE_CODES["m2m100"]
    assert sorted(FAMILIES["m2m100"]) == sorted(m2m100)
    nllb = [nllb_code(code) for code in FAMILIES["nllb"]]
    assert sorted(nllb) == sorted(tokenization_nllb.FAIRSEQ_LANGUAGE_CODES)


def test_every_language_of_a_family_has_a_name_of_its_own_that_leads_back_to_it():
    for codes in FAMILIES.values():
        names = [language_name(code) for code in codes]
        assert [language_code(name) for name in names] == list(codes)
    assert language_name("zho_Hant") == "Chinese (traditional)"


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("facebook/m2m100_418M", 100),
        ("facebook/nllb-200-distilled-600M", 202),
        ("somebody/NLLB-200-tuned", 202),
        ("somebody/m2m100_1.2B", 100),
    ],
)
def test_what_a_family_knows_is_offered_whole(name, count):
    offered = card_pairs(load_catalog().find("translation", name))
    assert len(offered.sources) == count
    assert offered.choose("", "") == ("en", "pt")
    assert "pt" in offered.targets("sw")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("EN", "en"),
        (" Pt ", "pt"),
        ("ENGLISH", "en"),
        ("eng_latn", "eng_Latn"),
        ("xx", "xx"),
        ("", ""),
    ],
)
def test_a_language_may_be_written_in_any_case(written, code):
    assert language_code(written) == code
