"""The image engine around tiny random pipelines of every architecture: settings, Stop, refusals."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

from models import image_engine
from models.caller import Caller, acting
from models.catalog import load_catalog
from models.drawing import MAX_CHARACTERS
from models.errors import InputError, Stopped
from models.image_generation import load
from models.image_runs import Step
from models.spec import Placement, Weights
from models.stop import StopToken
from tests.models.engines import HERE, last
from tests.models.image_checkpoints import PIPELINES, tiny_pipeline
from tests.models.image_engines import engine, pixels


@pytest.mark.parametrize("name", PIPELINES)
def test_every_architecture_draws_repeatably_in_the_asked_size(engines, name):
    def draw(seed, prompt="a red apple"):
        return pixels(
            last(engines[name].draw(prompt, width=64, height=96, steps=3, seed=seed, guidance=2))
        )

    first = draw(1)
    assert first.shape == (96, 64, 3)
    assert np.array_equal(first, draw(1))
    assert not np.array_equal(first, draw(2))
    assert not np.array_equal(first, draw(1, "a car"))


@pytest.mark.parametrize("name", PIPELINES)
def test_every_step_is_reported_and_most_have_a_preview(engines, name):
    drawings = list(engines[name].draw("a cat", steps=4, seed=0))
    assert [d.step for d in drawings] == [1, 2, 3, 4, 0]
    assert [d.preview is not None for d in drawings] == [False, True, True, True, False]
    assert drawings[1].preview.size == (64, 64)
    assert [d.work.amount for d in drawings] == [1, 2, 3, 4, 4]


def test_settings_that_nobody_chose_are_the_architectures_own(engines):
    can = {name: e.abilities for name, e in engines.items()}
    assert (can["stable_diffusion"].steps, can["stable_diffusion"].guidance) == (50, 7.5)
    assert (can["stable_diffusion_xl"].steps, can["stable_diffusion_xl"].guidance) == (50, 5.0)
    assert (can["flux"].steps, can["flux"].guidance, can["flux"].max_sequence_length) == (4, 0, 256)
    assert (can["sana"].steps, can["sana"].guidance) == (20, 4.5)
    assert (can["z_image"].steps, can["z_image"].size_multiple) == (50, 4)
    assert [n for n, c in can.items() if not c.supports_negative_prompt] == ["flux"]
    assert [n for n, c in can.items() if not c.supports_guidance] == ["flux"]


@pytest.mark.parametrize("name", ["stable_diffusion_turbo", "stable_diffusion_xl_turbo"])
def test_a_turbo_model_draws_in_one_step_without_guidance_as_its_card_says(tmp_path, name):
    turbo = engine(tiny_pipeline(name, tmp_path), steps=1, guidance=0.0, width=64, height=64)
    drawing = last(turbo.draw("a cat", seed=0))
    assert (drawing.first.steps, drawing.first.guidance) == (1, 0.0)
    assert pixels(drawing).std() > 0
    assert not np.array_equal(pixels(drawing), pixels(last(turbo.draw("a cat", seed=1))))


def test_a_size_that_the_catalog_names_is_within_the_range(tmp_path):
    folder = tiny_pipeline("stable_diffusion", tmp_path)
    assert engine(folder, width=8, height=8).min_size == 8
    assert engine(folder, width=512, height=256).max_size == 512


def test_pictures_come_one_by_one_with_seeds_that_count_up(tiny):
    drawings = list(tiny.draw("a cat", steps=2, seed=5, count=3))
    assert [len(d.pictures) for d in drawings] == [0, 0, 1, 1, 1, 2, 2, 2, 3]
    assert [p.shot.seed for p in drawings[-1].pictures] == [5, 6, 7]
    alone = last(tiny.draw("a cat", steps=2, seed=6))
    assert np.array_equal(pixels(drawings[-1], 1), pixels(alone))


def test_a_picture_whose_decoding_ran_out_of_memory_is_drawn_again_when_some_was_freed(
    tiny, monkeypatch
):
    real, tries, left = tiny._steps, [], iter("x")

    def steps(*given):
        tries.append(given[1].seed)
        for item in real(*given):
            if not isinstance(item, Step) and len(tries) == 2:
                raise MemoryError("in the decoder")
            yield item

    wanted = last(tiny.draw("a cat", steps=2, seed=5, count=2))
    monkeypatch.setattr(tiny, "_steps", steps)
    patient = Caller("me", relieve=lambda e: isinstance(e, MemoryError) and bool(next(left, "")))
    with acting(patient):
        found = last(tiny.draw("a cat", steps=2, seed=5, count=2))
    assert tries == [5, 6, 6]
    for one, other in zip(found.pictures, wanted.pictures, strict=True):
        assert np.array_equal(np.asarray(one.image), np.asarray(other.image))
    tries.clear()
    with acting(patient), pytest.raises(MemoryError):
        list(tiny.draw("a cat", steps=2, seed=5, count=2))


def test_a_seed_drawn_by_lot_is_reported_and_makes_the_picture_again(tiny):
    drawn = last(tiny.draw("a cat", steps=2))
    assert np.array_equal(
        pixels(drawn), pixels(last(tiny.draw("a cat", steps=2, seed=drawn.first.seed)))
    )


def test_flux_schnell_is_called_as_the_course_calls_it(tmp_path, monkeypatch):
    """The course's script, word for word, and our run give the same pixels from the same arguments."""
    import torch
    from diffusers import FluxPipeline

    folder = tiny_pipeline("flux", tmp_path)
    pipe = FluxPipeline.from_pretrained(folder, dtype=torch.bfloat16)
    theirs = pipe(
        "a red apple", guidance_scale=0.0, num_inference_steps=4, max_sequence_length=256,
        generator=torch.Generator("cpu").manual_seed(0),
    ).images[0]  # fmt: skip
    seen, call = {}, FluxPipeline.__call__

    @functools.wraps(call)
    def listening(pipe, *args, **kwargs):
        seen.update(
            kwargs, dtype=pipe.transformer.dtype, drawn_from=kwargs["generator"].initial_seed()
        )
        return call(pipe, *args, **kwargs)

    monkeypatch.setattr(FluxPipeline, "__call__", listening)
    row = load_catalog().find("image_generation", "black-forest-labs/FLUX.1-schnell")
    sizes = {"width": theirs.width, "height": theirs.height}
    made = replace(row, defaults={**row.defaults, **sizes})
    ours = load(Weights(made, folder, "r1"), Placement("cpu", "bfloat16", "test"))
    drawing = last(ours.draw("a red apple", seed=0))
    expected = {
        "prompt": "a red apple", "guidance_scale": 0.0, "num_inference_steps": 4,
        "max_sequence_length": 256, "drawn_from": 0, "dtype": torch.bfloat16,
    }  # fmt: skip
    assert {name: seen[name] for name in expected} == expected
    assert seen["generator"].device.type == "cpu"
    assert np.array_equal(pixels(drawing), np.asarray(theirs).astype(int))


