"""The image engine around tiny random pipelines of every architecture, and facts about the starter."""

from __future__ import annotations

import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from models import image_generation
from models.catalog import load_catalog
from models.drawing import MAX_CHARACTERS, known_concepts
from models.errors import InputError, ModelUnsupported, Stopped
from models.image_generation import load
from models.image_grid import Axis
from models.image_pipelines import abilities
from models.spec import ModelCard, Placement, Weights
from models.starter import weights_lock
from models.stop import StopToken
from tests.models.image_checkpoints import PIPELINES, tiny_pipeline

CPU = Placement("cpu", "float32", "test")


def engine(folder, **defaults):
    made = ModelCard("local/tiny", "image_generation", "diffusers", "Tiny", defaults=defaults)
    return load(Weights(made, folder, "r1"), CPU)


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    return {
        name: engine(tiny_pipeline(name, tmp_path_factory.mktemp(name)), width=64, height=64)
        for name in PIPELINES
    }


@pytest.fixture
def tiny(engines):
    return engines["stable_diffusion"]


def last(drawings):
    return list(drawings)[-1]


def pixels(drawing, index=0):
    return np.asarray(drawing.pictures[index].image).astype(int)


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


class InStep(StopToken):
    """Two runs that share one wait for each other after every step."""

    def __init__(self):
        super().__init__()
        self.first_is_drawing = threading.Event()
        self._gate = threading.Barrier(2, timeout=20)

    def check(self):
        if threading.current_thread().name == "stepwise":  # a pipeline, after a step
            self.first_is_drawing.set()
            self._gate.wait()


def together(made, wishes):
    """The pictures of two runs that go on at once, step by step.

    The second begins when the first is past its text encoders: a fast tokenizer that two threads
    call is "already borrowed", which is why the registry lets users take turns on an engine.
    """
    stop = InStep()

    def run(wish):
        return last(made.draw(**wish, stop=stop))

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(run, wishes[0])
        assert stop.first_is_drawing.wait(20)
        second = pool.submit(run, wishes[1])
        return [pixels(first.result()), pixels(second.result())]


TWO_WISHES = [
    {"prompt": "a red apple", "steps": 4, "seed": 1},
    {"prompt": "a blue car", "steps": 4, "seed": 2},
]


@pytest.mark.parametrize("name", PIPELINES)
def test_two_users_at_once_get_the_pictures_that_each_gets_alone(engines, name):
    alone = [pixels(last(engines[name].draw(**wish))) for wish in TWO_WISHES]
    at_once = together(engines[name], TWO_WISHES)
    assert all(np.array_equal(a, b) for a, b in zip(alone, at_once, strict=True))


def test_two_users_at_once_would_disturb_each_other_on_one_sampler(engines, monkeypatch):
    made = engines["stable_diffusion_xl"]
    alone = [pixels(last(made.draw(**wish))) for wish in TWO_WISHES]
    monkeypatch.setattr(image_generation, "run_of_its_own", lambda pipe: pipe)
    try:
        at_once = together(made, TWO_WISHES)
    except (IndexError, RuntimeError):  # one run's steps used up the other's
        return
    assert not all(np.array_equal(a, b) for a, b in zip(alone, at_once, strict=True))


@pytest.mark.parametrize("name", PIPELINES)
def test_a_run_in_between_leaves_another_runs_picture_as_it_is(engines, name):
    def settings(seed):
        return {"steps": 4, "seed": seed}

    alone = pixels(last(engines[name].draw("a red apple", **settings(1))))
    slow = engines[name].draw("a red apple", **settings(1))
    next(slow)
    between = pixels(last(engines[name].draw("a blue car", **settings(2))))
    assert np.array_equal(pixels(last(slow)), alone)
    assert np.array_equal(between, pixels(last(engines[name].draw("a blue car", **settings(2)))))


FROM_PICTURE = [name for name in PIPELINES if name not in ("pixart", "sana")]


def half_red():
    image = Image.new("RGB", (64, 64), "white")
    image.paste("red", (0, 0, 32, 64))
    return image


@pytest.mark.parametrize("name", FROM_PICTURE)
def test_a_drawing_from_a_picture_depends_on_it_and_on_the_strength(engines, name):
    def draw(source, strength, seed=1):
        wish = {"steps": 4, "seed": seed, "source": source, "strength": strength}
        return last(engines[name].draw("a cat", **wish))

    first = pixels(draw(half_red(), 0.5))
    assert first.shape == (64, 64, 3)
    assert np.array_equal(first, pixels(draw(half_red(), 0.5)))
    assert not np.array_equal(first, pixels(draw(half_red(), 1.0)))
    assert not np.array_equal(first, pixels(draw(Image.new("RGB", (64, 64)), 0.5)))
    assert not np.array_equal(first, pixels(last(engines[name].draw("a cat", steps=4, seed=1))))


