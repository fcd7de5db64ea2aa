"""What the translation tab offers and draws."""

from models.languages import Pairs
from models.translation import Translation
from tabs.translation import choices, counts_html, guess_text, kept_text, menus, shown

PAIRS = Pairs.listed(["en-pt", "en-ar", "pt-en"])


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
