"""Drawings from a picture, variations of a seed, and grids over settings."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from models.errors import InputError, Stopped
from models.image_grid import Axis
from models.stop import StopToken
from tests.models.engines import last
from tests.models.image_checkpoints import PIPELINES
from tests.models.image_engines import pixels

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
    ours, theirs = made._pipe.components, made._from_picture.components
    networks = [part for part, one in ours.items() if hasattr(one, "parameters")]
    assert len(networks) >= 3
    assert [part for part in networks if theirs[part] is not ours[part]] == []


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
