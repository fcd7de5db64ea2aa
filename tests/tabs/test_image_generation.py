"""What the image tab shows, fills in and hands to the engine."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

from models.catalog import Catalog
from models.errors import InputError
from models.image_grid import Axis
from models.image_png import ImageSettings, png_bytes
from models.service import make_service
from models.settings import Settings
from models.spec import ModelCard
from tabs import image_generation as tab
from tabs.parts import Deck
from tabs.parts.code_view import given_values
from tabs.parts.image_controls import settings, shape_values, sides, thumb_html
from tabs.parts.image_restore import usable
from tabs.parts.image_view import advice, advice_html, defaults
from tabs.parts.numbers import whole
from tabs.parts.values import fitted


def card(**settings):
    return ModelCard("o/m", "image_generation", "diffusers", "M", defaults=settings)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "Empty fields take the model's own defaults; the result says which."),
        (
            {
                "width": 1024,
                "height": 1024,
                "steps": 4,
                "guidance": 0.0,
                "max_sequence_length": 256,
            },
            "Set for M: 1024 x 1024 pixels, 4 steps, guidance 0, prompts of 256 tokens: "
            "it was distilled to need few steps and no guidance.",
        ),
        ({"steps": 1, "guidance": 7.5}, "Set for M: 1 step, guidance 7.5."),
    ],
)
def test_a_models_defaults_are_explained(settings, text):
    assert advice(card(**settings)) == text


def test_a_models_defaults_fill_the_fields_and_unknown_ones_are_emptied():
    assert defaults(card(steps=4, guidance=0.0)) == [None, None, 4, 0.0]


def test_only_a_starter_lists_what_it_can_draw():
    starter = ModelCard("starter/x", "image_generation", "diffusers", "X")
    assert "<li>apple</li>" in advice_html(starter)
    assert "<li>" not in advice_html(card())


def test_fields_that_were_never_opened_are_their_defaults():
    wanted = settings(*[None] * 16)
    assert wanted == {
        "negative_prompt": "", "width": None, "height": None, "steps": None, "guidance": None,
        "seed": None, "variation": 0.0, "variation_seed": None, "count": 1, "source": None,
        "strength": 0.6, "across": None, "down": None,
    }  # fmt: skip


def fields(**changes):
    names = (
        "negative_prompt", "width", "height", "steps", "guidance", "seed", "lot", "variation",
        "variation_seed", "count", "source", "strength", "across", "across_values", "down",
        "down_values",
    )  # fmt: skip
    return settings(**{**dict.fromkeys(names), **changes})


@pytest.mark.parametrize(("lot", "seed"), [(None, None), (True, None), (False, 5)])
def test_the_seed_is_used_only_when_it_is_locked(lot, seed):
    assert fields(seed=5.0, lot=lot)["seed"] == seed


def test_a_grid_with_rows_alone_becomes_one_row():
    wanted = fields(down="seed", down_values="1, 2")
    assert (wanted["across"], wanted["down"]) == (Axis("seed", (1, 2)), None)


def test_a_source_picture_is_read_from_its_file(tmp_path):
    path = tmp_path / "small.png"
    Image.new("RGB", (40, 30), "blue").save(path)
    assert fields(source=str(path))["source"].size == (40, 30)
    assert "data:image/png" in thumb_html(str(path))


def test_a_source_that_is_no_picture_is_refused_where_it_was_dropped(tmp_path):
    path = tmp_path / "<b>.png"
    path.write_bytes(b"no picture")
    assert "damaged, or no PNG" in thumb_html(str(path))
    with pytest.raises(InputError, match="can't be read"):
        fields(source=str(path))


def test_shapes_keep_about_the_models_number_of_pixels():
    shapes = {name: (w, h) for name, w, h in sides(card(width=1024, height=1024))}
    assert shapes["Square 1:1"] == (1024, 1024)
    assert shapes["Wide 16:9"] == (1344, 768)
    assert shapes["Tall 9:16"] == (768, 1344)
    assert all(0.9 < w * h / 1024**2 < 1.1 for w, h in shapes.values())


def test_a_model_of_one_size_offers_no_shapes():
    assert not shape_values(card(width=64, height=64))["visible"]
    assert not shape_values(card())["visible"]


@pytest.fixture(scope="module")
def built():
    """A page with this tab alone."""
    service = make_service(Settings(offline=True, device="cpu"))
    with gr.Blocks() as page:
        tab.build(Deck(service, gr.HTML()))
    yield page
    service.close()


@pytest.fixture(scope="module")
def page(built):
    """The tab's number fields by their labels; the endpoints' have small letters."""
    return {p.label: p for p in built.blocks.values() if isinstance(p, gr.Number)}


def dropped(built, model):
    """What a PNG that ``model`` made puts into the page: the line beside it, and the picker's value."""
    (event,) = (
        fn for fn in built.fns.values() if "restoring" in getattr(fn.fn, "__qualname__", "")
    )
    content = png_bytes(
        Image.new("RGB", (8, 8)), ImageSettings("<b>", "", 64, 64, 9, 3.5, 7, model, "r")
    )
    told, *filled = event.fn(content)
    assert filled[0] == "<b>"
    assert len(filled) == len(event.outputs) - 1
    assert event.outputs[-1].label == "Model"
    return told, filled[-1]


@pytest.mark.parametrize("model", ["starter/small-drawings", "org/name", "org/name@v1"])
def test_a_dropped_picture_brings_its_model(built, model):
    told, chosen = dropped(built, model)
    assert chosen == model
    assert f"the model that made the picture: {model}" in told


@pytest.mark.parametrize("model", ["", "../etc/passwd", "/etc/passwd", "starter/gone", "<b>/x"])
def test_a_model_that_cant_be_chosen_here_is_named_and_the_picker_stays(built, model):
    told, chosen = dropped(built, model)
    assert chosen == gr.skip()
    assert "the model stays as it is" in told
    assert "<b>" not in told


def test_a_locked_page_takes_over_models_on_offer_only():
    deck = Deck(SimpleNamespace(catalog=Catalog([card()], locked=True)), gr.HTML())
    assert usable(deck, "image_generation", "o/m") == "o/m"
    assert usable(deck, "image_generation", "org/name") == ""


@pytest.mark.parametrize("label", ["Seed", "Variation seed"])
def test_a_seed_is_empty_on_the_page_and_arrives_as_none(page, label):
    shown = page[label].get_config()["value"]  # None there is drawn, and sent, as 0
    assert shown == ""
    assert whole(page[label].preprocess(shown)) is None


def test_empty_numbers_are_their_defaults():
    wanted = fields(width="", guidance="", seed="", lot=False, variation=0.3, variation_seed="")
    assert [wanted[n] for n in ("width", "guidance", "seed", "variation_seed")] == [None] * 4


def test_an_empty_number_is_kept_by_a_preset_and_left_out_of_the_code(page):
    assert fitted(page["Variation seed"], "variation_seed", "") == ""
    parts = {"seed": page["Seed"], "variation_seed": page["Variation seed"]}
    assert given_values(parts, ["", 0]) == {"seed": None, "variation_seed": 0}


@pytest.mark.parametrize(("value", "number"), [(None, None), ("", None), (64.0, 64), (0, 0)])
def test_an_empty_field_stays_empty(value, number):
    assert whole(value) == number