@pytest.mark.parametrize("name", FROM_PICTURE)
def test_a_drawing_from_a_picture_loads_nothing_twice(engines, name):
    made = engines[name]
    theirs = made._from_picture.components
    for part, ours in made._pipe.components.items():
        if hasattr(ours, "parameters"):
            assert theirs[part] is ours, part


@pytest.mark.parametrize("name", FROM_PICTURE)
def test_a_drawing_from_a_picture_reports_the_steps_it_takes(engines, name):
    drawings = list(engines[name].draw("a cat", steps=8, seed=0, source=half_red(), strength=0.5))
    assert [(d.step, d.steps_total) for d in drawings[:4]] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert drawings[1].preview.size == (64, 64)
    assert drawings[-1].work.amount == 4
    assert drawings[-1].settings(drawings[-1].pictures[0]).source


def test_a_model_that_cannot_start_from_a_picture_says_so(engines):
    with pytest.raises(InputError, match="can't start from a picture"):
        next(engines["pixart"].draw("a cat", source=half_red()))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"strength": 0.0}, "At strength 0, no step of 4 is left"),
        ({"strength": 0.2}, "At strength 0.2, no step of 4 is left"),
        ({"strength": 1.5}, "Strength: 1.5 is not between 0 and 1"),
        ({"strength": float("nan")}, "Strength: nan"),
        ({"source": Image.new("RGB", (1, 1))}, "1 x 1 pixels; each side must be 16 to 8,192"),
        ({"source": Image.new("L", (30_000, 16))}, "30,000 x 16 pixels"),
    ],
)
def test_a_source_picture_that_will_not_do_is_refused(tiny, settings, message):
    with pytest.raises(InputError, match=message):
        next(tiny.draw("a cat", **{"steps": 4, "source": half_red(), **settings}))


def test_a_source_picture_that_was_cropped_brings_a_warning(tiny):
    drawing = next(tiny.draw("a cat", steps=4, source=Image.new("RGB", (128, 64))))
    assert "cut off at left and right" in drawing.warnings[0]


@pytest.mark.parametrize("name", PIPELINES)
def test_a_variation_lies_between_the_pictures_of_two_seeds(engines, name):
    def draw(**wish):
        return pixels(last(engines[name].draw("a cat", steps=3, **wish)))

    ours, theirs = draw(seed=1), draw(seed=2)
    near = draw(seed=1, variation=0.2, variation_seed=2)
    assert 0 < np.abs(near - ours).mean() < np.abs(near - theirs).mean()
    whole = draw(seed=1, variation=1.0, variation_seed=2)
    assert np.abs(whole - theirs).mean() < np.abs(whole - ours).mean()


def test_variations_keep_the_seed_and_count_the_other_one_up(tiny):
    drawing = last(tiny.draw("a cat", steps=2, seed=5, count=2, variation=0.2))
    assert [(p.shot.seed, p.shot.variation_seed) for p in drawing.pictures] == [(5, 6), (5, 7)]
    found = drawing.settings(drawing.pictures[1])
    again = last(
        tiny.draw("a cat", steps=2, seed=5, variation=0.2, variation_seed=found.variation_seed)
    )
    assert np.array_equal(pixels(again), pixels(drawing, 1))


def test_a_grid_is_drawn_one_by_one_with_the_settings_of_each_cell(tiny):
    across, down = Axis("steps", (2, 3)), Axis("guidance", (1.0, 8.0))
    drawing = last(tiny.draw("a cat", seed=3, across=across, down=down))
    assert (drawing.across, drawing.down) == (("steps 2", "steps 3"), ("guidance 1", "guidance 8"))
    assert [(p.shot.steps, p.shot.guidance) for p in drawing.pictures] == [
        (2, 1.0), (3, 1.0), (2, 8.0), (3, 8.0),
    ]  # fmt: skip
    alone = last(tiny.draw("a cat", seed=3, steps=3, guidance=8.0))
    assert np.array_equal(pixels(drawing, 3), pixels(alone))


def test_stop_keeps_the_finished_pictures_of_a_grid(tiny):
    stop, seen = StopToken(), []
    sides = {"across": Axis("seed", (1, 2, 3)), "down": Axis("steps", (2, 3, 4))}

    def watch():
        for drawing in tiny.draw("a cat", **sides, stop=stop):
            seen.append(drawing)
            if len(drawing.pictures) == 4:
                stop.set()

    with pytest.raises(Stopped):
        watch()
    assert len(seen[-1].pictures) == 4
    assert seen[-1].count == 9


