"""Which image models are refused, and facts about the starter."""

from __future__ import annotations

import pytest

from models.drawing import known_concepts
from models.errors import ModelUnsupported
from models.image_pipelines import abilities
from models.starter import weights_lock
from tests.models.engines import last, starter_engine
from tests.models.image_checkpoints import tiny_pipeline
from tests.models.image_engines import engine, pixels


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
    return starter_engine("small-drawings")


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
    drifted = {
        name: weights_lock.drift(weights_lock.WEIGHTS / name) for name in weights_lock.LOCKED
    }
    assert not any(drifted.values()), drifted


def test_the_starters_card_names_its_defaults_and_concepts():
    from models.starter.image_generation import STARTERS, concepts

    assert {"steps", "guidance", "width", "height"} <= set(STARTERS[0].card.defaults)
    assert {"apple", "car", "cat"} <= set(concepts())
