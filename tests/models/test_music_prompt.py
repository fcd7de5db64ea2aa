"""What the words of a prompt ask of the notes model."""

from __future__ import annotations

from typing import Any

import pytest

from models.music_prompt import Asked, asked, meanings, words
from models.music_sound import INSTRUMENTS
from models.music_tokens import KINDS, METRES, MODES


def wanted(prompt: str) -> dict[str, Any]:
    """What a prompt sets, without the words themselves."""
    found, open_ = vars(asked(prompt)), vars(Asked())
    told = ("understood", "ignored", "remarks")
    return {
        name: value for name, value in found.items() if value != open_[name] and name not in told
    }


@pytest.mark.parametrize(
    ("prompt", "settings"),
    [
        ("a quick reel in D major", {"kinds": ("reel",), "modes": ("major",), "tonic": 2, "pace": 1.14}),
        ("Slip jig, E dorian", {"kinds": ("slip-jig",), "modes": ("dorian",), "tonic": 4}),
        ("march in b flat minor", {"kinds": ("march",), "modes": ("minor",), "tonic": 10}),
        ("F#m air", {"kinds": ("air",), "modes": ("minor",), "tonic": 6}),
        ("something in G", {"tonic": 7}),
        ("a minor key, please", {"modes": ("minor",)}),
        ("a jig or a hornpipe", {"kinds": ("jig", "hornpipe")}),
        ("a happy air in A minor", {"kinds": ("air",), "modes": ("minor",), "tonic": 9}),
        ("6/8 at 96 bpm with a drone", {"metres": ("6/8",), "tempo": 96.0, "drone": True}),
        ("用小提琴演奏的里爾舞曲", {"kinds": ("reel",), "instrument": "fiddle"}),
        ("降B大调进行曲", {"kinds": ("march",), "modes": ("major",), "tonic": 10}),
    ],
)  # fmt: skip
def test_a_prompt_sets_what_it_names_and_nothing_else(
    prompt: str, settings: dict[str, Any]
) -> None:
    assert wanted(prompt) == settings


def test_words_that_mean_nothing_to_it_are_said_back_in_their_order() -> None:
    found = asked("A techno beat with drums and a violin, 電子樂")
    assert found.ignored == ("techno", "beat", "drums", "電子樂")
    assert (found.understood, found.instrument) == (("violin",), "fiddle")


def test_what_it_has_not_learnt_by_name_is_said_with_what_is_done() -> None:
    found = asked("a waltz")
    assert (found.kinds, found.metres) == (("air",), ("3/4",))
    assert "learnt no waltz" in found.remarks[0]


def test_the_first_of_two_instruments_plays_and_that_is_said() -> None:
    found = asked("harp and piano")
    assert found.instrument == "harp"
    assert found.remarks == ("One instrument plays the tune: the harp.",)


def test_a_tempo_out_of_range_is_brought_inside_and_that_is_said() -> None:
    found = asked("a reel at 900 bpm")
    assert found.tempo == 300
    assert "30 to 300" in found.remarks[0]


def test_longer_phrases_come_before_the_words_in_them() -> None:
    assert asked("a very slow slip jig").understood == ("very slow", "slip jig")


def test_every_row_of_the_data_says_what_the_model_and_the_synthesiser_know() -> None:
    meant = {"kind", "prefer", "metre", "mode", "mood", "instrument", "suits"}
    fields = {"say", "pace", "drone", "means"} | meant
    for row in meanings()["word"]:
        assert row.keys() <= fields
        assert set(row.get("kind", [])) | set(row.get("prefer", [])) <= set(KINDS)
        assert set(row.get("metre", [])) <= set(METRES)
        assert set(row.get("mode", [])) | set(row.get("mood", [])) <= set(MODES)
        assert {row.get("instrument", "fiddle"), *row.get("suits", [])} <= set(INSTRUMENTS)
    assert set(meanings()["kinds"]) == set(KINDS)
    assert set(meanings()["keys"]) == set(MODES)


def test_each_word_that_it_says_it_understands_is_understood() -> None:
    assert [word for word in words() if not asked(word).understood or asked(word).ignored] == []


def test_no_phrase_stands_in_two_rows() -> None:
    said = [phrase for row in meanings()["word"] for phrase in row["say"]]
    assert sorted(said) == sorted(set(said))
