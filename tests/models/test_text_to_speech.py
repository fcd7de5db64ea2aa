"""Text to speech around a readable fake voice: pieces, places, chapters, limits and Stop."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest

from models.errors import InputError, Stopped
from models.speech_pieces import CHAPTER_PAUSE_S
from models.speech_voice import Sound, TimedWord
from models.stop import StopToken
from models.text_to_speech import MAX_CHARACTERS, TextToSpeechEngine
from tests.models.engines import last

TEXT = "One is here. Two is there! Three is gone?"


class Beeper:
    """Says every letter as 100 samples at 1 kHz; louder than allowed, to be clipped."""

    reentrant, memory_bytes, sample_rate = True, 1, 1000
    voices, speeds, longest = ("low", "high"), (0.5, 2.0), 40

    def __init__(self):
        self.said = []

    def say(self, text, *, voice, speed, seed, stop):
        stop.check()
        self.said.append((text, voice, speed, seed))
        letters = sum(character.isalpha() for character in text)
        return Sound(
            np.full(round(letters * 100 / speed), 3.0, np.float32),
            tuple(self._words(text, speed)),
            read_as=text.lower(),
            phonemes=text.upper(),
        )

    def _words(self, text, speed):
        at = 0.0
        for word in re.finditer(r"\S+", text):
            until = at + sum(map(str.isalpha, word[0])) / (10 * speed)
            yield TimedWord(word.start(), word.end(), at, until)
            at = until

    def unreadable(self, text):
        return [word for word in text.split() if not word.isascii()]


@pytest.fixture
def engine():
    return TextToSpeechEngine(Beeper())


def test_sound_grows_sentence_by_sentence_and_its_places_cover_text_and_sound(engine):
    snapshots = list(engine.speak(TEXT))
    assert [len(s.pieces) for s in snapshots] == [1, 2, 3]
    spoken = snapshots[-1].spoken
    assert [TEXT[p.start_char : p.end_char] for p in spoken] == [
        "One is here.", "Two is there!", "Three is gone?",
    ]  # fmt: skip
    assert spoken[0].start == 0
    assert all(a.end == b.start for a, b in pairwise(spoken))
    assert snapshots[-1].duration_s == spoken[-1].end == len(snapshots[-1].samples) / 1000


def test_words_have_their_places_in_the_whole_text_and_the_whole_sound(engine):
    result = last(engine.speak("  " + TEXT))
    words = [word for piece in result.spoken for word in piece.words]
    assert [("  " + TEXT)[w.start_char : w.end_char] for w in words] == TEXT.split()
    assert all(a.end == pytest.approx(b.start) for a, b in pairwise(words))
    assert all(p.start <= w.start <= w.end <= p.end for p in result.spoken for w in p.words)
    assert result.spoken[1].read_as == "two is there!"
    assert result.spoken[1].phonemes == "TWO IS THERE!"


BOOK = "# The Storm\n\nIt rained.\n\n## One ##\nIt blew. It fell.\n\n## Two\nIt ended."


def test_chapters_have_their_places_headings_no_marks_and_a_pause_before_each(engine):
    snapshots = list(engine.speak(BOOK))
    assert [len(s.chapters) for s in snapshots] == [1, 1, 2, 2, 2, 3, 3]
    result = snapshots[-1]
    assert result.chapters_total == 3
    said = [BOOK[p.start_char : p.end_char] for p in result.spoken]
    assert said == ["The Storm", "It rained.", "One", "It blew.", "It fell.", "Two", "It ended."]
    assert [c.title for c in result.chapters] == ["The Storm", "One", "Two"]
    assert [c.first for c in result.chapters] == [0, 2, 5]
    assert all(a.end == b.start for a, b in pairwise(result.chapters))
    assert result.chapters[-1].end == result.duration_s
    quiet = result.samples[round(result.chapters[1].start * 1000) :][
        : round(CHAPTER_PAUSE_S * 1000)
    ]
    assert not quiet.any()
    assert result.spoken[2].words[0].start == pytest.approx(
        result.spoken[2].start + CHAPTER_PAUSE_S
    )


def test_a_speech_that_is_not_kept_holds_its_newest_piece_only(engine):
    kept, newest = list(engine.speak(BOOK)), list(engine.speak(BOOK, keep=False))
    assert [len(s.pieces) for s in newest] == [1] * len(kept)
    joined = np.concatenate([s.pieces[0] for s in newest])
    assert np.array_equal(joined, np.concatenate(kept[-1].pieces))
    assert newest[-1].duration_s == kept[-1].duration_s


def test_time_to_first_sound_and_real_time_factor_are_measured(engine):
    result = last(engine.speak(TEXT))
    assert 0 < result.first_audio_s <= result.elapsed_s
    assert result.real_time_factor == result.elapsed_s / result.duration_s
    assert result.work.amount == result.duration_s


def test_too_loud_sound_is_clipped(engine):
    assert last(engine.speak(TEXT)).samples.max() == 1.0


def test_a_sentence_too_long_for_the_model_is_cut_and_nothing_is_lost(engine):
    text = "word " * 60 + "end."
    last(engine.speak(text))
    assert len(engine._model.said) > 5
    assert all(len(piece) <= 40 for piece, *_ in engine._model.said)
    assert "".join("".join(p.split()) for p, *_ in engine._model.said) == "".join(text.split())


def test_voice_and_speed_reach_the_model_and_the_first_voice_is_the_default(engine):
    assert last(engine.speak(TEXT, speed=2.0)).voice == "low"
    assert last(engine.speak(TEXT, voice="high")).voices == ("low", "high")
    assert {(voice, speed) for _, voice, speed, _ in engine._model.said} == {
        ("low", 2),
        ("high", 1),
    }


def test_every_sentence_has_its_own_seed_and_a_seed_repeats(engine):
    last(engine.speak(TEXT, seed=7))
    last(engine.speak(TEXT, seed=7))
    seeds = [seed for *_, seed in engine._model.said]
    assert seeds[:3] == seeds[3:]
    assert len(set(seeds)) == 3


def test_words_without_a_sound_are_named(engine):
    assert last(engine.speak("Say 日本 now. And 日本 again.")).unread == ("日本",)


@pytest.mark.parametrize("text", ["\U0001f600\U0001f600", "...", "$ % &"])
def test_a_text_with_nothing_to_say_is_a_clear_error(engine, text):
    with pytest.raises(InputError, match="finds nothing in this text"):
        last(engine.speak(text))


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        ("", {}, "no text"),
        (" \n\t", {}, "no text"),
        ("x" * (MAX_CHARACTERS + 1), {}, "300,001 characters; the limit is 300,000"),
        ("a", {"voice": "nobody"}, "no voice 'nobody'. Choices: low, high"),
        ("a", {"speed": 3}, "speed 3 is outside 0.5 to 2"),
        ("a", {"speed": float("nan")}, "speed nan is outside"),
        ("a", {"seed": -1}, "Seed: -1 is not between 0 and 4,294,967,295"),
    ],
    ids=["empty", "blank", "long", "voice", "speed", "no number", "seed"],
)
def test_what_can_not_be_done_is_refused_with_the_limit(engine, text, settings, message):
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        last(engine.speak(text, **settings))


def test_stop_between_sentences_keeps_what_was_said(engine):
    stop = StopToken()
    run = engine.speak(TEXT, stop=stop)
    assert len(next(run).pieces) == 1
    stop.set()
    with pytest.raises(Stopped):
        next(run)
