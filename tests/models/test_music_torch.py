"""MusicGen from tiny random checkpoints: the sound of transformers' generate, heard and stopped midway."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.errors import ModelUnsupported
from models.music import LOADERS, Wish
from models.music_torch import worth_hearing
from models.spec import Placement, Weights
from models.stop import StopToken
from tests.fakes import card
from tests.models.engines import EXACT, HERE, last, until_stopped
from tests.models.music_checkpoints import tiny_musicgen

PROMPT = "a slow jig in minor"


def built(folder, placement=HERE):
    return LOADERS["transformers"](Weights(card("o/tiny", "music"), folder, "test"), placement)


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    """Mono and stereo."""
    folders = [tmp_path_factory.mktemp(f"musicgen-{channels}") for channels in (1, 2)]
    return [built(tiny_musicgen(path, channels=n)) for n, path in enumerate(folders, 1)]


@pytest.fixture(scope="module")
def engine(engines):
    return engines[0]


def generated(engine, seed, seconds, **settings):
    """The same by transformers, whose dice are torch's global ones: (channels, samples)."""
    import torch

    composer = engine._composer
    model = composer._model
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(seed)
        made = model.generate(
            **composer._tokenizer(PROMPT, return_tensors="pt").to(HERE.device), do_sample=True,
            max_new_tokens=composer.frames(seconds) + 3, **settings,
        )  # fmt: skip
    return made[0].cpu().numpy()


@pytest.mark.parametrize(
    ("channels", "guidance", "temperature"), [(1, 3.0, 1.0), (1, 1.0, 0.7), (2, 2.0, 1.0)]
)
def test_a_piece_is_the_one_that_generate_makes(engines, channels, guidance, temperature):
    engine = engines[channels - 1]
    piece = last(
        engine.compose(PROMPT, seconds=2, seed=5, guidance=guidance, temperature=temperature)
    )
    expected = generated(engine, 5, 2, guidance_scale=guidance, temperature=temperature)
    assert piece.duration_s == 2
    assert piece.channels == len(expected)
    assert np.allclose(piece.samples.T.reshape(expected.shape), expected, atol=EXACT)
    assert np.abs(piece.samples).max() > 0


def test_a_seed_makes_a_piece_again_whoever_draws_beside_it_and_leaves_the_dice_of_all_alone(
    engine,
):
    import torch

    before = torch.random.get_rng_state()
    first = last(engine.compose(PROMPT, seconds=1, seed=1)).samples
    beside = engine.compose(PROMPT, seconds=1, seed=2)
    again = engine.compose(PROMPT, seconds=1, seed=1)
    *_, (other, second) = zip(beside, again, strict=True)  # step by step in turns
    assert np.array_equal(first, second.samples)
    assert not np.array_equal(first, other.samples)
    assert torch.equal(before, torch.random.get_rng_state())


def test_what_is_heard_on_the_way_stays_as_it_is(engine, monkeypatch):
    monkeypatch.setattr("models.music_torch.worth_hearing", lambda news_s, *_: news_s > 0.5)
    pieces = list(engine.compose(PROMPT, seconds=3, seed=3))
    heard = [piece.samples for piece in pieces if len(piece.samples)]
    lengths = [len(samples) for samples in heard]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 3
    for samples in heard:
        assert np.allclose(samples, heard[-1][: len(samples)], atol=EXACT)


def test_steps_count_up_to_the_end(engine):
    steps = [(piece.step, piece.steps) for piece in engine.compose(PROMPT, seconds=1)]
    assert steps == [(n, 13) for n in range(1, 14)]


def test_stop_keeps_the_sound_of_what_is_done(engine):
    stop = StopToken()
    run = engine.compose(PROMPT, seconds=4, seed=9, stop=stop)
    pieces = until_stopped(run, stop, 30)
    assert pieces[-1].step == 30
    assert len(pieces[-1].samples) == 27 * 16  # frames whose four codebooks are there
    whole = last(engine.compose(PROMPT, seconds=4, seed=9)).samples
    same = len(pieces[-1].samples) - engine._composer.ahead
    assert np.allclose(pieces[-1].samples[:same], whole[:same], atol=EXACT)


def test_the_longest_piece_is_thirty_seconds_or_what_the_model_has_positions_for(engine, tmp_path):
    assert engine.can.max_seconds == 20  # 204 positions at 10 Hz
    assert built(tiny_musicgen(tmp_path, longest=2048)).can.max_seconds == 30


def test_defaults_come_from_the_checkpoint(engine):
    assert (engine.can.guidance, engine.can.temperature, engine.can.seconds) == (3.0, 1.0, 10.0)
    assert engine.can.sample_rate == 160


def test_working_memory_is_that_of_keys_and_values_twice_with_guidance(engine):
    composer = engine._composer
    single, guided = (composer.working_bytes(Wish(PROMPT, 1, 0, guidance=g)) for g in (1, 3))
    assert guided == 2 * single == 2 * (2 * 2 * 24 * composer.frames(1) * 4)


def test_in_half_precision_the_codec_stays_whole(tmp_path):
    half = built(tiny_musicgen(tmp_path), Placement("cpu", "bfloat16", "test"))
    import torch

    model = half._composer._model
    assert model.decoder.dtype == torch.bfloat16
    assert model.audio_encoder.dtype == torch.float32
    piece = last(half.compose(PROMPT, seconds=1, seed=1))
    assert piece.samples.dtype == np.float32
    assert np.isfinite(piece.samples).all()


def test_another_kind_of_model_is_refused_by_its_name(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "t5"}))
    with pytest.raises(ModelUnsupported, match="is a t5 model"):
        built(tmp_path)


def test_a_decode_on_the_way_is_for_news_and_takes_a_small_share_of_the_time():
    assert not worth_hearing(1.9, 0.0, 10.0)
    assert worth_hearing(2.0, 1.5, 10.0)
    assert not worth_hearing(2.0, 1.6, 10.0)
