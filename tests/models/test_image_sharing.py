"""Two users of one image engine at once: each gets the pictures that each gets alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models import image_engine
from models.stop import StopToken
from tests.models.engines import last
from tests.models.image_checkpoints import PIPELINES
from tests.models.image_engines import pixels


class InStep(StopToken):
    """Two runs that share one wait for each other after every step."""

    def __init__(self):
        super().__init__()
        self.first_is_drawing = threading.Event()
        self._gate = threading.Barrier(2, timeout=60)

    def check(self):
        if threading.current_thread().name.startswith("stepwise"):  # a pipeline, after a step
            self.first_is_drawing.set()
            self._gate.wait()

    def leave(self):
        """Nobody waits for a run that has ended; runs of equal length have no step left by then."""
        self._gate.abort()


def together(made, wishes):
    """The pictures of two runs that go on at once, step by step.

    The second begins when the first is past its text encoders: a fast tokenizer that two threads
    call is "already borrowed", which is why the registry lets users take turns on an engine.
    """
    stop = InStep()

    def run(wish):
        try:
            return last(made.draw(**wish, stop=stop))
        finally:
            stop.leave()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(run, wishes[0])
        assert stop.first_is_drawing.wait(100)
        second = pool.submit(run, wishes[1])
        return [pixels(first.result()), pixels(second.result())]


TWO_WISHES = [
    {"prompt": "a red apple", "steps": 4, "seed": 1},
    {"prompt": "a blue car", "steps": 4, "seed": 2},
]


@pytest.mark.parametrize("name", PIPELINES)
def test_two_users_at_once_get_the_pictures_that_each_gets_alone(engines, name):
    alone = [pixels(last(engines[name].draw(**wish))) for wish in TWO_WISHES]
    at_once = together(engines[name], TWO_WISHES)
    assert all(np.array_equal(a, b) for a, b in zip(alone, at_once, strict=True))


def test_two_users_at_once_would_disturb_each_other_on_one_sampler(engines, monkeypatch):
    made = engines["stable_diffusion_xl"]
    alone = [pixels(last(made.draw(**wish))) for wish in TWO_WISHES]
    monkeypatch.setattr(image_engine, "run_of_its_own", lambda pipe: pipe)
    try:
        at_once = together(made, TWO_WISHES)
    except (IndexError, RuntimeError):  # one run's steps used up the other's
        return
    assert not all(np.array_equal(a, b) for a, b in zip(alone, at_once, strict=True))


@pytest.mark.parametrize("name", PIPELINES)
def test_a_run_in_between_leaves_another_runs_picture_as_it_is(engines, name):
    def settings(seed):
        return {"steps": 4, "seed": seed}

    alone = pixels(last(engines[name].draw("a red apple", **settings(1))))
    slow = engines[name].draw("a red apple", **settings(1))
    next(slow)
    between = pixels(last(engines[name].draw("a blue car", **settings(2))))
    assert np.array_equal(pixels(last(slow)), alone)
    assert np.array_equal(between, pixels(last(engines[name].draw("a blue car", **settings(2)))))
