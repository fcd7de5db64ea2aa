"""Weights of words for an entity: around a recogniser whose reasons are known, and the real starter."""

from __future__ import annotations

import re

import pytest

from models.entities import Entities, Entity
from models.entity_words import Explaining
from models.errors import InputError
from models.stop import NEVER
from tests.models.engines import last, starter_engine


class Placer(Explaining):
    """A capitalised word is a PLACE after "in" and a NAME else, the surer the shorter the text.

    Args:
        scored: whether it says how sure it is.
    """

    def __init__(self, scored=True):
        self.scored = scored

    def entities(self, text, *, stop=NEVER, aggregation="simple"):
        score = 1 / len(text.split()) if self.scored else None
        found = tuple(
            Entity(m["name"], "PLACE" if m["before"] else "NAME", *m.span("name"), score)
            for m in re.finditer(r"(?P<before>\bin )?(?P<name>\b[A-Z]\w*)", text)
        )
        yield Entities(found, ("PLACE", "NAME"), self.scored, "", len(text), len(text), 1, 1)


TEXT = "we met Ada in London in May"


def weights(found):
    return {word.text: word.weight for word in found.words}


def test_the_word_that_makes_a_place_of_a_name_weighs_its_whole_score():
    found = last(Placer().explain(TEXT, place=(14, 20)))
    assert found.label == "London [PLACE]"
    assert found.score == pytest.approx(1 / 7)
    by_place = [word.weight for word in found.words]
    assert by_place[3] == pytest.approx(1 / 7)  # "in" before London
    assert by_place[4] is None  # London itself
    assert by_place[0] == pytest.approx(1 / 7 - 1 / 6)


def test_the_first_entity_is_explained_where_none_was_chosen():
    assert last(Placer().explain(TEXT)).label == "Ada [NAME]"


def test_an_entity_without_a_score_is_there_or_not():
    found = last(Placer(scored=False).explain(TEXT, place=(14, 20)))
    assert found.score == 1
    assert [word.weight for word in found.words] == [0, 0, 0, 1, None, 0, 0]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("nothing here", None, "no entity in this text"),
        (TEXT, (0, 2), "no entity from character 0 to 2"),
        ("Ada " * 301, None, "301 words; 1 to 300"),
        ("", None, "no text to read"),
    ],
)
def test_bad_input_is_refused_with_the_fact(text, place, message):
    with pytest.raises(InputError, match=message):
        last(Placer().explain(text, place=place))


@pytest.mark.starter
def test_the_starter_knows_a_day_by_the_words_around_it():
    text = "The ship sailed on 3 May and May Parker waved."
    found = last(starter_engine("spacy-en-sm").explain(text))
    assert found.label == "3 May [DATE]"
    assert [word.text for word in found.words if word.weight is None] == ["3", "May"]
    assert all(word.weight is not None and word.weight < 1.01 for word in found.words[:4])
