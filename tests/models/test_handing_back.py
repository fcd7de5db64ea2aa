"""Freed memory goes back when runs pause, and now and then while they don't."""

from __future__ import annotations

import asyncio

import pytest

from models import handing_back
from models.handing_back import LONGEST_S, HandingBack


@pytest.fixture(autouse=True)
def short_pause(monkeypatch):
    monkeypatch.setattr(handing_back, "PAUSE_S", 0.01)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def handed_back(story):
    """How often memory went back in a story told with ``began`` and ``ended``, and the pause after it."""
    times, clock = [], Clock()
    memory = HandingBack(lambda work: work(), lambda: times.append(clock.now), clock)

    async def told():
        await story(memory, clock)
        await asyncio.sleep(0.05)

    asyncio.run(told())
    return times


def test_it_goes_back_once_nobody_runs():
    async def story(memory, clock):
        memory.began()
        memory.ended(0)

    assert handed_back(story) == [100]


def test_the_next_run_finds_it_still_there():
    async def story(memory, clock):
        memory.began()
        memory.ended(0)
        memory.began()

    assert handed_back(story) == []


def test_a_crowd_that_never_pauses_hands_it_back_once_a_minute():
    async def story(memory, clock):
        for _ in range(30):
            memory.began()
            clock.now += LONGEST_S / 10
            memory.ended(3)

    assert handed_back(story) == [160, 220, 280]
