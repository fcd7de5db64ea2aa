"""What the image tab shows and fills in."""

from io import BytesIO

import gradio as gr
import pytest
from PIL import Image

from models.drawing import Drawing, Picture
from models.image_png import read_settings
from models.spec import ModelCard
from tabs.image_generation import (
    advice,
    advice_html,
    defaults,
    displays,
    live_html,
    restored_html,
    restored_values,
    result_html,
    signed,
    whole,
)


def card(**settings):
    return ModelCard("o/m", "image_generation", "diffusers", "M", defaults=settings)


def drawing(pictures=0, **changes):
    done = tuple(Picture(Image.new("RGB", (64, 64), "red"), 7 + i, 0.5) for i in range(pictures))
    facts = {
        "prompt": "<b>", "negative_prompt": "", "width": 64, "height": 64, "steps": 20,
        "guidance": 4.0, "seed": 7, "count": 2, "model": "o/m", "revision": "r", "pictures": done,
    }  # fmt: skip
    return Drawing(**{**facts, **changes})


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


def test_the_live_view_shows_picture_and_step():
    preview = Image.new("RGB", (64, 64))
    shown = live_html(drawing(1, step=5, steps_total=20, preview=preview))
    assert "Picture 2 of 2, step 5 of 20" in shown
    assert 'src="data:image/png;base64,' in shown


def test_a_large_preview_is_sent_as_jpeg():
    preview = Image.new("RGB", (512, 512))
    assert "image/jpeg" in live_html(drawing(step=5, steps_total=20, preview=preview))


def test_the_live_view_is_empty_when_every_picture_is_done():
    assert live_html(drawing(2)) == ""


def test_the_result_names_the_settings_and_escapes_the_warnings():
    shown = result_html(drawing(1, warnings=("cut <i>",)))
    assert "1 of 2 pictures, 64 x 64 pixels, 20 steps, guidance 4, seed 7." in shown
    assert "cut &lt;i&gt;" in shown


def test_the_gallery_is_sent_again_only_for_a_new_picture():
    show, show_final = displays()
    assert show(drawing())[1] == []
    assert show(drawing(step=3))[1] == gr.skip()
    assert len(show(drawing(1))[1]) == 1
    assert len(show_final(drawing(1, step=3))[1]) == 1


def test_the_seed_used_is_written_back():
    show, show_final = displays()
    assert show(drawing())[2] == show_final(drawing(2))[2] == 7


def test_a_gallery_picture_becomes_a_png_that_gives_its_settings_back():
    from gradio.processing_utils import encode_pil_to_bytes

    image, line = signed(drawing(2))[1]
    found = read_settings(encode_pil_to_bytes(image, "png"))
    assert line == "seed 8"
    assert (found.prompt, found.seed, found.model) == ("<b>", 8, "o/m")
    assert restored_values(found) == ["<b>", "", 64, 64, 20, 4.0, 8, False]
    assert "o/m" in restored_html(found)
    assert Image.open(BytesIO(encode_pil_to_bytes(image, "png"))).size == (64, 64)


def test_a_blocked_picture_says_so():
    blocked = Picture(Image.new("RGB", (64, 64)), 7, 0.5, blocked=True)
    assert "safety checker" in signed(_with(blocked))[0][1]


def _with(picture):
    made = drawing()
    return Drawing(**{**vars(made), "pictures": (picture,)})


@pytest.mark.parametrize(("value", "number"), [(None, None), (64.0, 64), (0, 0)])
def test_an_empty_field_stays_empty(value, number):
    assert whole(value) == number
