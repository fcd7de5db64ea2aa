"""Text to speech around a readable fake voice, on tiny random networks, and on the starter."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import psutil
import pytest

from models.errors import InputError, ModelUnsupported, Stopped
from models.spec import Placement, Weights
from models.speech_english import LONGEST_PHRASE, phoneme_text, sayable
from models.speech_hibari import learnt
from models.speech_pieces import CHAPTER_PAUSE_S
from models.speech_piper import espeak
from models.speech_recording import SpeechRecording
from models.speech_voice import Sound, TimedWord
from models.starter import starters
from models.stop import StopToken
from models.text_to_speech import LOADERS, MAX_CHARACTERS, TextToSpeechEngine
from tests.fakes import card
from tests.models.audio_checkpoints import tiny_bark, tiny_speecht5, tiny_vits, tiny_whisper

CPU = Placement("cpu", "float32", "test")
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


def last(snapshots):
    return list(snapshots)[-1]


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
        ("a", {"seed": -1}, "seed -1 is outside"),
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


def loaded(folder):
    return LOADERS["transformers"](Weights(card("local/voice"), folder, "r"), CPU)


def test_vits_speaks_repeats_by_seed_and_says_what_it_can_not(tmp_path):
    voice = loaded(tiny_vits(tmp_path))
    first, again, other = (last(voice.speak("hello there 007", seed=s)) for s in (1, 1, 2))
    assert np.array_equal(first.samples, again.samples)
    assert len(first.samples) != len(other.samples) or not np.array_equal(
        first.samples, other.samples
    )
    assert first.unread == ("007",)
    assert first.sample_rate == 16_000
    with pytest.raises(InputError, match="finds nothing"):
        last(voice.speak("007"))


def test_vits_with_several_speakers_offers_them(tmp_path):
    voice = loaded(tiny_vits(tmp_path, speakers=3))
    assert voice.voices == ("speaker 0", "speaker 1", "speaker 2")
    low, high = (last(voice.speak("hello", seed=1, voice=v)).samples for v in voice.voices[:2])
    assert len(low) != len(high) or not np.array_equal(low, high)


def test_a_model_call_leaves_the_global_generator_as_it_was(tmp_path):
    import torch

    voice = loaded(tiny_vits(tmp_path))
    before = torch.get_rng_state()
    last(voice.speak("hello", seed=3))
    assert torch.equal(before, torch.get_rng_state())


def test_speecht5_speaks_with_the_speakers_in_its_folder_at_one_speed(tmp_path):
    voice = loaded(tiny_speecht5(tmp_path))
    assert voice.voices == ("anna",)
    assert last(voice.speak("hello there")).duration_s > 0
    with pytest.raises(InputError, match="at its own pace only"):
        last(voice.speak("hello", speed=1.5))


def test_speecht5_without_a_vocoder_says_what_is_missing(tmp_path):
    with pytest.raises(ModelUnsupported, match="no vocoder"):
        loaded(tiny_speecht5(tmp_path, whole=False))


def test_bark_speaks_with_a_preset_and_stops_with_the_next_token(tmp_path):
    voice = loaded(tiny_bark(tmp_path))
    assert voice.voices == ("the model's own", "v2/en_speaker_0")
    assert last(voice.speak("hello", voice="v2/en_speaker_0", seed=1)).duration_s > 0
    stop = StopToken()
    stop.set()
    with pytest.raises(Stopped):
        voice._model.say("hello", voice="v2/en_speaker_0", speed=1, seed=1, stop=stop)


def test_a_model_of_another_task_is_refused_by_name(tmp_path):
    with pytest.raises(ModelUnsupported, match="whisper model"):
        loaded(tiny_whisper(tmp_path))


def speaking(name):
    from models.settings import Settings
    from models.sources import starter_folder

    found = starters()[f"starter/{name}"]
    folder = starter_folder(found, Settings().cache_folder)
    return LOADERS[found.card.engine](Weights(found.card, folder, "r"), CPU)


@pytest.fixture(scope="module")
def hibari():
    return speaking("hibari")


@pytest.fixture(scope="module")
def joe():
    return speaking("joe")


@pytest.fixture
def starter(request):
    return request.getfixturevalue(request.param)


both = pytest.mark.parametrize("starter", ["hibari", "joe"], indirect=True)


@pytest.mark.starter
@both
def test_a_starter_speaks_audibly_and_at_the_asked_pace(starter):
    fox = "The quick brown fox jumps over the lazy dog."
    slow, plain, quick = (last(starter.speak(fox, speed=s, seed=1)) for s in (0.5, 1.0, 2.0))
    assert 1.5 < plain.duration_s < 6
    assert 0.1 < np.abs(plain.samples).max() < 1
    assert slow.duration_s > 1.6 * plain.duration_s > 2.4 * quick.duration_s
    assert plain.real_time_factor < 1


@pytest.mark.starter
@pytest.mark.parametrize("name", ["hibari", "joe"])
def test_a_starters_card_names_the_voices_that_the_engine_has(name, request):
    engine, defaults = request.getfixturevalue(name), starters()[f"starter/{name}"].card.defaults
    assert (tuple(defaults["voices"]), tuple(defaults["speeds"])) == (engine.voices, engine.speeds)


@pytest.mark.starter
@both
def test_a_seed_repeats_the_sound_of_a_starter_and_another_one_does_not(starter):
    first, again, other = (last(starter.speak("A glass of water.", seed=s)) for s in (1, 1, 2))
    assert np.array_equal(first.samples, again.samples)
    size = min(len(first.samples), len(other.samples))
    assert not np.array_equal(first.samples[:size], other.samples[:size])


@pytest.mark.starter
@both
def test_words_of_a_starter_are_timed_where_they_are_loud(starter):
    text = "Stop. Dr. Ray paid $45.50 at 7:30 pm."
    result = last(starter.speak(text, seed=1))
    words = [word for piece in result.spoken for word in piece.words]
    assert [text[w.start_char : w.end_char] for w in words] == [
        "Stop.", "Dr.", "Ray", "paid", "$45.50", "at", "7:30 pm."
    ]  # fmt: skip
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(words))
    loud = [np.abs(result.samples[_at(w.start, result) : _at(w.end, result)]).max() for w in words]
    assert min(loud) > 0.03
    assert words[-1].end <= result.duration_s
    assert {type(time) for w in words for time in (w.start, w.end)} == {float}, "no JSON of others"


@pytest.mark.starter
@both
def test_a_starter_tells_how_it_reads_numbers_and_abbreviations(starter):
    (piece,) = last(starter.speak("Dr. Ray paid $45.50 at 7:30.", seed=1)).spoken
    assert piece.read_as == "Dr Ray paid forty five dollars and fifty cents at seven thirty."
    assert "d" in piece.phonemes
    assert "ˈ" in piece.phonemes


def _at(seconds, speech):
    return round(seconds * speech.sample_rate)


def test_british_sounds_that_the_voice_never_learnt_become_the_nearest() -> None:
    assert learnt("θˈɜːti kˈQst plˈatfɔːm hˈɒt pˈɛːz") == "θˈɜɹti kˈOst plˈætfɔm hˈɔt pˈɛɹz"
    assert learnt("θˈɜɹTi kˈOst plˈætfˌɔɹm") == "θˈɜɹTi kˈOst plˈætfˌɔɹm"


@pytest.mark.starter
def test_both_voices_of_the_starter_sound_different(hibari):
    one, other = (last(hibari.speak("A glass of water.", seed=1, voice=v)) for v in hibari.voices)
    size = min(len(one.samples), len(other.samples))
    assert np.abs(one.samples[:size] - other.samples[:size]).max() > 0.05


@pytest.mark.starter
@pytest.mark.parametrize("text", ["\U0001f600", "مرحبا", "日本語", "...", "$"])
@both
def test_a_starter_refuses_what_it_can_not_say(starter, text):
    with pytest.raises(InputError, match="finds nothing in this text"):
        last(starter.speak(text))


@pytest.mark.starter
def test_the_starter_says_what_it_can_and_names_the_rest(hibari):
    result = last(hibari.speak("Hi \U0001f600 there 日本, for $5!"))
    assert result.duration_s > 0.8
    assert result.unread == ("\U0001f600", "日本")


@pytest.mark.starter
@pytest.mark.parametrize(
    "text", ["a" * 3000, "9" * 300, "<b>C++ & 5%</b>", "x\u0000y", "İſ1 ﬁ Ⅷ ½ ②"]
)
def test_the_starter_survives_odd_texts(hibari, text):
    assert np.isfinite(last(hibari.speak(text)).samples).all()


@pytest.mark.starter
@pytest.mark.parametrize("text", ["<b>C++ & 5%</b>", "x\u0000y", "İſ1 ﬁ Ⅷ ½ ②", "[a](/b/) — …"])
def test_the_second_starter_survives_odd_texts(joe, text):
    assert np.isfinite(last(joe.speak(text)).samples).all()


@pytest.mark.starter
def test_a_sentence_of_more_sounds_than_the_network_takes_is_said_in_phrases(hibari):
    text = "It cost $987,654,321.99, " * 15 + "and that was all."
    phrases = hibari._model._readers["Heart, American"].read(text[:400])
    assert len(phrases) > 1
    assert all(len(phoneme_text(words)) <= LONGEST_PHRASE for words in phrases)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a **bold** _word_ and `code`", "a bold word and code"),
        ("- one\n* two\n> three", "one\ntwo\nthree"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
    ],
)
def test_the_marks_of_markdown_are_not_said(text, said):
    assert sayable(text) == said


def test_sounds_are_written_as_espeak_writes_them():
    said = "hˈæpi sˈi ʃi ˈɛɹiə əbˈWt ə ən Idˈiə bˈɜɹd kˈɑɹ mˈʌni, pˈipᵊl. ʧˈɑɪs"
    assert (
        espeak(said)
        == "hˈæpi sˈiː ʃiː ˈɛɹiə ɐbˈaʊt ɐ ən aɪdˈiə bˈɜːd kˈɑːɹ mˈʌni, pˈiːpəl. tʃˈɑːɪs"
    )


@pytest.mark.slow
@pytest.mark.starter
@pytest.mark.timeout(1_800)
def test_an_hour_of_speech_takes_no_memory(hibari, tmp_path):
    process = psutil.Process()
    sentence = "The captain counted fourteen men and two boys on the wet deck of the old ship. "
    book = "".join(f"# Part {part}\n\n{sentence * 12}\n\n" for part in range(70))
    last(hibari.speak(sentence * 3, seed=1, keep=False))
    before, most, recording = process.memory_info().rss, 0, SpeechRecording(tmp_path / "r", "mp3")
    for result in recording.follow(hibari.speak(book, seed=1, keep=False)):  # noqa: B007 - its last
        most = max(most, process.memory_info().rss - before)
    assert result.duration_s > 3_600
    assert len(recording.chapters) == result.chapters_total == 70
    assert most < 60e6, f"{most / 1e6:.0f} MB more"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_vits_voice_draws_durations_in_full_precision_whatever_it_is_read_in(tmp_path, dtype):
    import torch

    seen = []
    hear = torch.nn.modules.module.register_module_forward_pre_hook(
        lambda module, args: (
            seen.append((type(module).__name__, args[0].dtype))
            if type(module).__name__ in ("VitsConvFlow", "VitsHifiGan")
            else None
        )
    )
    try:
        placed = Placement("cpu", dtype, "test")
        engine = LOADERS["transformers"](Weights(card("local/v"), tiny_vits(tmp_path), "r"), placed)
        samples = last(engine.speak("Good morning.", seed=1)).samples
    finally:
        hear.remove()
    assert len(samples)
    assert {kind for name, kind in seen if name == "VitsConvFlow"} == {torch.float32}
    assert {kind for name, kind in seen if name == "VitsHifiGan"} == {getattr(torch, dtype)}
