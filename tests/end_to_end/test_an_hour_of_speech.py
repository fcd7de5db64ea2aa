"""An hour of real sentences through the starter: flat memory, order kept, nothing lost at a seam."""

from __future__ import annotations

import random
import time
from statistics import median

import numpy as np
import psutil
import pytest

from benchmarks.speech_to_text import PAUSE_S, RECORDINGS, SAID
from models.audio import read_audio
from models.settings import Settings
from models.sources import starter_folder
from models.spec import Placement, Weights
from models.speech_recogniser import SAMPLE_RATE
from models.speech_to_text import LOADERS
from models.starter import starters
from models.word_errors import word_errors

HOUR_S = 3600
#: Share of the recording after which memory counts, and growth of its median from the first third of the rest
#: to the last, in bytes: at one moment it swings by more, with the windows of the pass that goes on.
#: Sound and encoder output kept by mistake would be 4 MB a window, over 100 MB in a third of an hour.
WARM, GROWTH = 0.1, 60_000_000


def hour():
    """Sentences in a random order, with pauses between them, and their words."""
    sounds = {name: read_audio(RECORDINGS / name, SAMPLE_RATE) for name in SAID}
    pause, dice = np.zeros(int(PAUSE_S * SAMPLE_RATE), np.float32), random.Random(1)
    parts, words, length = [], [], 0
    while length < HOUR_S * SAMPLE_RATE:
        name = dice.choice(list(SAID))
        parts += [sounds[name], pause]
        words.append(SAID[name])
        length += len(sounds[name]) + len(pause)
    return np.concatenate(parts), words


@pytest.mark.slow
@pytest.mark.starter
@pytest.mark.timeout(1200)
def test_an_hour_is_written_down_in_flat_memory_and_in_order():
    card = starters()["starter/whisper-tiny.en-ct2"].card
    folder = starter_folder(starters()[card.id], Settings().cache_folder)
    place = Placement("cpu", "float32", "test")
    engine = LOADERS[card.engine](Weights(card, folder, "r"), place)
    samples, words = hour()
    process, memory, began = psutil.Process(), [], time.perf_counter()
    for snapshot in engine.transcribe(samples):
        last = snapshot
        if snapshot.read_s > WARM * snapshot.duration_s:
            memory.append(process.memory_info().rss)
    third = len(memory) // 3
    grown = median(memory[-third:]) - median(memory[:third])
    found = word_errors(
        " ".join(words), last.text
    )  # a sentence lost or doubled counts with all its words
    print(
        f"\n{len(samples) / SAMPLE_RATE / (time.perf_counter() - began):.1f} times real time, "
        f"memory grew by {grown / 1e6:.0f} MB, {100 * found.rate:.1f} % word errors in {found.words} words"
    )
    assert grown < GROWTH
    starts = [segment.start for segment in last.segments]
    assert starts == sorted(starts)
    assert starts[0] >= 0
    assert last.segments[-1].end <= len(samples) / SAMPLE_RATE
    assert found.rate < 0.05
