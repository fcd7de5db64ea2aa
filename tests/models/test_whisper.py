"""Whisper's own rules: ticks, phrases, alignment, and the decoding loop on a tiny random network."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from models import whisper
from models.errors import Stopped
from models.spec import Placement, Weights
from models.speech_recogniser import SAMPLE_RATE, Request
from models.stop import NEVER, StopToken
from models.whisper import load_whisper
from models.whisper_decoding import Reading, _Row, repetitiveness
from models.whisper_tokens import Phrase, phrases
from models.whisper_words import walk
from tests.fakes import card
from tests.models.audio_checkpoints import tiny_whisper

TICK = 100  # id of 0.00 in the cases below; a second is 50 ticks
NOISE = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE * 3).astype(np.float32)


def loaded(folder):
    return load_whisper(Weights(card("local/w"), folder, "r"), Placement("cpu", "float32", "test"))


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


def heard_in(recogniser, windows, **request):
    """Index of a window -> what was heard in it, in order."""
    found = {}
    for index, heard in recogniser.hear(windows, Request(**request), NEVER):
        found.setdefault(index, []).append(heard)
    return found


def test_text_grows_and_the_last_result_is_whole(english, monkeypatch):
    monkeypatch.setattr(
        whisper, "_DRAFT_S", 0
    )  # a fast machine is done before the next draft is due
    heard = heard_in(english, [NOISE])[0]
    assert len(heard) >= 3  # how soon random weights end is a matter of chance
    assert any(h.draft for h in heard[:-1])
    assert heard[-1].draft == ""
    assert [h.whole for h in heard] == [False] * (len(heard) - 1) + [True]
    assert all(0 <= s.start <= s.end <= 3 for s in heard[-1].segments)


def test_the_same_recording_gives_the_same_text(english):
    first, second = (heard_in(english, [NOISE])[0][-1] for _ in range(2))
    assert first == second


def test_a_multilingual_model_detects_a_language_unless_told(many):
    heard = heard_in(many, [NOISE])[0][-1]
    assert heard.language in many.languages
    assert 1 / 3 < heard.language_probability < 1
    told = heard_in(many, [NOISE], language="fr")[0][-1]
    assert (told.language, told.language_probability) == ("fr", None)


def test_word_times_lie_in_the_window_and_in_order(english):
    heard = heard_in(english, [NOISE], words=True)[0][-1]
    words = [word for segment in heard.segments for word in segment.words]
    assert words
    assert all(0 <= w.start <= w.end <= 3.01 and 0 < w.probability < 1 for w in words)


def test_a_small_model_takes_one_core_and_leaves_the_others_to_the_rest(english):
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        hearing = english.hear([NOISE], Request(), NEVER)
        next(hearing)
        elsewhere: list[int] = []
        fresh = threading.Thread(target=lambda: elsewhere.append(torch.get_num_threads()))
        fresh.start()
        fresh.join()
        assert (torch.get_num_threads(), elsewhere) == (1, [2])
        hearing.close()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_stop_takes_effect_with_the_next_token(english):
    stop = StopToken()
    hearing = english.hear([NOISE], Request(), stop)
    next(hearing)
    stop.set()
    with pytest.raises(Stopped):
        next(hearing)


@pytest.fixture
def one_heat(monkeypatch):
    """A random network is never sure: without this it reads everything six times."""
    monkeypatch.setattr("models.whisper_decoding._HEATS", (0.0,))


@pytest.mark.usefixtures("one_heat")
def test_windows_heard_together_say_what_each_says_alone(english):
    rng = np.random.default_rng(1)
    windows = [rng.normal(0, 0.1, SAMPLE_RATE * n).astype(np.float32) for n in (3, 1, 2, 3, 2)]
    together = heard_in(english, windows)
    assert sorted(together) == [0, 1, 2, 3, 4]
    for index, window in enumerate(windows):
        [alone] = heard_in(english, [window]).values()
        assert [s.text for s in together[index][-1].segments] == [
            s.text for s in alone[-1].segments
        ]


@pytest.mark.usefixtures("one_heat")
def test_windows_share_the_passes_of_the_encoder(english, monkeypatch):
    sizes, encode = [], english._encode
    monkeypatch.setattr(english, "_encode", lambda w: sizes.append(len(w)) or encode(w))
    list(english.hear([NOISE] * 20, Request(), NEVER))
    assert sizes[:3] == [1, 16, 3]


def test_the_rest_of_a_window_is_heard_again_where_the_model_wants_it(english, monkeypatch):
    first = english._tokens.first_tick
    readings = {3.0: (first, 65, first + 50, first + 50), 2.0: (first, 66, first + 99)}
    heard = []

    def encode(windows):
        heard.append([len(w) / SAMPLE_RATE for w in windows])
        return windows

    def read(windows, prompt, stop):
        yield [Reading(readings[len(w) / SAMPLE_RATE], -0.1, 0, True) for w in windows]

    monkeypatch.setattr(english, "_encode", encode)
    monkeypatch.setattr(english._decoder, "readings", read)
    found = heard_in(english, [NOISE, NOISE])
    assert heard == [[3.0], [2.0, 3.0], [2.0]]
    for index in (0, 1):
        ends = [(s.start, s.end) for s in found[index][-1].segments]
        assert ends == [(0, 1), (1, pytest.approx(2.98))]


def test_a_row_that_has_ended_does_not_hold_up_the_others(english, monkeypatch):
    """What remains in the batch is the same as if the ended rows had never been there."""
    decoder, chosen, lengths = english._decoder, english._decoder._chosen, [2, 9, 6, 4]
    sizes = []

    def ending_early(scores, rows, heat):
        sizes.append(len(rows))
        tokens = chosen(scores, rows, heat)
        for place, row in enumerate(rows):
            if len(row.chosen) == lengths[row.index]:
                tokens[place] = english._tokens.end
        return tokens

    monkeypatch.setattr(decoder, "_chosen", ending_early)
    encoded = english._encode([NOISE, NOISE[::-1], NOISE[:SAMPLE_RATE], NOISE * 2])
    *_, together = first_heat(decoder, encoded)
    assert (sizes[0], sizes[-1]) == (4, 1)
    for place in range(4):
        *_, [alone] = first_heat(decoder, encoded[place : place + 1])
        assert together[place].tokens == alone.tokens
        assert together[place].mean_log == pytest.approx(alone.mean_log, abs=1e-4)
        lengths.append(lengths.pop(0))


def first_heat(decoder, encoded):
    """Growing readings before any retry."""
    rows = [_Row(index, None, []) for index in range(len(encoded))]
    for _ in decoder._decode(rows, encoded, [257], 0.0, NEVER):
        yield [row.reading() for row in rows]


def test_alignment_of_a_full_window_takes_a_fraction_of_a_second():
    cost = np.random.default_rng(0).normal(size=(220, 1500)).astype(np.float32)
    begun = time.process_time()
    entered = walk(cost)
    assert time.process_time() - begun < 0.5
    assert entered == sorted(entered)
    assert entered[0] == 0
