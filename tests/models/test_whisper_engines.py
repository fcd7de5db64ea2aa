"""Whisper in torch and in CTranslate2 on tiny random networks: windows of all callers share passes."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models import whisper_ctranslate2, whisper_ctranslate2_files, whisper_decoding
from models.caller import Caller, acting
from models.errors import Stopped
from models.spec import Weights
from models.speech_recogniser import SAMPLE_RATE, Request
from models.stop import NEVER, StopToken
from models.whisper_ctranslate2 import CTranslate2Group
from models.whisper_ctranslate2_files import load_whisper_ctranslate2
from models.whisper_decoding import TorchGroup, load_whisper
from models.whisper_dice import Dice
from models.whisper_hearing import Hearing
from tests.fakes import WAIT_S, card
from tests.models.audio_checkpoints import tiny_whisper
from tests.models.engines import HERE

LOADERS = {"torch": load_whisper, "ctranslate2": load_whisper_ctranslate2}
GROUPS = {"torch": TorchGroup, "ctranslate2": CTranslate2Group}


def noise(seed, seconds=3):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, SAMPLE_RATE * seconds).astype(np.float32)


@pytest.fixture(scope="module", params=LOADERS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def whisper(kind, tmp_path_factory):
    """A tiny Whisper; a random one is never sure, and would be read anew with each heat."""
    folder = tiny_whisper(tmp_path_factory.mktemp("whisper"))
    if kind == "ctranslate2":
        folder = converted(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whisper_decoding, "HEATS", (0.0,))
        patch.setattr(whisper_ctranslate2, "TRIES", whisper_ctranslate2.TRIES[:1])
        patch.setattr(whisper_ctranslate2_files, "_LONGEST", 16)
        patch.setattr(whisper_ctranslate2, "PASS_S", 1e9)  # a slow machine's passes are as full
        yield LOADERS[kind](Weights(card("local/w"), folder, "r"), HERE)


def converted(folder):
    from ctranslate2.converters import TransformersConverter

    files = ["tokenizer.json", "preprocessor_config.json"]
    TransformersConverter(str(folder), copy_files=files).convert(str(folder / "ct2"))
    return folder / "ct2"


def heard_in(recogniser, windows, stop=NEVER, **request):
    """What was heard in each window at last."""
    found = dict(recogniser.hear(windows, Request(**request), stop))
    return [found[index].segments for index in sorted(found)]


def said_by(recogniser, user, windows, stop=NEVER):
    with acting(caller := Caller(user)):
        return heard_in(recogniser, windows, stop), caller.tally


@pytest.fixture
def gate(whisper, kind, monkeypatch):
    """Holds every pass until it is opened; ``gate.users`` has the users of each pass."""
    return Gate(whisper.ear, GROUPS[kind], monkeypatch)


class Gate:
    def __init__(self, ear, group, monkeypatch):
        self.ear, self.users, self._open = ear, [], threading.Event()
        step = group.step

        def held(this):
            assert self._open.wait(WAIT_S)
            self.users.append([row.user for row in this.answers])
            step(this)

        monkeypatch.setattr(group, "step", held)

    def open(self):
        self._open.set()

    def wait_for(self, count):
        """Until so many windows wait or are under way."""
        steps = self.ear.steps
        while len(steps._joining) + sum(len(g.answers) for g in steps._groups) < count:
            threading.Event().wait(0.005)


def test_the_same_recording_gives_the_same_text_with_words_in_order_inside_it(whisper):
    [first], [second] = (heard_in(whisper, [noise(0)], words=True) for _ in range(2))
    assert first == second
    assert first
    assert all(0 <= s.start <= s.end <= 3 for s in first)
    words = [word for segment in first for word in segment.words]
    assert words
    assert all(0 <= w.start <= w.end <= 3.01 and 0 < w.probability < 1 for w in words)


def test_windows_heard_together_say_what_each_says_alone(whisper):
    windows = [noise(seed, seconds) for seed, seconds in enumerate((3, 1, 2, 3, 2))]
    alone = [heard_in(whisper, [window])[0] for window in windows]
    assert texts(heard_in(whisper, windows)) == texts(alone)


def texts(windows):
    return [[(s.text, round(s.start, 2), round(s.end, 2)) for s in found] for found in windows]


def test_windows_of_several_callers_share_passes_and_say_what_they_say_alone(whisper, gate):
    users = range(5)
    with ThreadPoolExecutor(5) as pool:
        runs = [pool.submit(said_by, whisper, user, [noise(user)]) for user in users]
        gate.wait_for(5)
        gate.open()
        found = [run.result(WAIT_S) for run in runs]
    # some may have begun before the others came, and those go on together: three of five at least
    assert max(len(set(shared)) for shared in gate.users) >= 3
    assert any(tally.batch_rows > 1 for _, tally in found)
    gate.users.clear()
    for user, (together, _) in enumerate(found):
        assert texts(together) == texts(said_by(whisper, user, [noise(user)])[0])
    assert all(len(shared) == 1 for shared in gate.users)


def test_a_newcomer_need_not_wait_for_the_end_of_a_long_recording(whisper, gate):
    done = []
    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(said_by, whisper, "long", [noise(n, 1) for n in range(40)])
        long.add_done_callback(lambda _: done.append("long"))
        gate.wait_for(1)
        short = pool.submit(said_by, whisper, "short", [noise(99)])
        short.add_done_callback(lambda _: done.append("short"))
        gate.wait_for(2)
        gate.open()
        assert len(long.result(WAIT_S)[0]) == 40
        assert short.result(WAIT_S)[0]
    assert done == ["short", "long"]


def test_one_who_stops_leaves_the_others_their_text_and_frees_the_network(whisper, gate):
    stop, windows = StopToken(), [noise(n) for n in range(3)]
    with ThreadPoolExecutor(2) as pool:
        stopped = pool.submit(said_by, whisper, "one", [noise(n) for n in range(50, 90)], stop)
        gate.wait_for(1)
        other = pool.submit(said_by, whisper, "other", windows)
        gate.wait_for(2)
        stop.set()
        gate.open()
        with pytest.raises(Stopped):
            stopped.result(WAIT_S)
        found, _ = other.result(WAIT_S)
    assert sum(users.count("one") for users in gate.users) <= 2
    assert texts(found) == texts(heard_in(whisper, windows))


def test_a_pass_that_fails_is_read_in_halves_and_only_the_poisoned_window_fails(
    whisper, monkeypatch
):
    ear, encode = whisper.ear, whisper.ear.encode

    def encode_what_is_sound(rows):
        if any(np.isclose(row.samples[0], 0.5) for row in rows):
            raise RuntimeError("out of room")
        encode(rows)

    monkeypatch.setattr(ear, "encode", encode_what_is_sound)
    poison = noise(5)
    poison[0] = 0.5
    wanted = heard_in(whisper, [noise(0), noise(1)])
    with ThreadPoolExecutor(2) as pool:
        good = pool.submit(heard_in, whisper, [noise(0), noise(1)])
        bad = pool.submit(heard_in, whisper, [noise(2), poison, noise(3)])
        with pytest.raises(RuntimeError, match="out of room"):
            bad.result(WAIT_S)
        assert texts(good.result(WAIT_S)) == texts(wanted)


def test_a_doubtful_window_is_read_again_until_it_is_good(whisper, kind, monkeypatch):
    heats = []
    step = GROUPS[kind].step
    monkeypatch.setattr(whisper_decoding, "HEATS", (0.0, 0.2, 0.4))
    monkeypatch.setattr(whisper_ctranslate2, "TRIES", ({"beam_size": 1},) * 3)
    monkeypatch.setattr(
        GROUPS[kind], "step", lambda this: (heats.append(this.answers[0].heat), step(this))
    )
    heard_in(whisper, [noise(0)])
    assert sorted(set(heats)) == [0, 1, 2]


@pytest.mark.parametrize(
    "kind", ["ctranslate2"], indirect=True
)  # transformers' encoder takes 30 s only
def test_a_short_window_is_encoded_with_a_little_silence_and_in_full_at_a_second_try(
    whisper, kind, monkeypatch
):
    lengths = []

    def encode(rows):
        type(whisper.ear).encode(whisper.ear, rows)
        lengths.append({row.encoded.shape[1] for row in rows})

    monkeypatch.setattr(whisper.ear, "encode", encode)
    monkeypatch.setattr(whisper_ctranslate2, "TRIES", ({"beam_size": 1},) * 2)
    heard_in(whisper, [noise(0, 3)])
    heard_in(whisper, [noise(0, 30)])
    assert lengths == [{400}, {1500}, {1500}]


def test_a_multilingual_torch_model_finds_the_language_of_a_window(tmp_path):
    folder = tiny_whisper(tmp_path, languages=("en", "de", "fr"))
    many = load_whisper(Weights(card("local/w"), folder, "r"), HERE)
    *_, (_, heard) = many.hear([noise(0)], Request(), NEVER)
    assert heard.language in many.languages
    assert 1 / 3 < heard.language_probability < 1


@pytest.mark.parametrize("kind", ["ctranslate2"], indirect=True)
def test_a_multilingual_ctranslate2_model_finds_the_language_of_a_window(whisper, kind):
    ear = whisper.ear

    class Polyglot:
        def detect_language(self, encoded):
            return [[("<|de|>", 0.75), ("<|en|>", 0.25)]] * encoded.shape[0]

    real, ear.network = ear.network, Polyglot()
    rows = [Row() for _ in range(2)]
    try:
        ear.tokens.multilingual = True
        ear.settle_languages(rows)
    finally:
        ear.network, ear.tokens.multilingual = real, False
    assert [(row.language, row.language_probability) for row in rows] == [("de", 0.75)] * 2


class Row:
    encoded, language, language_probability = np.zeros((1, 3, 4), np.float32), "", None


@pytest.mark.skipif(HERE.device != "cpu", reason="a matter of the CPU's cores")
@pytest.mark.parametrize("kind", ["torch"], indirect=True)  # CTranslate2 has threads of its own
def test_a_small_torch_model_takes_one_core_and_leaves_the_others_to_the_rest(
    whisper, kind, monkeypatch
):
    import torch

    inside, encode = [], whisper.ear.encode
    monkeypatch.setattr(
        whisper.ear, "encode", lambda rows: (inside.append(torch.get_num_threads()), encode(rows))
    )
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        heard_in(whisper, [noise(0)])
        assert (inside, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


@pytest.fixture(scope="module")
def unsure(tmp_path_factory):
    """A tiny Whisper in CTranslate2 that reads each window with every heat."""
    folder = converted(tiny_whisper(tmp_path_factory.mktemp("unsure")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whisper_ctranslate2_files, "_LONGEST", 16)
        yield load_whisper_ctranslate2(Weights(card("local/w"), folder, "r"), HERE)


def test_a_window_read_with_heat_says_the_same_whatever_was_read_before_or_beside_it(unsure):
    alone = texts(heard_in(unsure, [noise(0)]))
    assert alone[0]
    assert texts(heard_in(unsure, [noise(0)])) == alone
    others = [noise(n) for n in range(1, 5)]
    assert texts(heard_in(unsure, [*others, noise(0)]))[-1:] == alone
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(heard_in, unsure, [noise(0), noise(n)]) for n in range(3)]
        assert [texts(run.result(WAIT_S))[:1] for run in runs] == [alone] * 3


def test_one_window_has_the_dice_at_a_time_and_gives_them_back_at_its_end():
    dice, mail = Dice(object), queue.SimpleQueue()
    first, second = (Hearing(NEVER, noise(0), Request(), mail) for _ in range(2))
    assert dice.lend(first)
    mine = first.dice
    assert dice.lend(first)
    assert first.dice is mine
    assert not dice.lend(second)
    first.tell(None)
    assert dice.lend(second)
