"""Which model takes a translation back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.translation_back import way_back
from tests.fakes import card

OPUS = "Helsinki-NLP/opus-mt-en-de"
BACK = "Helsinki-NLP/opus-mt-de-en"


def of(name, **more):
    return card(name, "translation", **more)


def name_of(found):
    return found.id if found else ""


BOTH = of("starter/two", defaults={"pairs": ["en-pt", "pt-en"]})
MANY = of("facebook/m2m100_418M", languages=("en", "de", "fr"))
HUGE = replace(MANY, id="facebook/nllb-200-3.3B", tier="24gb")
VAGUE = of("local/any")  # tells nothing of its languages


@pytest.mark.parametrize(
    ("model", "pair", "offered", "found"),
    [
        (BOTH, ("en", "pt"), [BOTH], "starter/two"),
        (of(OPUS), ("en", "de"), [MANY, of(BACK)], BACK),  # the other direction of its family
        (of(OPUS), ("en", "de"), [HUGE, MANY], "facebook/m2m100_418M"),
        (of("Helsinki-NLP/opus-mt-en-pt"), ("en", "pt"), [MANY, BOTH], "starter/two"),
        (of(OPUS), ("en", "de"), [HUGE, VAGUE, BOTH], ""),
        (of(OPUS), ("", "de"), [of(BACK)], BACK),
    ],
)
def test_the_nearest_model_that_knows_the_way_takes_it(model, pair, offered, found):
    assert name_of(way_back(model, *pair, offered)) == found


def test_where_the_hub_may_be_asked_the_pair_in_the_name_is_turned_round():
    finnish = of("Helsinki-NLP/opus-mt-en-fi")
    assert name_of(way_back(finnish, "en", "fi", [], of)) == "Helsinki-NLP/opus-mt-fi-en"
    assert way_back(finnish, "en", "fi", []) is None
    assert way_back(of(OPUS), "en", "fi", [], of) is None  # turned round it is another pair
    big = of("Helsinki-NLP/opus-mt-tc-big-en-fi")
    assert name_of(way_back(big, "en", "fi", [], of)) == "Helsinki-NLP/opus-mt-tc-big-fi-en"