def test_a_grid_over_guidance_needs_a_model_that_has_some(engines):
    with pytest.raises(InputError, match="has no guidance"):
        next(engines["flux"].draw("a cat", across=Axis("guidance", (1.0, 2.0))))


def test_the_time_left_is_known_from_the_second_step_on(tiny):
    left = [d.left_s for d in tiny.draw("a cat", steps=4, seed=0, count=2)]
    assert left[0] is None
    assert all(seconds >= 0 for seconds in left[1:])


def test_safety_checker_and_memory_mode_are_part_of_the_result(tiny):
    drawing = next(tiny.draw("a cat", steps=2))
    assert not drawing.safety_checker
    assert drawing.memory == "resident (cpu has one memory and everything stays in it)"


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


def test_leaving_the_drawing_ends_the_pipeline(tiny):
    drawings = tiny.draw("a cat", steps=200, seed=0)
    next(drawings)
    drawings.close()
    assert not [t for t in threading.enumerate() if t.name == "stepwise"]


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


def test_a_folder_without_a_pipeline_is_refused(tmp_path):
    with pytest.raises(ModelUnsupported, match=r"model_index\.json is missing"):
        engine(tmp_path)


def test_a_pipeline_with_code_of_its_own_is_refused(tmp_path):
    (tmp_path / "model_index.json").write_text('{"_class_name": "EvilPipeline"}')
    with pytest.raises(ModelUnsupported, match="EvilPipeline"):
        engine(tmp_path)


def test_a_pipeline_that_draws_from_class_labels_is_refused():
    class DiTPipeline:
        def __call__(self, class_labels, guidance_scale=4.0):
            """Draws from labels."""

    with pytest.raises(ModelUnsupported, match="DiTPipeline does not draw from a text"):
        abilities(DiTPipeline(), {})


def test_a_folder_without_safetensors_is_refused(tmp_path):
    folder = tiny_pipeline("pixart", tmp_path)
    for path in folder.rglob("*.safetensors"):
        path.unlink()
    with pytest.raises(ModelUnsupported, match="no safetensors"):
        engine(folder)


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a red apple", ["apple"]),
        ("Two CATS, on a pine tree!", ["cat", "pine tree", "tree"]),
        ("a pineapple", []),
        ("", []),
    ],
)
def test_concepts_are_found_as_whole_words(prompt, found):
    assert known_concepts(prompt, ("apple", "cat", "pine tree", "tree")) == found


def test_a_changed_weight_file_is_named_by_the_lock(tmp_path):
    folder = tmp_path / "image"
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "w.safetensors").write_bytes(b"1")
    weights_lock.lock_file(folder).write_text("{}")
    assert weights_lock.drift(folder) == ["unet/w.safetensors"]


@pytest.fixture(scope="module")
def starter():
    from models.settings import Settings
    from models.sources import starter_folder
    from models.starter.image_generation import STARTERS

    folder = starter_folder(STARTERS[0], Settings().cache_folder)
    return load(Weights(STARTERS[0].card, folder, "test"), CPU)


def colour(drawing):
    """Mean of each channel over the pixels that are not white."""
    image = pixels(drawing)
    return image[image.min(axis=2) < 200].mean(axis=0)


@pytest.mark.starter
def test_the_starters_red_is_red_and_its_blue_is_blue(starter):
    red = colour(last(starter.draw("a red apple", seed=7)))
    blue = colour(last(starter.draw("a blue car", seed=7)))
    assert red[0] > red[2] + 50
    assert blue[2] > blue[0] + 50


@pytest.mark.starter
def test_the_starter_draws_in_its_own_size_and_says_when_it_can_only_guess(starter):
    drawing = last(starter.draw("quantum chromodynamics", seed=0, steps=2))
    assert drawing.pictures[0].image.size == (64, 64)
    assert any("is a guess" in text for text in drawing.warnings)


@pytest.mark.starter
def test_the_committed_weights_are_the_locked_ones():
    assert [weights_lock.drift(weights_lock.WEIGHTS / name) for name in weights_lock.LOCKED] == [[]]


def test_the_starters_card_names_its_defaults_and_concepts():
    from models.starter.image_generation import STARTERS, concepts

    assert {"steps", "guidance", "width", "height"} <= set(STARTERS[0].card.defaults)
    assert {"apple", "car", "cat"} <= set(concepts())
