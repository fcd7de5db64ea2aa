"""Whisper's own rules: ticks, phrases, alignment, and which window is heard when."""

from __future__ import annotations

import queue
import time
from types import SimpleNamespace

import numpy as np
import pytest

from models.caller import Caller, acting
from models.errors import Stopped
from models.spec import Weights
from models.speech_recogniser import SAMPLE_RATE, Request
from models.stop import NEVER, StopToken
from models.whisper import WhisperRecogniser
from models.whisper_decoding import load_whisper
from models.whisper_hearing import Reading, repetitiveness
from models.whisper_tokens import Phrase, phrases
from models.whisper_words import walk
from tests.fakes import card
from tests.models.audio_checkpoints import tiny_whisper
from tests.models.engines import HERE

TICK = 100  # id of 0.00 in the cases below; a second is 50 ticks
NOISE = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE * 3).astype(np.float32)


def loaded(folder):
    return load_whisper(Weights(card("local/w"), folder, "r"), HERE)


@pytest.fixture(scope="module")
def english(tmp_path_factory):
    return loaded(tiny_whisper(tmp_path_factory.mktemp("english")))


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return loaded(tiny_whisper(tmp_path_factory.mktemp("many"), languages=("en", "de", "fr")))


@pytest.mark.parametrize(
    ("tokens", "found", "resume"),
    [
        ([TICK, 1, 2, TICK + 50], [Phrase(0, 1, (1, 2))], None),
        ([TICK, 1, TICK + 50, TICK + 75, 2, TICK + 100],
         [Phrase(0, 1, (1,)), Phrase(1.5, 2, (2,))], None),
        ([TICK, 1, TICK + 50, TICK + 50], [Phrase(0, 1, (1,))], 1.0),
        ([TICK, 1, 2], [Phrase(0, 5, (1, 2))], None),
        ([TICK + 300, 1, TICK + 350], [], None),
        ([], [], None),
    ],
    ids=["one", "two", "wants to hear the rest again", "no end", "behind the end", "nothing"],
)  # fmt: skip
def test_a_reading_is_cut_at_its_ticks(tokens, found, resume):
    assert phrases(tokens, TICK, 5.0) == (found, resume)


def test_ticks_come_in_pairs_and_never_go_back(english):
    tokens, first = english._tokens, english._tokens.first_tick
    assert tokens.allowed_ticks([]) == (0, 51)
    assert tokens.must_be_tick([])
    assert tokens.allowed_ticks([first + 9, 5]) == (10, 1501)
    assert not tokens.must_be_tick([first + 9, 5])
    assert tokens.must_be_tick([first, 5, first + 20])
    assert tokens.allowed_ticks([first, 5, first + 20]) == (20, 1501)
    assert tokens.allowed_ticks([first, 5, first + 20, first + 20]) == (0, 0)


def test_prompts_name_language_and_task_only_where_the_model_knows_several(english, many):
    assert english._tokens.prompt("en", "transcribe") == [257]
    ids = many._tokens.prompt("de", "translate")
    assert many._tokens._tokenizer.convert_ids_to_tokens(ids) == [
        "<|startoftranscript|>", "<|de|>", "<|translate|>",
    ]  # fmt: skip
    assert (english.languages, english.tasks) == (("en",), ("transcribe",))
    assert many.languages == ("en", "de", "fr")
    assert many.tasks == ("transcribe", "translate")


def test_alignment_finds_the_cheapest_monotone_path():
    cost = np.ones((3, 6), np.float32)
    cost[0, :2] = cost[1, 2:4] = cost[2, 4:] = 0
    assert walk(cost) == [0, 2, 4]


def test_repetition_is_noticed():
    assert repetitiveness("no, no, no, no, " * 20) > 2.4
    assert repetitiveness("The quick brown fox jumps over the lazy dog.") < 2.4
    assert repetitiveness("") == 0


class Clockwork:
    """An ear, and the mail of its windows: whenever somebody looks in vain, it moves on by a step.

    A step writes one letter of each window; the second ends the first of them with ``says``, by the
    window's length in seconds: letters and ticks, or an error.
    """

    name, memory_bytes, most = "clockwork", 1, 2

    def __init__(self, tokens, says):
        self.steps, self.tokens, self.says = self, tokens, says
        self.asked, self.waits, self.lengths, self.mail = [], [], [], []

    def ask(self, hearing):
        self.asked.append(hearing)
        self.lengths.append(hearing.duration_s)

    def put(self, news):
        self.mail.append(news)

    def get(self, timeout):
        if not self.mail:
            self.step()
        if not self.mail:
            raise queue.Empty
        return self.mail.pop(0)

    def step(self):
        if all(hearing.written for hearing in self.asked):
            self.waits.append(len(self.asked))
            self.end(self.asked.pop(0))
        for hearing in self.asked:
            hearing.written.append(65)

    def end(self, hearing):
        said = self.says.get(hearing.duration_s, (self.tokens.first_tick, 66))
        if isinstance(said, Exception):
            return hearing.tell(said)
        hearing.language, hearing.language_probability = hearing.language or "de", 0.9
        hearing.was_in(3)
        hearing.take(Reading(said, -0.1, 0.0, True), self.tokens, last=True)
        return hearing.tell(None)


