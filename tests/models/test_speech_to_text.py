"""Speech to text around a readable fake recogniser, on a tiny CTC network, and on the starters."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from models.audio import read_audio
from models.errors import InputError, ModelUnsupported, Stopped
from models.spec import Weights
from models.speech_ctc import pause_phrases
from models.speech_recogniser import SAMPLE_RATE, Heard
from models.speech_to_text import LOADERS, SpeechToTextEngine
from models.stop import StopToken
from models.transcript import Segment, Word
from tests.fakes import card
from tests.models.audio_checkpoints import tiny_vits, tiny_wav2vec2
from tests.models.engines import HERE, starter_engine

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
LEISURE = frozenset(
    """
    and mr john dashwood had then leisure to consider how much there might be prudently in his power
    to do for them
    """.split()  # noqa: SIM905
)


class Loudness:
    """Hears "tone" in every window, from its first to its last loud sample, after a draft.

    It hears ``batch`` windows at once, and the last of them first.
    """

    reentrant, memory_bytes, window_s = True, 1, 30.0
    languages, tasks = ("en", "de"), ("transcribe",)

    def __init__(self, batch=1):
        self.batch, self.requests, self.lengths = batch, [], []

    def hear(self, windows, request, stop):
        self.requests.append(request)
        for first in range(0, len(windows), self.batch):
            stop.check()
            group = list(enumerate(windows))[first : first + self.batch]
            for index, _ in group:
                yield index, Heard((), "to", "de", 0.75)
            stop.check()
            for index, samples in reversed(group):
                self.lengths.append(len(samples) / SAMPLE_RATE)
                loud = np.flatnonzero(np.abs(samples) > 0.1) / SAMPLE_RATE
                tone = Segment(float(loud[0]), float(loud[-1]), "tone")
                yield index, Heard((tone,), "", "de", 0.75, whole=True)


def frames_that_are_loud(samples):
    padded = np.pad(samples, (0, -len(samples) % 512)).reshape(-1, 512)
    yield from np.array_split((np.abs(padded).max(1) > 0.1).astype(np.float32), 3)


def beeps(length, *spans):
    samples = np.zeros(int(length * SAMPLE_RATE), np.float32)
    for start, end in spans:
        samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)] = 0.5
    return samples


@pytest.fixture
def engine():
    return SpeechToTextEngine(Loudness(), frames_that_are_loud)


def test_times_are_those_of_the_recording_not_of_the_window(engine):
    result = list(engine.transcribe(beeps(100, (12, 14), (70, 73))))[-1]
    assert [s.start for s in result.segments] == pytest.approx([12, 70], abs=0.05)
    assert [s.end for s in result.segments] == pytest.approx([14, 73], abs=0.05)
    assert result.text == "tone tone"
    assert result.duration_s == result.read_s == 100
    assert result.speech_s == pytest.approx(6, abs=0.1)


def test_text_streams_with_a_draft_and_what_is_done_stays(engine):
    run = engine.transcribe(beeps(60, (5, 6), (40, 41)))
    seen = [(len(s.segments), s.draft) for s in run if s.searched_s == 60]
    assert seen == [(0, ""), (0, "to"), (1, ""), (1, "to"), (2, ""), (2, "")]


def test_windows_that_end_out_of_order_stand_in_the_order_of_time():
    engine = SpeechToTextEngine(Loudness(batch=2), frames_that_are_loud)
    seen = [
        ([round(s.start) for s in r.segments], r.draft)
        for r in engine.transcribe(beeps(100, (5, 6), (40, 41), (90, 91)))
        if r.searched_s == 100
    ]
    assert seen[2:5] == [([], "to to"), ([40], "to"), ([5, 40], "")]
    assert seen[-1] == ([5, 40, 90], "")


def test_the_search_for_speech_is_told_as_it_goes(engine):
    seen = list(engine.transcribe(beeps(60, (5, 6))))
    assert [round(r.searched_s) for r in seen[:3]] == [20, 40, 60]
    assert [r.read_s for r in seen[:3]] == [0, 0, 0]


def test_progress_grows_to_the_whole_recording_and_tells_the_time_left(engine):
    seen = list(engine.transcribe(beeps(100, (5, 6), (40, 41), (70, 71), (90, 91))))
    read = [r.read_s for r in seen]
    assert read == sorted(read)
    assert read[-1] == 100
    assert 25 in [round(r) for r in read]
    assert seen[0].left_s is None
    assert all(r.left_s > 0 for r in seen if 0 < r.read_s < 100)
    assert seen[-1].left_s is None


def test_what_is_heard_of_a_window_counts_before_its_end():
    class HalfWay(Loudness):
        def hear(self, windows, request, stop):
            yield 0, Heard((Segment(0.0, 4.0, "tone"),), "", "de", 0.75)
            yield 0, Heard((Segment(0.0, 4.0, "tone"),), "", "de", 0.75, whole=True)

    engine = SpeechToTextEngine(HalfWay(), frames_that_are_loud)
    seen = [r.read_s for r in engine.transcribe(beeps(8, (0, 8))) if r.searched_s == 8]
    assert seen == [0, pytest.approx(4, abs=0.1), 8, 8]


def test_silence_gives_an_empty_transcript_and_never_asks_the_model(engine):
    result = list(engine.transcribe(beeps(20)))[-1]
    assert (result.text, result.segments, result.language) == ("", (), "")
    assert engine._recogniser.lengths == []


def test_windows_fit_the_model(engine):
    list(engine.transcribe(beeps(100, (1, 95))))
    assert len(engine._recogniser.lengths) >= 4
    assert all(length <= 30.01 for length in engine._recogniser.lengths)


def test_stop_between_windows_keeps_what_is_done(engine):
    stop = StopToken()
    run = engine.transcribe(beeps(60, (5, 6), (40, 41)), stop=stop)
    assert next(result for result in run if result.text).text == "tone"
    next(run)
    stop.set()
    with pytest.raises(Stopped):
        next(run)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"language": "xx"}, "no language 'xx'. Choices: en, de"),
        ({"task": "translate"}, "no task 'translate'"),
        ({"timestamps": "letter"}, "Choices: segment, word"),
    ],
)
def test_a_choice_the_model_does_not_have_is_refused_with_those_it_has(engine, settings, message):
    with pytest.raises(InputError, match=re.escape(message)):
        list(engine.transcribe(beeps(1), **settings))


def test_a_recording_without_samples_is_refused(engine):
    with pytest.raises(InputError, match="0 samples"):
        list(engine.transcribe(np.zeros(0, np.float32)))


def test_ctc_words_are_joined_into_phrases_at_pauses_and_when_long():
    words = [Word(str(i), i * 0.5, i * 0.5 + 0.4, 1) for i in range(20)]
    assert [len(p) for p in pause_phrases(words)] == [16, 4]
    assert len(pause_phrases([words[0], words[4]])) == 2


@pytest.fixture(scope="module")
def ctc(tmp_path_factory):
    folder = tiny_wav2vec2(tmp_path_factory.mktemp("ctc"))
    return LOADERS["transformers"](Weights(card("local/ctc"), folder, "r"), HERE)


def test_ctc_joins_repeats_drops_blanks_and_keeps_true_doubles(ctc):
    blank, start, gap, h, i, el = 0, 1, 4, 12, 13, 16
    ids = [blank, h, h, i, blank, gap, gap, el, blank, el, start, i]
    words = ctc._recogniser._words(ids, [0.5] * len(ids), 0.02)
    assert [(w.text, round(w.start, 2), round(w.end, 2)) for w in words] == [
        ("HI", 0.02, 0.08),
        ("LLI", 0.14, 0.24),
    ]


def test_a_ctc_model_of_the_hub_writes_words_inside_the_recording(ctc):
    noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE * 4).astype(np.float32)
    ctc._detector = lambda samples: iter([np.ones(-(-len(samples) // 512), np.float32)])
    result = list(ctc.transcribe(noise, timestamps="word"))[-1]
    words = [word for segment in result.segments for word in segment.words]
    assert words
    assert all(re.fullmatch("[A-Z']+", w.text) for w in words)
    assert all(0 <= w.start < w.end <= 4 for w in words)
    assert (ctc.tasks, ctc.languages) == (("transcribe",), ())


def test_a_model_of_another_task_is_refused_by_name(tmp_path):
    with pytest.raises(ModelUnsupported, match="vits model"):
        LOADERS["transformers"](Weights(card("local/v"), tiny_vits(tmp_path), "r"), HERE)


def test_a_folder_without_ctranslate2_weights_is_refused(tmp_path):
    with pytest.raises(ModelUnsupported, match=r"no model\.bin"):
        LOADERS["ctranslate2"](Weights(card("local/c"), tmp_path, "r"), HERE)


@pytest.fixture(scope="module", params=["whisper-tiny.en", "whisper-tiny.en-ct2"])
def whisper(request):
    return starter_engine(request.param)


def spoken(text):
    return re.findall("[a-z']+", text.lower())


@pytest.mark.starter
def test_the_starters_write_a_real_sentence_down(whisper):
    samples = read_audio(EXAMPLES / "austen-leisure.flac", SAMPLE_RATE)
    result = list(whisper.transcribe(samples))[-1]
    assert len(LEISURE & set(spoken(result.text))) >= len(LEISURE) - 2
    assert result.language == "en"
    assert 0 <= result.segments[0].start < result.segments[-1].end <= result.duration_s


@pytest.mark.starter
def test_the_starters_time_words_where_they_are_spoken(whisper):
    samples = read_audio(EXAMPLES / "austen-leisure.flac", SAMPLE_RATE)
    placed = np.concatenate([np.zeros(SAMPLE_RATE * 40, np.float32), samples])
    result = list(whisper.transcribe(placed, timestamps="word"))[-1]
    words = [word for segment in result.segments for word in segment.words]
    starts = {re.sub(r"\W", "", w.text.lower()): w.start for w in words}
    assert 40 <= starts["dashwood"] < starts["leisure"] < starts["power"] < 47.2
    assert starts["power"] > 45


@pytest.mark.starter
def test_the_starters_stay_silent_in_noise(whisper):
    noise = np.random.default_rng(1).normal(0, 0.02, SAMPLE_RATE * 8).astype(np.float32)
    assert list(whisper.transcribe(noise))[-1].text == ""


@pytest.mark.starter
def test_the_many_tongued_starter_tells_spanish_and_puts_it_into_english():
    whisper = starter_engine("whisper-base-ct2")
    samples = read_audio(EXAMPLES / "spanish-conference.flac", SAMPLE_RATE)
    heard = list(whisper.transcribe(samples))[-1]
    assert heard.language == "es"
    assert heard.language_probability > 0.5
    assert {"conferencia", "glorioso", "cuando", "nuestro"} <= set(spoken(heard.text))
    english = list(whisper.transcribe(samples, task="translate"))[-1]
    assert {"conference", "glorious", "leader", "our"} <= set(spoken(english.text))
