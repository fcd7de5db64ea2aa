"""Voices in torch: VITS, SpeechT5 and Bark on tiny random networks."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import InputError, ModelUnsupported, Stopped
from models.spec import Placement, Weights
from models.stop import StopToken
from models.text_to_speech import LOADERS
from tests.fakes import card
from tests.models.audio_checkpoints import tiny_bark, tiny_speecht5, tiny_vits, tiny_whisper
from tests.models.engines import HERE, last


def loaded(folder):
    return LOADERS["transformers"](Weights(card("local/voice"), folder, "r"), HERE)


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
