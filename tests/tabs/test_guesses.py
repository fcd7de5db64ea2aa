"""Guessing passwords is slow, logging in is not."""

from __future__ import annotations

import asyncio

import pytest

from tabs.parts.guesses import AT_ONCE, EVERY_S, PATIENCE_S, Guesses, TooMany
from tests.fakes import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def guesses(clock, waits):
    async def sleep(seconds):
        waits.append(seconds)

    return Guesses(clock, sleep)


def nobody(_):
    return ""


def ada(_):
    return "ada"


def use_up(guesses):
    for number in range(AT_ONCE):
        assert guesses.judged(f"Basic {number}", nobody) == ""


def test_after_many_wrong_logins_a_new_one_is_not_looked_at_even_if_it_is_right(guesses, clock):
    use_up(guesses)
    with pytest.raises(TooMany, match="Try again in 3 s"):
        guesses.judged("Basic right", ada)
    clock.now += EVERY_S
    assert guesses.judged("Basic right", ada) == "ada"


def test_a_login_that_was_right_is_free_from_then_on(guesses):
    assert guesses.judged("Basic right", ada) == "ada"
    use_up(guesses)
    assert guesses.judged("Basic right", nobody) == "ada"


def test_a_wrong_login_counts_once_however_often_it_is_sent(guesses):
    for _ in range(10 * AT_ONCE):
        assert guesses.judged("Basic of a proxy", nobody) == ""
    for number in range(AT_ONCE - 1):
        guesses.judged(f"Basic {number}", nobody)
    with pytest.raises(TooMany):
        guesses.judged("Basic one more", nobody)


def test_no_login_is_no_guess(guesses):
    for _ in range(10 * AT_ONCE):
        assert guesses.judged("", nobody) == ""
    use_up(guesses)


def test_a_class_that_logs_in_at_nine_does_not_wait(guesses, waits):
    async def log_in():
        await guesses.turn()
        guesses.right()

    async def everybody():
        for _ in range(100):
            await log_in()

    asyncio.run(everybody())
    assert waits == [0.0] * 100


def test_the_form_waits_for_its_turn_and_is_refused_when_the_line_is_long(guesses, waits):
    use_up(guesses)

    async def line():
        for _ in range(int(PATIENCE_S / EVERY_S)):
            await guesses.turn()

    asyncio.run(line())
    assert waits == [EVERY_S * n for n in range(1, len(waits) + 1)]
    with pytest.raises(TooMany):
        asyncio.run(guesses.turn())
