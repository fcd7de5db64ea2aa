"""What the translation tab offers and draws."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest

from models.catalog import Catalog
from models.languages import Pairs
from models.translation import Translation, TranslationEngine
from tabs import translation
from tabs.parts import Deck
from tabs.parts.translation_menus import Read, choices, menus, shown, swapped
from tabs.parts.translation_tools import sentences_offered
from tabs.translation import counts_html, guess_text, kept_text
from tests.fakes import FakeBuilder, FakeDevice, card, fake_service

PAIRS = Pairs.listed(["en-pt", "en-ar", "pt-en"])
GUESSED = "The house is small and the garden is beautiful."
VISIT = SimpleNamespace(session_hash="s")


def result(**changes):
    facts = {
        "text": "A casa.", "source": "en", "target": "pt", "sentences": 1, "sentences_total": 2,
        "kept": 0, "characters": 10,
    }  # fmt: skip
    return Translation(**{**facts, **changes})


def values(update):
    return [code for _, code in update["choices"]], update["value"]


def test_languages_are_offered_by_name_in_their_order():
    assert choices(("pt", "en")) == [("English", "en"), ("Portuguese", "pt")]


def test_only_targets_that_go_with_the_source_are_offered():
    sources, targets = menus(PAIRS, "pt", "ar")
    assert values(sources) == (["", "en", "pt"], "pt")
    assert values(targets) == (["en"], "en")


def test_a_target_that_still_fits_stays_chosen():
    assert values(menus(PAIRS, "en", "ar")[1]) == (["ar", "pt"], "ar")


def test_a_source_that_the_model_lacks_is_replaced():
    assert values(menus(PAIRS, "de", "pt")[0])[1] == "en"


def test_with_a_guessed_source_every_target_is_offered():
    sources, targets = menus(PAIRS, "", "en")
    assert values(sources)[1] == ""
    assert values(targets) == (["ar", "en", "pt"], "en")


def test_a_guess_is_told_with_how_sure_it_is():
    assert guess_text(result()) == ""
    assert guess_text(result(source_confidence=0.8)) == (
        "Read as English, guessed from the text (80% sure)."
    )
    assert "Read as English" in counts_html("x", result(source_confidence=0.8))


def test_right_to_left_languages_are_shown_so():
    assert shown(result(target="ar"))["rtl"]
    assert not shown(result())["rtl"]


def test_counts_tell_sentences_and_words():
    drawn = counts_html("The house. Two.", result())
    assert "1 of 2" in drawn
    assert "as written" not in drawn
    assert "as written" in counts_html("x", result(kept=1))


def test_what_was_kept_is_said_in_whole_sentences():
    assert kept_text(1).startswith("1 sentence holds nothing")
    assert kept_text(3).startswith("3 sentences hold nothing")


def test_swap_takes_the_guess_of_the_last_run():
    source, target, text, output = swapped(
        PAIRS, "", "pt", "The house.", "A casa.", Read("The house.", "en")
    )
    assert (source["value"], target["value"]) == ("pt", "en")
    assert (text, output["value"]) == ("A casa.", "The house.")


@pytest.mark.parametrize("read", [None, Read("Another text.", "en")])
def test_swap_asks_for_the_language_where_no_run_has_read_this_text(read, monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Info", said.append)
    assert swapped(PAIRS, "", "pt", "The house.", "A casa.", read) == [gr.skip()] * 4
    assert "Choose the language" in said[0]


class Shouter:
    """Says everything in capitals."""

    reentrant, latin_only, memory_bytes, pairs = True, False, 1, PAIRS

    def fits(self, sentence):
        return True

    def say(self, sentence, source, target, stop):
        yield sentence.upper()


class Translators(FakeBuilder):
    """Builds translators instead of fakes."""

    def build(self, weights, placement):
        return TranslationEngine(Shouter())


@pytest.fixture
def service():
    made = fake_service(Translators(FakeDevice(limit=1000)), "org/a")
    yield made
    made.close()


def test_what_a_run_has_guessed_reaches_swap(service):
    with gr.Blocks() as page:
        translation.build(Deck(service, gr.HTML()))
    run, swap = started_by(page, "Translate"), started_by(page, "⇄ Swap")
    state = next(part for part in swap.inputs if isinstance(part, gr.State))

    read = written(run, state, GUESSED, "")
    assert swap.fn("org/a", "", "pt", GUESSED, "x", read)[1]["value"] == "en"


def test_a_run_says_that_the_text_is_not_in_the_chosen_language(service):
    with gr.Blocks() as page:
        translation.build(Deck(service, gr.HTML()))
    run = started_by(page, "Translate")
    counts = next(part for part in run.outputs[4:] if isinstance(part, gr.HTML))
    german = "Der Hund schläft in der Küche und will nicht mit uns hinaus in den Garten."
    assert "looks German, and it is read as English" in written(run, counts, german, "en")
    assert "looks" not in written(run, counts, GUESSED, "en")


EN_PT = "Helsinki-NLP/opus-mt-en-pt"
OPUS, BOTH_WAYS = "Helsinki-NLP/opus-mt-en-de", "starter/two"


@pytest.fixture
def offering(service):
    starter = replace(
        card(BOTH_WAYS, "translation", defaults={"pairs": ["en-pt", "pt-en"]}), engine="bergamot"
    )
    return replace(service, catalog=Catalog([starter, card(OPUS, "translation")]))


def test_tools_that_a_model_has_no_use_for_say_so_before_they_are_pressed(offering):
    with gr.Blocks() as page:
        translation.build(Deck(offering, gr.HTML()))
    buttons = {part.value: part for part in page.blocks.values() if isinstance(part, gr.Button)}
    wordings, back = buttons["Find other wordings"], buttons["Translate back"]
    assert (wordings.interactive, back.interactive) == (False, True)
    assert kept_by(page, wordings)(OPUS) == ["", gr.update(interactive=True)]
    reason, button, _ = kept_by(page, back)(OPUS, "en", "fi")
    assert "does not translate from Finnish into English, and no other one here does" in reason
    assert button == gr.update(interactive=False)


def test_a_translation_of_a_model_that_goes_one_way_is_taken_back_by_another_that_is_named(
    offering,
):
    offered = replace(
        offering, catalog=Catalog([*offering.catalog.of("translation"), card(EN_PT, "translation")])
    )
    with gr.Blocks() as page:
        translation.build(Deck(offered, gr.HTML()))
    back = next(
        part for part in page.blocks.values() if getattr(part, "value", "") == "Translate back"
    )
    reason, button, model = kept_by(page, back)(EN_PT, "en", "pt")
    assert "goes one way only; starter/two takes the translation back" in reason
    assert (button, model) == (gr.update(interactive=True), BOTH_WAYS)
    assert kept_by(page, back)(BOTH_WAYS, "en", "pt") == [
        "",
        gr.update(interactive=True),
        BOTH_WAYS,
    ]


def kept_by(page, button):
    """What a change of the menus asks for a button."""
    fns = page.fns.values()
    return next(fn.fn for fn in fns if fn.outputs[1:2] == [button] and fn.targets[0][1] == "change")


@pytest.mark.parametrize(
    ("source", "target", "goes"),
    [("en", "pt", True), ("", "pt", True), ("en", "ar", False), ("", "ar", False)],
)
def test_a_translation_goes_back_where_its_target_is_read(source, target, goes):
    assert PAIRS.leads_back(source, target) is goes


def written(run, part, text, source):
    """The first that a run writes into one of its outputs."""
    place = run.outputs.index(part)

    async def updates():
        values = [text, source, "pt", "org/a", [], False]
        return [update[place] async for update in run.fn(VISIT, *values)]

    return next(value for value in asyncio.run(updates()) if value != gr.skip())


def started_by(page, label):
    """What a click on the button of this name starts."""
    button = next(part for part in page.blocks.values() if getattr(part, "value", "") == label)
    return next(fn for fn in page.fns.values() if (button._id, "click") in fn.targets)


def test_every_sentence_with_words_is_offered_for_other_wordings():
    menu = sentences_offered("One house.\n\n- 12\n- Another <b>one</b>.\n" + "x" * 200, "3")
    assert menu["choices"][:2] == [("1. One house.", "1"), ("3. Another <b>one</b>.", "3")]
    assert menu["value"] == "3"
    assert len(menu["choices"][2][0]) < 100
    assert sentences_offered("One house.", "3")["value"] == "1"
    assert sentences_offered("", None)["choices"] == [("the first one", "1")]


def test_words_are_counted_where_no_spaces_are_written():
    drawn = counts_html("The cat sleeps.", result(text="貓在睡覺。"))
    assert "<dt>words of translation</dt><dd>2</dd>" in drawn.replace("\n", "")