def test_the_catalog_gives_flux_schnell_the_courses_settings():
    row = load_catalog().find("image_generation", "black-forest-labs/FLUX.1-schnell")
    assert row.defaults == {
        "steps": 4, "guidance": 0.0, "width": 1024, "height": 1024, "max_sequence_length": 256,
    }  # fmt: skip


def test_the_time_left_is_known_from_the_second_step_on(tiny):
    left = [d.left_s for d in tiny.draw("a cat", steps=4, seed=0, count=2)]
    assert left[0] is None
    assert all(seconds >= 0 for seconds in left[1:])


def test_safety_checker_and_memory_mode_are_part_of_the_result(tiny):
    drawing = next(tiny.draw("a cat", steps=2))
    assert not drawing.safety_checker
    on_cpu = "resident (cpu has one memory and everything stays in it)"
    assert drawing.memory.startswith(
        on_cpu if HERE.device == "cpu" else "resident (everything fits on the GPU"
    )


def test_a_size_far_from_the_models_own_brings_a_warning(tiny):
    drawing = next(tiny.draw("a cat", steps=2, width=128, height=128))
    assert "made for 64 x 64 pixels; 128 x 128 is far from it" in drawing.warnings[0]


def test_stop_ends_within_a_step_and_keeps_the_finished_pictures(tiny):
    stop, seen = StopToken(), []

    def watch():
        for drawing in tiny.draw("a cat", steps=50, seed=0, count=4, stop=stop):
            seen.append(drawing)
            if len(drawing.pictures) == 1 and drawing.step == 2:
                stop.set()

    with pytest.raises(Stopped):
        watch()
    assert len(seen[-1].pictures) == 1
    assert seen[-1].step < 50


