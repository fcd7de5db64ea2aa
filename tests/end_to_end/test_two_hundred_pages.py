"""Two hundred pages in the entity, question and summary tabs: progress, Stop, flat memory."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

import gradio as gr
import psutil
import pytest

from models.runs import Snapshot
from models.service import make_service
from models.settings import Settings
from models.stop import StopToken
from tabs import ner, question_answering, summarization
from tabs.parts import Deck

pytestmark = [pytest.mark.slow, pytest.mark.starter, pytest.mark.timeout(1200)]
#: Two hundred pages of 3,000 characters.
CHARACTERS = 600_000
#: Most that the process may grow by after the first tenth of a text, in bytes.
GROWTH = 80_000_000
#: Longest time from Stop to the end of the run, in seconds: a second, and a busy machine's share.
STOP_S, BUSY = 1.0, 5
PEOPLE = ("Ada Lovelace", "Charles Babbage", "Marie Curie", "Karl von Frisch", "Laura Smith")
PLACES = ("London", "Warsaw", "Chicago", "Poland", "Tokyo", "Leeds", "Paris", "Portugal")
DEEDS = (
    "{who} went to {where} in {year} and stayed for {count} weeks.",
    "In {year} the council of {where} spent {count} million euros on the harbour.",
    "The weather was mild, and nothing of note happened that day.",
    "{who} wrote a letter of {count} pages, which nobody in {where} ever answered.",
    "Work on the bridge near {where} began in {year} and took {count} years.",
)
FACT = "The secret garden was planted by Anna Berg in 1911."
QUESTION = "Who planted the secret garden?"


def book():
    """Sentences of a story without end, with ``FACT`` after nine tenths of it."""
    dice, parts, length, told = random.Random(3), [], 0, False
    while length < CHARACTERS:
        part = dice.choice(DEEDS).format(
            who=dice.choice(PEOPLE), where=dice.choice(PLACES), year=dice.randint(1700, 2020),
            count=dice.randint(2, 90),
        ) + (" " if dice.random() < 0.8 else "\n\n")  # fmt: skip
        if not told and length > 0.9 * CHARACTERS:
            part, told = f"{FACT} {part}", True
        parts.append(part)
        length += len(part)
    return "".join(parts)[:CHARACTERS]


BOOK = book()
#: Tab, verb, and how much of the text a result covers, 0 to 1.
TABS = {
    "ner": (ner.verb(BOOK, ""), lambda found: found.characters_read / found.characters),
    "question_answering": (
        question_answering.verb(QUESTION, BOOK, edges=True),
        lambda found: found.windows / found.windows_total,
    ),
    "summarization": (
        summarization.verb(BOOK, "short", "bullets"),
        lambda found: found.parts / found.parts_total,
    ),
}


@dataclass
class Course:
    """What a run showed: (share done, bytes of the process) at each result, and the last result."""

    seen: list[tuple[float, int]]
    last: Snapshot
    stopped_after_s: float = 0.0


@pytest.fixture(scope="module")
def deck():
    service = make_service(Settings(offline=True, variants="off"))
    with gr.Blocks():
        yield Deck(service, gr.HTML())
    service.close()


async def course(deck, name, until):
    """Runs a tab's first model, and stops it when a share of the text is done."""
    verb, share = TABS[name]
    model, token = deck.cards(name)[0].id, StopToken("s")
    found, memory, pressed = Course([], None), psutil.Process().memory_info, 0.0
    async for update in deck.stream(name, model, verb, token):
        if not isinstance(update, Snapshot):
            continue
        found.last = update
        found.seen.append((share(update.value), memory().rss))
        if found.seen[-1][0] >= until and not pressed:
            pressed = time.perf_counter()
            token.set()
    if pressed:
        found.stopped_after_s = time.perf_counter() - pressed
    return found


@pytest.mark.parametrize("name", TABS)
def test_a_whole_book_is_read_with_progress_in_flat_memory(deck, name):
    began = time.perf_counter()
    found = asyncio.run(course(deck, name, until=2))
    shares = [share for share, _ in found.seen]
    later = [size for share, size in found.seen if share >= 0.1]
    grown = max(later) - later[0]
    print(f"\n{name}: {time.perf_counter() - began:.0f} s, {len(shares)} results, "
          f"memory grew by {grown / 1e6:.0f} MB")  # fmt: skip
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(set(shares)) >= 20
    assert grown < GROWTH
    if name == "question_answering":
        assert all(BOOK[a.start : a.end] == a.text for a in found.last.value.answers)
    if name == "ner":
        assert found.last.value.entities[-1].end > 0.99 * CHARACTERS


@pytest.mark.parametrize("name", TABS)
def test_stop_ends_a_whole_book_and_keeps_what_was_found(deck, name):
    found = asyncio.run(course(deck, name, until=0.05))
    print(f"\n{name}: stopped after {1000 * found.stopped_after_s:.0f} ms")
    assert found.last.stopped
    assert 0.05 <= found.seen[-1][0] < 0.5
    assert found.stopped_after_s < BUSY * STOP_S
