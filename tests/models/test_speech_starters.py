"""The voices that come as starters: how they read a text, and how it sounds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import psutil
import pytest

from models.errors import InputError
from models.speech_english import LONGEST_PHRASE, phoneme_text, sayable
from models.speech_hibari import learnt
from models.speech_piper import espeak
from models.speech_recording import SpeechRecording
from models.starter import starters
from tests.models.engines import last, starter_engine


@pytest.fixture(scope="module")
def hibari():
    return starter_engine("hibari")


@pytest.fixture(scope="module")
def joe():
    return starter_engine("joe")


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


def audible(speech):
    return len(speech.samples) > 1_000 and 0.05 < np.abs(speech.samples).max() <= 1


@pytest.mark.starter
@pytest.mark.parametrize(
    "text", ["a" * 3000, "9" * 300, "<b>C++ & 5%</b>", "x\u0000y", "İſ1 ﬁ Ⅷ ½ ②"]
)
def test_the_starter_survives_odd_texts(hibari, text):
    assert audible(last(hibari.speak(text)))


@pytest.mark.starter
@pytest.mark.parametrize("text", ["<b>C++ & 5%</b>", "x\u0000y", "İſ1 ﬁ Ⅷ ½ ②", "[a](/b/) — …"])
def test_the_second_starter_survives_odd_texts(joe, text):
    assert audible(last(joe.speak(text)))


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
