"""A seed draws the same picture by code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models.snippets.image_generation import snippets as image_snippets
from tests.models.engines import last
from tests.models.snippets.running import run, starter


def same_pictures(level: Any, drawing: Any) -> None:
    found = run(level)
    assert len(found) == len(drawing.pictures)
    for image, picture in zip(found, drawing.pictures, strict=True):
        assert np.array_equal(np.asarray(image.convert("RGB")), np.asarray(picture.image))


@pytest.mark.starter
@pytest.mark.parametrize(
    "settings",
    [
        {"steps": 3, "seed": 5, "count": 2.0, "guidance": 4.5},
        {"steps": 2, "seed": 7, "negative_prompt": "a 'dark' {sky}", "width": 64, "height": 64},
        {"steps": 2, "seed": 7, "variation": 0.3},
    ],
)
def test_a_seed_draws_the_same_picture(settings):
    of, source, engine = starter("small-drawings")
    levels = image_snippets(of, source, {"prompt": "a sunflower", **settings})
    settings["count"] = int(settings.get("count", 1))  # the page's slider may send a float
    expected = last(engine.draw("a sunflower", **settings))
    if "variation" in settings:
        (level,) = levels
        assert np.array_equal(
            np.asarray(run(level).pictures[0].image), np.asarray(expected.pictures[0].image)
        )
    else:
        assert [level.title for level in levels] == ["pipeline", "its networks"]
        for level in levels:
            same_pictures(level, expected)


@pytest.mark.starter
def test_a_grid_and_a_source_picture_are_drawn_the_same(tmp_path, monkeypatch):
    from PIL import Image

    from models.image_grid import axis

    monkeypatch.chdir(tmp_path)
    of, source, engine = starter("small-drawings")
    grid = {"across": "steps", "across_values": "2, 3", "down": "seed", "down_values": "1 2"}
    (level,) = image_snippets(of, source, {"prompt": "a car", "seed": 1, "steps": 2, **grid})
    sides = {"across": axis("steps", "2, 3"), "down": axis("seed", "1 2")}
    same_pictures(level, last(engine.draw("a car", seed=1, steps=2, **sides)))
    words = {"across": "prompt", "across_values": "car, tree"}
    (level,) = image_snippets(of, source, {"prompt": "a car", "seed": 1, "steps": 2, **words})
    same_pictures(
        level, last(engine.draw("a car", seed=1, steps=2, across=axis("prompt", "car, tree")))
    )
    start = Image.effect_mandelbrot((90, 70), (-2, -1, 1, 1), 50).convert("RGB")
    start.save("my photo.png")
    given = {"seed": 3, "steps": 4, "strength": 0.5}
    path = str(tmp_path / "my photo.png")
    (level,) = image_snippets(of, source, {"prompt": "a car", "source": path, **given})
    assert str(tmp_path) not in level.code.replace(repr(str(source.folder)), "")
    same_pictures(level, last(engine.draw("a car", source=start, **given)))
