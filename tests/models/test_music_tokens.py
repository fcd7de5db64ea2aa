"""The grammar of the notes model: what it lets through always adds up, and a tune comes back as it was."""

from __future__ import annotations

import random

import pytest

from models.music_tokens import (
    END,
    IDS,
    LENGTHS,
    TOKENS,
    Writing,
    fits,
    read,
    spelled,
    split_length,
)
from models.music_tune import Part, Tone, Tune, bar_ticks, ticks

EIGHTHS = tuple(Tone(12, step) for step in (0, 2, 4, 5, 7, 5, 4, 2))


HALF = (Tone(48, 0), Tone(24, 0, held=True), Tone(24, None))


def reel(*parts: Part, pickup: tuple[Tone, ...] = ()) -> Tune:
    return Tune("reel", "4/4", "major", pickup, parts)


WHOLE = reel(Part(True, (EIGHTHS, HALF)), Part(False, (EIGHTHS,)), pickup=(Tone(12, -5),))


def by_lot(seed: int) -> Writing:
    """A tune of tokens that were drawn with no likelihood at all, only by the grammar."""
    dice, writing = random.Random(seed), Writing()
    while not writing.ended:
        allowed = [token for token in TOKENS if writing.allowed()[IDS[token]]]
        assert allowed, "a tune never gets stuck"
        done = len(writing.tokens) > 150 and END in allowed
        writing.push(END if done else dice.choice(allowed))
    return writing


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_dice_say_every_bar_is_full(seed: int) -> None:
    tune = by_lot(seed).tune()
    assert tune.bars
    assert {ticks(bar) for bar in tune.bars} == {bar_ticks(tune.metre)}
    assert ticks(tune.pickup) <= bar_ticks(tune.metre) / 2


def test_a_tune_comes_back_from_its_tokens() -> None:
    assert read(spelled(WHOLE)) == WHOLE


def test_a_run_of_equal_lengths_costs_one_token_a_note() -> None:
    tokens = spelled(reel(Part(False, (EIGHTHS, EIGHTHS[::-1]))))
    assert tokens[4:] == [
        "once", "bar:1", "len:12", "+0", "+2", "+4", "+5", "+7", "+5", "+4", "+2",
        "bar:2", "+2", "+4", "+5", "+7", "+5", "+4", "+2", "+0", "<end>",
    ]  # fmt: skip


def test_a_bar_that_was_there_before_costs_one_token_and_comes_back_as_it_was() -> None:
    parts = (
        Part(True, (EIGHTHS, EIGHTHS[::-1], EIGHTHS, EIGHTHS[::-1])),
        Part(False, (EIGHTHS, HALF)),
    )
    tokens = spelled(reel(*parts))
    assert [token for token in tokens if token.startswith("back:")] == [
        "back:2",
        "back:2",
        "back:2",
    ]
    assert read(tokens) == reel(*parts)


def test_a_bar_that_goes_on_with_the_note_before_it_is_no_copy() -> None:
    held = (Tone(96, 0, held=True),)
    tokens = spelled(reel(Part(False, ((*HALF[:1], Tone(48, 0)), held, held))))
    assert "back:1" not in tokens
    begun = "<tune> kind:reel metre:4/4 mode:major once bar:1 len:96 +0 bar:2 hold bar:3 back:1"
    with pytest.raises(ValueError, match="back:1 can't follow"):
        read(begun.split())


def test_a_length_without_a_token_is_two_with_a_hold() -> None:
    assert split_length(60) == (48, 12)
    with pytest.raises(ValueError, match="can't be written"):
        split_length(95)


@pytest.mark.parametrize(
    ("tokens", "wrong"),
    [
        ("<tune> metre:4/4", "metre:4/4"),
        ("<tune> kind:reel metre:3/4 mode:major once bar:1 len:96", "len:96"),
        ("<tune> kind:reel metre:4/4 mode:major once bar:1 hold", "hold"),
        ("<tune> kind:reel metre:4/4 mode:major once bar:1 len:48 +0 <end>", "<end>"),
        ("<tune> kind:reel metre:4/4 mode:major once bar:1 len:8 +0 len:12", "len:12"),
        ("<tune> kind:reel metre:4/4 mode:major once bar:2", "bar:2"),
        ("<tune> kind:polka", "kind:polka"),
    ],
)
def test_what_breaks_the_grammar_is_refused(tokens: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=rf"{wrong} can't follow"):
        read(tokens.split())


def test_a_tune_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="no end"):
        read(spelled(WHOLE)[:-1])


def test_a_triplet_is_completed_before_other_lengths_come() -> None:
    writing = Writing()
    begun = "<tune> kind:jig metre:6/8 mode:minor once bar:1 len:8 +0 +2"
    for token in begun.split():
        writing.push(token)
    allowed = {int(t[4:]) for t in TOKENS if t.startswith("len:") and writing.allowed()[IDS[t]]}
    assert allowed == {4, 16}, "8 is in force already"


def test_every_room_that_a_bar_can_leave_can_be_filled() -> None:
    assert all(fits(room) for room in range(3, 109, 3))
    assert not fits(1)
    assert all(fits(length) for length in LENGTHS)