@pytest.fixture
def clockwork(many, monkeypatch):
    """Makes a recogniser with such an ear."""

    def make(says=()):
        ear = Clockwork(many._tokens, dict(says))
        mails = SimpleNamespace(SimpleQueue=lambda: ear, Empty=queue.Empty)
        monkeypatch.setattr("models.whisper.queue", mails)
        return WhisperRecogniser(many._tokens, ear)

    return make


def test_text_grows_and_the_last_result_is_whole(clockwork):
    seen = list(clockwork().hear([NOISE], Request(), NEVER))
    assert [(h.draft, h.whole) for _, h in seen] == [("b", False), ("", True)]
    assert [(s.start, s.end, s.text) for s in seen[-1][1].segments] == [(0, 3, "c")]


def test_the_first_window_goes_alone_and_then_twice_as_many_wait_as_a_pass_holds(clockwork):
    recogniser = clockwork()
    list(recogniser.hear([NOISE] * 9, Request(), NEVER))
    assert recogniser.ear.waits == [1, 4, 4, 4, 4, 4, 3, 2, 1]


def test_the_language_of_the_first_window_is_that_of_all(clockwork):
    recogniser = clockwork()
    languages = [h.language for _, h in recogniser.hear([NOISE] * 3, Request(), NEVER)]
    assert languages[0] == ""
    assert set(languages[1:]) == {"de"}
    *_, (_, last) = recogniser.hear([NOISE], Request("fr"), NEVER)
    assert (last.language, last.language_probability) == ("fr", None)


def test_the_rest_of_a_window_is_heard_again_where_the_model_wants_it(clockwork, many):
    first = many._tokens.first_tick
    says = {3.0: (first, 65, first + 50, first + 50), 2.0: (first, 66, first + 99)}
    recogniser = clockwork(says)
    found = dict(recogniser.hear([NOISE, NOISE], Request(), NEVER))
    assert recogniser.ear.lengths == [3.0, 2.0, 3.0, 2.0]
    for heard in found.values():
        ends = [(s.start, s.end) for s in heard.segments]
        assert ends == [(0, 1), (1, pytest.approx(2.98))]
        assert heard.whole


def test_the_error_of_a_window_reaches_its_run_which_leaves_the_others(clockwork):
    recogniser = clockwork({2.0: RuntimeError("out of room")})
    windows = [NOISE, NOISE[: 2 * SAMPLE_RATE], NOISE]
    with pytest.raises(RuntimeError, match="out of room"):
        list(recogniser.hear(windows, Request(), NEVER))
    assert [hearing.left for hearing in recogniser.ear.asked] == [True]


def test_stop_ends_the_run_while_windows_are_under_way(clockwork):
    recogniser, stop = clockwork(), StopToken()
    hearing = recogniser.hear([NOISE] * 9, Request(), stop)
    next(hearing)
    stop.set()
    with pytest.raises(Stopped):
        next(hearing)
    assert all(waiting.gone for waiting in recogniser.ear.asked)


def test_what_a_run_shared_and_what_computed_is_counted(clockwork):
    with acting(caller := Caller("me")):
        list(clockwork().hear([NOISE] * 2, Request(), NEVER))
    tally = caller.tally
    assert (tally.rows, tally.batch_rows, tally.variant) == (2, 3, "clockwork")


def test_a_doubtful_reading_into_silence_is_no_text(many, clockwork):
    recogniser = clockwork()
    recogniser.ear.end = lambda hearing: (
        hearing.take(Reading((66, 67), -1.5, 0.9, True), many._tokens, last=False),
        hearing.tell(None),
    )
    *_, (_, last) = recogniser.hear([NOISE], Request("de"), NEVER)
    assert (last.segments, last.whole) == ((), True)


def test_alignment_of_a_full_window_takes_a_fraction_of_a_second():
    cost = np.random.default_rng(0).normal(size=(220, 1500)).astype(np.float32)
    begun = time.process_time()
    entered = walk(cost)
    assert time.process_time() - begun < 0.5
    assert entered == sorted(entered)
    assert entered[0] == 0
