"""CSM: a voice goes on as its sample, or as the first sentence of a text, sounds."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from models import speech_csm
from models.errors import ModelUnsupported, Stopped
from models.sources import ModelBuilder
from models.spec import ModelCard, Weights
from models.speech_torch import ONLY
from models.stop import StopToken
from tests.models.audio_checkpoints import tiny_csm
from tests.models.engines import HERE

CARD = ModelCard("org/voice", "text_to_speech", "csm", "Voice")


@pytest.fixture(scope="module", autouse=True)
def _hasty():
    """A few frames for a sentence: a tiny model never ends one by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speech_csm, "FRAMES_PER_CHARACTER", 0.5)
        patch.setattr(speech_csm, "SPARE_FRAMES", 1)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_csm(tmp_path_factory.mktemp("csm"))


def built(folder):
    return ModelBuilder(folder, {}, None).build(Weights(CARD, folder, ""), HERE)


@pytest.fixture(scope="module")
def engine(folder):
    return built(folder)


def spoken(engine, text, **settings):
    *_, speech = engine.speak(text, **settings)
    return speech


def second(engine, first, **settings):
    """The sound of an equal second sentence after different first ones."""
    speech = spoken(engine, f"{first}. How are you today?", seed=5, **settings)
    return speech.pieces[1]


def test_a_text_is_spoken_and_a_seed_repeats_it(engine):
    speech = spoken(engine, "Hello there.", seed=3)
    assert (speech.sample_rate, speech.voices) == (24_000, (ONLY,))
    assert np.isfinite(speech.samples).all()
    assert speech.duration_s > 0.1
    again, other = (spoken(engine, "Hello there.", seed=seed) for seed in (3, 4))
    assert np.array_equal(again.samples, speech.samples)
    assert not np.array_equal(other.samples[:1000], speech.samples[:1000])


def test_later_sentences_go_on_as_the_first_one_sounds(engine):
    assert not np.array_equal(
        second(engine, "Good morning"), second(engine, "A long and windy one")
    )
    assert np.array_equal(second(engine, "Good morning"), second(engine, "Good morning"))


@pytest.fixture(scope="module")
def sampled(folder, tmp_path_factory):
    """The same model with two samples."""
    import shutil

    copy = tmp_path_factory.mktemp("sampled") / "csm"
    shutil.copytree(folder, copy)
    (copy / "voices").mkdir()
    ticks = np.arange(24_000) / 24_000
    for name, pitch in (("ada", 220), ("ben", 110)):
        soundfile.write(
            copy / "voices" / f"{name}.wav", 0.3 * np.sin(6.283 * pitch * ticks), 24_000
        )
        (copy / "voices" / f"{name}.txt").write_text("I am a sample.\n")
    return built(copy)


def test_a_sample_is_a_voice_and_every_sentence_goes_on_from_it(sampled):
    assert sampled.voices == ("ada", "ben", ONLY)
    ada, ben = (second(sampled, "Good morning", voice=name) for name in ("ada", "ben"))
    assert not np.array_equal(ada, ben)
    assert np.array_equal(ada, second(sampled, "Good evening", voice="ada"))


def test_stop_ends_it_in_the_middle_of_a_sentence(engine):
    class After(StopToken):
        looks = 0

        def check(self):
            After.looks += 1
            if After.looks > 5:
                raise Stopped

    with pytest.raises(Stopped):
        list(engine.speak("A sentence that would take many frames.", stop=After("me")))
    assert After.looks == 6


@pytest.mark.parametrize(
    ("seconds", "words", "said"),
    [(1, None, "has no words"), (1, " \n", "has no words"), (31, "It is long.", "longer than 0.5")],
)
def test_a_sample_of_no_use_is_named(folder, tmp_path, seconds, words, said):
    soundfile.write(tmp_path / "ada.wav", np.zeros(24_000 * seconds), 24_000)
    if words is not None:
        (tmp_path / "ada.txt").write_text(words)
    with pytest.raises(ModelUnsupported, match=rf"voices/ada\.wav.*{said}"):
        speech_csm.read_samples(tmp_path, 24_000)


def test_a_model_without_a_template_for_conversations_is_refused(folder, tmp_path):
    import shutil

    shutil.copytree(folder, tmp_path / "csm")
    (tmp_path / "csm" / "chat_template.jinja").unlink()
    with pytest.raises(ModelUnsupported, match="has no chat template"):
        built(tmp_path / "csm")
