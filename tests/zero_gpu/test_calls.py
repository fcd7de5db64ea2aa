"""Engines whose verbs run in a forked process: results, streams, errors, Stop, and what must travel."""

from __future__ import annotations

import importlib.util
import os
import pickle
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from models import errors
from models.errors import AppError, Busy, InputError, Stopped
from models.spec import Work
from models.stop import NEVER, StopToken
from models.zero_gpu import calls, flags
from models.zero_gpu.callers import carried
from models.zero_gpu.deltas import Receiver, Sender
from models.zero_gpu.durations import LONGEST_S, SHORTEST_S, seconds
from models.zero_gpu.engines import RemoteEngine

KEY = ("sentiment", "test/model")
STAND_IN = Path(__file__).parent / "stand_in" / "spaces" / "worker.py"


@dataclass(frozen=True)
class Said:
    """What ``Talker`` says; ``pieces`` grow."""

    text: str
    pid: int
    pieces: tuple[np.ndarray, ...] = ()
    work: Work = field(default_factory=lambda: Work(1, "texts"))


class Talker:
    """An engine with one verb of each kind."""

    reentrant = False
    memory_bytes = 7
    languages = ("en",)

    def say(self, text: str, *, stop: StopToken = NEVER) -> Said:
        return Said(text, os.getpid())

    def count(self, limit: int, stop: StopToken):
        pieces: tuple[np.ndarray, ...] = ()
        for number in range(limit):
            stop.check()
            pieces = (*pieces, np.full(3, number))
            yield Said(str(number), os.getpid(), pieces)

    def ponder(self, *, stop: StopToken) -> Said:
        began = time.monotonic()
        while not stop.is_set:  # a single step that only looks at its token
            if time.monotonic() - began > 100:
                raise RuntimeError("nobody stopped it")
            time.sleep(0.01)
        return Said(f"{time.monotonic() - began:.3f}", os.getpid())

    def refuse(self) -> Said:
        raise InputError("No text.", hint="Write one.")

    def break_down(self) -> Said:
        raise KeyError("secret")

    def die(self) -> Said:
        os._exit(1)


@pytest.fixture(scope="module")
def talker():
    found = importlib.util.spec_from_file_location("stand_in_worker", STAND_IN)
    worker = importlib.util.module_from_spec(found)
    found.loader.exec_module(worker)
    calls.ENGINES[KEY] = Talker()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPACES_STAND_IN_LIMIT_S", "200")  # a busy machine is no reason to end a run
        yield RemoteEngine(KEY, calls.ENGINES[KEY], worker.GPU(duration=calls.duration)(calls.run))
    del calls.ENGINES[KEY]
    for idle in worker._workers.values():
        for one in idle:
            one.process.kill()


def test_a_verb_runs_in_another_process_and_its_result_comes_back(talker):
    said = talker.say("hello", stop=StopToken())
    assert said.text == "hello"
    assert said.pid != os.getpid()


def test_the_worker_is_kept_for_the_next_call(talker):
    assert talker.say("a").pid == talker.say("b").pid


def test_plain_attributes_are_read_without_a_gpu(talker):
    assert talker.languages == ("en",)
    assert talker.memory_bytes == 7
    assert talker.reentrant


def test_an_attribute_that_an_engine_lacks_is_an_attribute_error(talker):
    with pytest.raises(AttributeError, match="voices"):
        _ = talker.voices


def test_snapshots_stream_and_each_is_whole(talker):
    seen = list(talker.count(3, NEVER))
    assert [said.text for said in seen] == ["0", "1", "2"]
    assert [len(said.pieces) for said in seen] == [1, 2, 3]
    assert seen[-1].pieces[1] is seen[-2].pieces[1], "sent once"


def test_closing_a_stream_frees_the_worker(talker):
    stream = talker.count(1_000_000, NEVER)
    first = next(stream)
    stream.close()
    assert talker.say("next").pid == first.pid


def test_stop_reaches_a_single_long_step(talker):
    stop = StopToken()
    threading.Timer(0.3, stop.set).start()
    talker.ponder(stop=stop)  # raises when nobody stops it


def test_stop_during_a_stream_is_stopped(talker):
    stop = StopToken()
    stream = talker.count(1_000_000, stop)
    next(stream)
    stop.set()
    with pytest.raises(Stopped):
        for _ in stream:
            pass


def test_slots_are_given_back(talker):
    before = len(flags._free)
    talker.say("x")
    with pytest.raises(InputError):
        talker.refuse()
    assert len(flags._free) == before


def test_a_refusal_comes_back_as_it_was(talker):
    with pytest.raises(InputError) as caught:
        talker.refuse()
    assert (caught.value.message, caught.value.hint) == ("No text.", "Write one.")


def test_an_unforeseen_error_names_its_kind_and_not_its_words(talker):
    with pytest.raises(AppError, match="KeyError") as caught:
        talker.break_down()
    assert "secret" not in str(caught.value)


def test_a_worker_that_dies_is_said_and_the_next_call_gets_another(talker):
    with pytest.raises(AppError, match="ZeroGPU ended the run: it was given 10 s"):
        talker.die()
    assert talker.say("again").text == "again"


def test_a_refusal_of_zero_gpu_itself_is_busy():
    class Refused(Exception):
        title, message = "ZeroGPU quota exceeded", "60s requested vs. 12s left."

    def refuse(call):
        raise Refused
        yield

    with pytest.raises(Busy, match=r"ZeroGPU quota exceeded: 60s requested vs\. 12s left\."):
        RemoteEngine(KEY, Talker(), refuse).say("x")


def _every(kind: type[AppError]):
    yield kind
    for child in kind.__subclasses__():
        yield from _every(child)


@pytest.mark.parametrize("kind", list(_every(errors.AppError)), ids=lambda kind: kind.__name__)
def test_every_error_survives_the_way_between_processes(kind):
    back = pickle.loads(pickle.dumps(kind("a fact.", hint="do this.")))
    assert type(back) is kind
    assert (back.message, back.hint) == ("a fact.", "do this.")


def test_a_delta_of_a_list_that_shrinks_is_sent_whole():
    sender, receiver = Sender(), Receiver()
    a, b = np.zeros(1), np.ones(1)
    for pieces in [(a, b), (a,), (), (b,)]:
        delta = sender.pack(Said("x", 1, pieces))
        assert receiver.unpack(delta).pieces == pieces


def test_durations_grow_with_the_input_and_stay_within_what_zero_gpu_lends():
    assert seconds("sentiment", ["short"]) == SHORTEST_S
    assert seconds("translation", ["x" * 5_000]) > seconds("translation", ["x" * 500])
    assert seconds("speech_to_text", [np.zeros(16_000 * 300, np.float32)]) == 45
    assert seconds("summarization", ["x" * 10**6]) == LONGEST_S
    small = seconds("image_generation", ["a cat", {"width": 512, "height": 512, "steps": 20}])
    large = seconds("image_generation", ["a cat", {"count": 4, "steps": 50}])
    assert small < large <= LONGEST_S


def test_a_run_keeps_the_context_of_whoever_asked():
    from contextvars import ContextVar

    who: ContextVar[str] = ContextVar("who", default="nobody")

    def verb(engine, stop):
        for _ in range(2):
            yield who.get()

    who.set("ada")
    run = carried(verb)
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.extend(run(None, NEVER)))
    thread.start()
    thread.join()
    assert seen == ["ada", "ada"]
