"""Translation: layout and kept parts around a fake speaker, tiny real models, and the starter."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalog import load_catalog
from models.errors import InputError, ModelUnsupported, Stopped
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
from models.spec import Placement, Weights
from models.starter import starters
from models.stop import StopToken
from models.translation import LOADERS, MAX_CHARACTERS, TranslationEngine, card_pairs
from models.translation_pieces import kept, lead, rewrapped, translate_around
from models.translation_torch import LanguageFrames, MarianFrames
from tests.fakes import card
from tests.models.text_checkpoints import tiny_bart, tiny_m2m100, tiny_marian, tiny_nllb

CPU = Placement("cpu", "float32", "test")


class Shouter:
    """Says a sentence in capitals, word by word."""

    reentrant = True
    memory_bytes = 0
    pairs = Pairs.listed(["en-pt", "pt-en", "en-ar"])
    latin_only = True

    def __init__(self):
        self.heard = []

    def fits(self, sentence):
        return len(sentence) <= 60

    def say(self, sentence, source, target, stop):
        self.heard.append(sentence)
        words = sentence.upper().split(" ")
        for count in range(1, len(words) + 1):
            yield " ".join(words[:count])


class Echo(Shouter):
    """Says every sentence as it is."""

    def say(self, sentence, source, target, stop):
        yield sentence


def last(results):
    return list(results)[-1]


def shouted(text, speaker=None):
    return last(TranslationEngine(speaker or Shouter()).translate(text)).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two!", "ONE. TWO!"),
        ("\n\n  One.\n\n\tTwo!  \n", "\n\n  ONE.\n\n\tTWO!  \n"),
        ("- a\n- b\n\n1. c", "- A\n- B\n\n1. C"),
        ("# Title\r\nBody text.", "# TITLE\r\nBODY TEXT."),
        ("see <b>x</b> now", "SEE <b>X</b> NOW"),
        ("mail ana@example.org or https://ex.org/a?b=c.", "MAIL ana@example.org OR https://ex.org/a?b=c."),
        ("run `make test` first", "RUN `make test` FIRST"),
        ("nice \U0001f600!", "NICE \U0001f600!"),
        ("it costs £20 or 5 €", "IT COSTS £20 OR 5 €"),
        ("مرحبا بك", "مرحبا بك"),
        ("123", "123"),
    ],
)  # fmt: skip
def test_layout_and_what_is_not_language_come_back_as_they_were(text, expected):
    assert shouted(text) == expected


@given(st.text(alphabet="ab1. \n\t<>-#`é漢😀@", max_size=120).filter(str.strip))
def test_a_speaker_that_changes_nothing_loses_nothing(text):
    assert "".join(shouted(text, Echo()).split()) == "".join(text.split())


def test_a_line_break_inside_a_wrapped_sentence_is_put_back():
    text = "This is a line that a program has wrapped at some seventy characters\nand it ends here."
    result = shouted(text)
    assert result.count("\n") == 1
    assert abs(result.index("\n") - text.index("\n")) < 8


def test_an_overlong_sentence_is_cut_and_nothing_is_lost():
    speaker = Shouter()
    text = "word " * 100
    assert shouted(text, speaker).split() == ["WORD"] * 100
    assert all(len(heard) <= 60 for heard in speaker.heard)


def test_the_result_grows_and_counts():
    results = list(TranslationEngine(Shouter()).translate("One two. \U0001f600 Three four."))
    assert [r.sentences for r in results][-1] == results[-1].sentences_total
    lengths = [len(r.text) for r in results]
    assert lengths == sorted(lengths)
    assert len(results) > results[-1].sentences_total
    assert results[-1].work.amount == len("One two. \U0001f600 Three four.")


def test_sentences_with_nothing_to_translate_are_counted_and_never_heard():
    speaker = Shouter()
    result = last(TranslationEngine(speaker).translate("مرحبا.\n\nHello.\n\n\U0001f600"))
    assert result.kept == 2
    assert speaker.heard == ["Hello."]


def test_a_mark_that_the_model_loses_is_made_up_for_part_by_part():
    def forgetful(text):
        return re.sub(r"XQ\d", "", text).upper()

    text = "go to <b> now"
    assert translate_around(text, [(6, 9)], forgetful) == "GO TO <b> NOW"


def test_a_text_that_holds_the_mark_itself_is_safe():
    text = "the XQ1 and <b>"
    assert translate_around(text, kept(text, latin_only=True), str.lower) == "the xq1 and <b>"


@pytest.mark.parametrize(
    ("sentence", "length"), [("- a", 2), ("12) a", 4), ("### a", 4), ("a - b", 0), ("-5 a", 0)]
)
def test_a_list_marker_is_told_from_text(sentence, length):
    assert lead(sentence) == length


def test_rewrapping_without_a_space_changes_nothing():
    assert rewrapped("abc", "a\nb") == "abc"


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_text_is_refused(text):
    with pytest.raises(InputError, match="no text"):
        shouted(text)


def test_a_text_over_the_limit_is_refused_with_both_figures():
    with pytest.raises(InputError, match=r"200,001 characters; the limit is 200,000"):
        shouted("x" * (MAX_CHARACTERS + 1))


def test_stop_ends_between_sentences_and_keeps_what_is_there():
    stop = StopToken()
    results = TranslationEngine(Shouter()).translate("One. Two. Three.", stop=stop)
    seen = [next(results)]
    stop.set()
    with pytest.raises(Stopped):
        seen.extend(results)
    assert seen[-1].text.strip() == "ONE."


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


def test_a_source_left_empty_is_guessed_from_the_text():
    result = last(TranslationEngine(Shouter()).translate("Ele não sabe que a casa é grande."))
    assert (result.source, result.target) == ("pt", "en")
    assert result.source_confidence > 0.5
    given = last(TranslationEngine(Shouter()).translate("Ele não sabe que é.", source="en"))
    assert (given.source, given.source_confidence) == ("en", None)


def test_languages_may_be_named():
    result = last(TranslationEngine(Shouter()).translate("A.", source="english", target=" Arabic "))
    assert (result.source, result.target) == ("en", "ar")


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


def engine(folder, name="local/tiny", kind="transformers"):
    return LOADERS[kind](Weights(card(name, "translation"), folder, "test"), CPU)


def test_a_marian_model_of_one_pair_translates(tmp_path):
    made = engine(tiny_marian(tmp_path, source_lang="en", target_lang="pt"), kind="marian")
    result = last(made.translate("the house is small .\n\nthe garden ."))
    assert (result.source, result.target) == ("en", "pt")
    assert "\n\n" in result.text
    assert len(result.text) > 10


def test_a_marian_pair_is_read_from_its_repository_where_the_tokenizer_is_silent(tmp_path):
    made = engine(tiny_marian(tmp_path), "Helsinki-NLP/opus-mt-en-fi")
    assert made.pairs.choose("", "") == ("en", "fi")


def test_a_marian_model_of_several_targets_is_told_which(tmp_path):
    folder = tiny_marian(tmp_path, targets=("por", "fra"), source_lang="eng", target_lang="roa")
    made = engine(folder)
    assert made.pairs.targets("en") == ("pt", "fr")
    assert last(made.translate("the house .", target="fr")).target == "fr"


def test_m2m100_knows_its_languages_by_iso_code(tmp_path):
    made = engine(tiny_m2m100(tmp_path), kind="m2m100")
    assert {"en", "pt", "ar", "zh"} <= set(made.pairs.sources)
    assert last(made.translate("the house .", source="pt", target="en")).text


def test_nllb_is_told_its_languages_in_its_own_codes(tmp_path):
    made = engine(tiny_nllb(tmp_path), kind="nllb")
    assert made.pairs.choose("", "") == ("en", "pt")
    assert "ace_Arab" in made.pairs.sources
    assert last(made.translate("the house.", source="en", target="ar")).target == "ar"


def test_frames_put_the_languages_where_the_families_want_them():
    assert MarianFrames(0, {"fr": 7}).framed([5, 6], "en", "fr") == [7, 5, 6, 0]
    frames = LanguageFrames(2, {"en": 8, "fr": 9})
    assert frames.framed([5, 6], "en", "fr") == [8, 5, 6, 2]
    assert frames.first("fr") == 9


def test_stop_reaches_a_model_in_mid_sentence(tmp_path):
    made = engine(tiny_marian(tmp_path, source_lang="en", target_lang="pt"))
    stop = StopToken()
    results = made.translate("the house is small and the garden is beautiful .", stop=stop)
    next(results)
    stop.set()
    with pytest.raises(Stopped):
        next(islice(results, 2, None))


def test_a_model_of_another_kind_is_refused_by_name(tmp_path):
    with pytest.raises(ModelUnsupported, match="bart"):
        engine(tiny_bart(tmp_path))


@pytest.fixture(scope="module")
def starter():
    from models.settings import Settings
    from models.sources import starter_folder

    found = starters()["starter/bergamot-en-pt"]
    folder = starter_folder(found, Settings().cache_folder)
    return LOADERS["bergamot"](Weights(found.card, folder, "test"), CPU)


@pytest.mark.starter
def test_the_starter_translates_both_ways(starter):
    text = last(starter.translate("The house is small and the garden is beautiful.")).text.lower()
    assert "casa" in text
    assert "jardim" in text
    text = last(starter.translate("O cachorro dorme na cozinha.", source="pt")).text.lower()
    assert "dog" in text
    assert "kitchen" in text


@pytest.mark.starter
def test_the_starters_portuguese_contractions_survive(starter):
    """The package's own post-processing turned "no Rio" (in Rio) into "não Rio" (not Rio)."""
    text = last(starter.translate("He lives in Rio and plays in the park.")).text
    assert "no Rio" in text
    assert "não" not in text


