"""Music by diffusion from tiny random pipelines: the pipeline's own sound, step by step, with Stop."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.errors import ModelUnsupported
from models.music import LOADERS
from models.spec import Weights
from models.stop import StopToken
from tests.fakes import card
from tests.models.engines import EXACT, HERE, last, until_stopped
from tests.models.music_checkpoints import tiny_ace_step

PROMPT = "a slow jig"


def built(folder):
    return LOADERS["diffusers"](Weights(card("o/tiny", "music"), folder, "test"), HERE)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    return built(tiny_ace_step(tmp_path_factory.mktemp("ace")))


def test_a_piece_is_the_one_that_the_pipeline_makes(engine):
    import torch

    piece = last(engine.compose(PROMPT, seconds=2, seed=4, steps=3, guidance=2.0))
    pipe = engine._composer._pipe
    made = pipe(
        PROMPT, audio_duration=2.0, num_inference_steps=3, guidance_scale=2.0,
        generator=torch.Generator("cpu").manual_seed(4),
    ).audios[0]  # fmt: skip
    assert piece.samples.T.shape == made.shape
    assert np.allclose(piece.samples.T, made.cpu().numpy(), atol=EXACT)


def test_steps_are_reported_and_the_sound_comes_with_the_last(engine):
    pieces = list(engine.compose(PROMPT, seconds=1, steps=4, seed=1))
    assert [piece.step for piece in pieces] == [0, 1, 2, 3, 3, 4]
    assert [len(piece.samples) for piece in pieces] == [0] * 5 + [49]


def test_stop_acts_at_the_next_step(engine):
    stop = StopToken()
    pieces = engine.compose(PROMPT, seconds=1, steps=150, stop=stop)
    done = until_stopped(pieces, stop, 0)
    assert done[-1].step < 149
    assert len(done[-1].samples) == 0


def test_what_a_pipeline_takes_comes_from_itself(engine, tmp_path):
    assert (engine.can.guidance, engine.can.steps, engine.can.temperature) == (7.0, 8, None)
    assert (engine.can.sample_rate, engine.can.channels, engine.can.max_seconds) == (50, 2, 600)
    assert built(tiny_ace_step(tmp_path, turbo=True)).can.guidance is None


def test_a_prompt_that_is_not_read_whole_is_told(engine):
    piece = last(engine.compose("slow " * 200, seconds=1, steps=1))
    assert "The model reads the first 256 of" in piece.warnings[0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("StableAudioPipeline", "torchsde"),
        ("StableDiffusionPipeline", "no music"),
        ("NoPipeline", "no music"),
    ],
)
def test_a_pipeline_that_can_not_be_used_is_refused_with_the_reason(tmp_path, name, said):
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": name}))
    with pytest.raises(ModelUnsupported, match=said):
        built(tmp_path)