def test_leaving_the_drawing_ends_the_pipeline(tiny, monkeypatch):
    ended, stepwise = [], image_engine.stepwise

    def noted(call):
        def noting(report):
            try:
                call(report)
            finally:
                ended.append("pipeline")

        return stepwise(noting)

    monkeypatch.setattr(image_engine, "stepwise", noted)
    drawings = tiny.draw("a cat", steps=200, seed=0)
    next(drawings)
    assert ended == []
    drawings.close()
    assert ended == ["pipeline"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 0}, "Width: 0 is not between 16 and 128"),
        ({"height": 100_000}, "Height: 100,000 is not between"),
        ({"width": 33}, "33 pixels is no multiple of 2"),
        ({"steps": -1}, "Steps: -1 is not between 1 and 200"),
        ({"steps": 10_000}, "Steps: 10,000"),
        ({"guidance": float("nan")}, "Guidance: nan"),
        ({"guidance": -1.0}, "Guidance: -1"),
        ({"seed": 2**70}, "Seed: 1,180,591,620,717,411,303,424"),
        ({"seed": -1}, "Seed: -1"),
        ({"count": 9}, "Count: 9 is not between 1 and 8"),
        ({"count": 0}, "Count: 0"),
        ({"variation": 1.5}, "Variation: 1.5"),
        ({"variation": 0.5, "variation_seed": 2**70}, "Variation seed: 1,180,591"),
        ({"prompt": " \n"}, "no prompt"),
        ({"prompt": "x" * (MAX_CHARACTERS + 1)}, "10,001 characters; the limit is 10,000"),
        ({"negative_prompt": "x" * (MAX_CHARACTERS + 1)}, "negative prompt has 10,001"),
    ],
)
def test_a_setting_out_of_range_is_refused_with_the_range(tiny, settings, message):
    with pytest.raises(InputError, match=message):
        next(tiny.draw(**{"prompt": "a cat", **settings}))


@pytest.mark.parametrize(
    ("name", "settings", "warning"),
    [
        ("flux", {"negative_prompt": "a car"}, "takes no negative prompt"),
        ("flux", {"guidance": 3.0}, "has no guidance: 3 was not used"),
        ("stable_diffusion", {"negative_prompt": "x", "guidance": 1.0}, "has no effect"),
        ("stable_diffusion", {"prompt": "abcdefghijklmnopqrst"}, "first 14 of the prompt's 20 tok"),
        (
            "stable_diffusion",
            {"negative_prompt": "abcdefghijklmnop"},
            "of the negative prompt's 16",
        ),
        ("pixart", {"prompt": "a " * 200}, "reads the first 119 of the prompt's 200 tokens"),
    ],
)
def test_what_a_model_will_not_do_is_said(engines, name, settings, warning):
    drawing = next(engines[name].draw(**{"prompt": "a cat", "steps": 2, **settings}))
    assert any(warning in text for text in drawing.warnings)


def test_a_prompt_that_fits_brings_no_warning(engines):
    for made in engines.values():
        assert next(made.draw("a red apple", steps=2)).warnings == ()


def test_a_long_prompt_that_t5_reads_is_not_called_cut(engines):
    assert next(engines["flux"].draw("a " * 100, steps=1)).warnings == ()


@pytest.mark.parametrize("name", PIPELINES)
def test_a_large_decoder_is_previewed_by_a_linear_map(engines, name, monkeypatch):
    from models import image_runs
    from models.image_previews import Painter

    made = engines[name]
    monkeypatch.setattr(made, "_painter", Painter(made._pipe, away=True))
    monkeypatch.setattr(image_runs, "PREVIEWS", 50)
    drawings = list(made.draw("a cat", steps=4, seed=0))
    assert [d.preview.size for d in drawings[1:4]] == [(64, 64)] * 3
    assert not made._painter.exact