@pytest.mark.starter
@pytest.mark.parametrize(
    "text",
    ["\U0001f600\U0001f468\u200d", "مرحبا بك", "<script>alert(1)</script>", "字" * 500, "x" * 900],
)
def test_the_starter_answers_any_text(starter, text):
    result = last(starter.translate(text))
    assert len(result.text) >= len(text) // 2


@pytest.mark.starter
def test_the_native_engine_gives_the_same_from_many_threads(starter):
    texts = [
        f"The {who} is {age} years old." for who in ("dog", "king", "nurse") for age in range(8)
    ]

    def say(text):
        return last(starter.translate(text)).text

    alone = [say(text) for text in texts]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(say, texts * 2)) == alone * 2


@pytest.mark.parametrize("make", [tiny_marian, tiny_m2m100, tiny_nllb])
def test_other_wordings_are_different_and_best_first(tmp_path, make):
    folder = make(tmp_path)
    made = LOADERS["transformers"](Weights(card("o/opus-mt-en-pt"), folder, "test"), CPU)
    source, target = made.pairs.choose("", "")
    found = made.wordings("One house. Another one.", source=source, target=target)
    assert len(set(found.texts)) == len(found.texts)
    assert found.sentence == "One house."
    assert made.wordings("One house.", source=source, target=target).texts == found.texts


def test_a_model_without_a_search_says_so():
    with pytest.raises(InputError, match="best translation only"):
        TranslationEngine(Shouter()).wordings("One.")


def test_a_translation_goes_back_the_way_it_came():
    speaker = Shouter()
    found = last(TranslationEngine(speaker).back("The house.", "A casa.", "en", "pt"))
    assert (found.text, found.source, found.target) == ("A CASA.", "pt", "en")
    with pytest.raises(InputError, match="can't translate from Arabic"):
        last(TranslationEngine(speaker).back("The house.", "x", "en", "ar"))
