"""The warning about a language that a model was not made for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import tabs
from models.errors import InputError
from models.languages import Pairs
from tabs.parts.language_note import language_note, source_note
from tests.fakes import card

ARABIC = "يقع متحف اللوفر في باريس."


def deck(*languages):
    """A page whose one model knows these languages."""
    of = replace(card("org/m"), languages=languages)
    return SimpleNamespace(card=lambda capability, model: of)


def test_a_foreign_text_is_said_with_what_the_model_was_made_for_and_escaped():
    said = language_note(deck("en", "<b>"), "sentiment", "org/m", ARABIC)
    assert "This text looks Arabic, and this model was made for English, &lt;b&gt;:" in said


def test_many_languages_are_counted():
    said = language_note(deck("en", "de", "fr", "es"), "sentiment", "org/m", ARABIC)
    assert "made for 4 other languages" in said


@pytest.mark.parametrize("languages", [("ar",), ("en", "ar"), ()])
def test_a_language_that_fits_or_is_not_known_needs_no_word(languages):
    assert language_note(deck(*languages), "sentiment", "org/m", ARABIC) == ""


def test_an_id_that_is_none_is_left_to_the_run():
    def refuse(capability, model):
        raise InputError("no model id")

    assert language_note(SimpleNamespace(card=refuse), "sentiment", "../x", ARABIC) == ""


GERMAN = "Der Hund schläft in der Küche und will nicht mit uns hinaus in den Garten."


@pytest.mark.parametrize(
    ("pairs", "source", "said"),
    [
        (["en-de", "de-en"], "en", "looks German, and it is read as English: "),
        (["en-de", "de-en"], "en", "Choose German under From."),
        (["en-pt", "pt-en"], "en", "Choose a model that knows German."),
        (["en-pt", "pt-en"], "", "looks German, and this model reads English, Portuguese: "),
    ],
)
def test_a_translation_says_that_a_text_is_not_in_the_language_it_is_read_as(pairs, source, said):
    assert said in source_note(Pairs.listed(pairs), source, GERMAN)


@pytest.mark.parametrize("source", ["de", ""])
def test_a_translation_from_the_texts_own_language_needs_no_word(source):
    assert source_note(Pairs.listed(["en-de", "de-en"]), source, GERMAN) == ""


#: Tabs that take a text of any language, and those that say in their own way what they make of one.
OF_ANY = {"tokenizer", "assistant", "image_generation", "music"}


@pytest.mark.parametrize("name", sorted({*tabs.ORDER} - OF_ANY))
def test_every_tab_that_reads_a_text_tells_of_a_foreign_one(name):
    source = Path(tabs.__file__).with_name(f"{name}.py").read_text("utf-8")
    if 'accept(NAME, "text"' in source:
        assert "language_note(" in source or "source_note(" in source
