"""Translation around a fake speaker: layout, kept parts, languages, growth, limits and Stop."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InputError, Stopped
from models.languages import Pairs
from models.stop import StopToken
from models.translation import MAX_CHARACTERS, TranslationEngine
from models.translation_pieces import kept, lead, nth_sentence, rewrapped, translate_around
from tests.models.engines import last


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


def test_a_source_left_empty_is_guessed_from_the_text():
    result = last(TranslationEngine(Shouter()).translate("Ele não sabe que a casa é grande."))
    assert (result.source, result.target) == ("pt", "en")
    assert result.source_confidence > 0.5
    given = last(TranslationEngine(Shouter()).translate("Ele não sabe que é.", source="en"))
    assert (given.source, given.source_confidence) == ("en", None)


def test_languages_may_be_named():
    result = last(TranslationEngine(Shouter()).translate("A.", source="english", target=" Arabic "))
    assert (result.source, result.target) == ("en", "ar")


def test_a_model_without_a_search_says_so():
    with pytest.raises(InputError, match="best translation only"):
        TranslationEngine(Shouter()).wordings("One.")


def test_a_sentence_is_found_by_its_number_without_the_marker_of_a_list():
    text = "One house.\n\n- Another one! And more."
    found = [text[slice(*nth_sentence(text, number))] for number in (1, 2, 3)]
    assert found == ["One house.", "Another one!", "And more."]
    for number in (0, 4):
        with pytest.raises(InputError, match="the text has 3 sentences"):
            nth_sentence(text, number)


def test_a_translation_goes_back_the_way_it_came():
    speaker = Shouter()
    found = last(TranslationEngine(speaker).back("The house.", "A casa.", "en", "pt"))
    assert (found.text, found.source, found.target) == ("A CASA.", "pt", "en")
    with pytest.raises(InputError, match="can't translate from Arabic"):
        last(TranslationEngine(speaker).back("The house.", "x", "en", "ar"))
