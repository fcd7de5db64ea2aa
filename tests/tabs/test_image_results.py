"""What a drawing shows: the live view, galleries and grids, captions, the pictures of a visit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest
from PIL import Image

from models.drawing import Drawing, Picture, Shot
from models.image_png import read_settings
from tabs.parts.image_endpoints import signed
from tabs.parts.image_results import KEPT, Made, Showing, picked, under_slider
from tabs.parts.image_view import (
    caption,
    grid_html,
    left_text,
    live_html,
    restored_html,
    restored_values,
    result_html,
)

SHOT = Shot(7, 20, 4.0)
NEXT = replace(SHOT, seed=8)


def drawing(pictures=0, shots=(SHOT, NEXT), **changes):
    done = tuple(Picture(Image.new("RGB", (64, 64), "red"), shot, 0.5) for shot in shots[:pictures])
    facts = {
        "prompt": "<b>", "negative_prompt": "", "width": 64, "height": 64, "shots": shots,
        "model": "o/m", "revision": "r", "pictures": done,
    }  # fmt: skip
    return Drawing(**{**facts, **changes})


def grid(pictures=0):
    shots = tuple(Shot(7, steps, guidance) for guidance in (1.0, 4.0) for steps in (5, 10))
    labels = {"across": ("steps 5", "steps 10"), "down": ("guidance 1", "guidance 4")}
    return drawing(pictures, shots, **labels)


def test_the_live_view_shows_picture_step_and_time_left():
    preview = Image.new("RGB", (64, 64))
    assert "md-live-open" in live_html(drawing(1, step=1, steps_total=20))
    shown = live_html(drawing(1, step=5, steps_total=20, preview=preview, left_s=12.4))
    assert "Picture 2 of 2, step 5 of 20, about 12 s left" in shown
    assert 'src="data:image/png;base64,' in shown


@pytest.mark.parametrize(
    ("left", "text"),
    [(0.2, "about a second left"), (3.4, "about 3 s left"), (200, "about 3 min 20 s left")],
)
def test_the_time_left_is_in_words_of_the_page(left, text):
    assert left_text(left) == text


def test_a_large_preview_is_sent_as_jpeg():
    preview = Image.new("RGB", (512, 512))
    assert "image/jpeg" in live_html(drawing(step=5, steps_total=20, preview=preview))


def test_the_live_view_is_empty_when_every_picture_is_done():
    assert live_html(drawing(2)) == ""


def test_a_grid_has_its_labels_and_a_gap_for_what_is_not_drawn():
    shown = grid_html(grid(3))
    assert '<th scope="col">steps 10</th>' in shown
    assert '<th scope="row">guidance 4</th>' in shown
    assert shown.count("<img") == 3
    assert 'alt="steps 5, guidance 4"' in shown
    assert shown.count("md-grid-open") == 1
    assert "(steps 10, guidance 4)" in live_html(grid(3))
    assert grid_html(drawing(2)) == ""


def test_pictures_of_a_grid_are_named_by_their_values():
    made = grid(2)
    assert caption(made, made.pictures[1]) == "steps 10, guidance 1"


def test_the_result_names_the_settings_and_escapes_the_warnings():
    shown = result_html(drawing(1, warnings=("cut <i>",)))
    assert "1 of 2 pictures, 64 x 64 pixels, 20 steps, guidance 4, seed 7." in shown
    assert "cut &lt;i&gt;" in shown


def test_the_result_of_a_grid_leaves_out_what_its_sides_say():
    assert "4 of 4 pictures, 64 x 64 pixels, seed 7." in result_html(grid(4))


@pytest.mark.parametrize(
    ("checker", "text"),
    [(False, "No safety checker is loaded"), (True, "safety checker looked at every picture")],
)
def test_the_safety_checkers_state_and_the_memory_mode_are_said(checker, text):
    shown = result_html(drawing(1, safety_checker=checker, memory="resident (it fits)"))
    assert text in shown
    assert "Memory mode: resident (it fits)." in shown


def test_lora_weights_that_act_are_named():
    assert "LoRA: ink at 0.8." in result_html(drawing(1, loras=("ink at 0.8",)))


def showing(tmp_path, kept=()):
    return Showing(list(kept), "M", str(tmp_path))


def test_the_gallery_is_sent_again_only_for_a_new_picture(tmp_path):
    show = showing(tmp_path)
    assert show.show(drawing())[2]["value"] == []
    assert show.show(drawing(step=3))[2] == gr.skip()
    assert len(show.show(drawing(1))[2]["value"]) == 1
    assert len(show.show_final(drawing(1, step=3))[2]["value"]) == 1


def test_a_grid_is_sent_again_only_for_a_new_picture(tmp_path):
    show = showing(tmp_path)
    assert show.show(grid(1))[1].count("<img") == 1
    assert show.show(replace(grid(1), step=3))[1] == gr.skip()
    assert show.show_final(grid(2))[1].count("<img") == 2


def test_the_gallery_of_a_grid_has_its_columns(tmp_path):
    shots = tuple(Shot(7, steps, 4.0) for steps in (5, 10, 20))
    wide = drawing(3, shots, across=("steps 5", "steps 10", "steps 20"))
    assert showing(tmp_path).show_final(wide)[2]["columns"] == 3
    assert showing(tmp_path).show_final(drawing(2))[2]["columns"] == 2


def test_the_seed_used_is_written_back(tmp_path):
    show = showing(tmp_path)
    assert show.show(drawing())[3] == show.show_final(drawing(2))[3] == 7


def test_a_gallery_picture_is_a_png_that_gives_its_settings_back(tmp_path):
    path, line = showing(tmp_path).show_final(drawing(2))[2]["value"][1]
    found = read_settings(Path(path).read_bytes())
    assert line == "seed 8"
    assert (found.prompt, found.seed, found.model) == ("<b>", 8, "o/m")
    assert restored_values(found) == ["<b>", "", 64, 64, 20, 4.0, 8, False, 0.0, "", 0.6]
    assert "o/m" in restored_html(found)


def test_the_endpoints_picture_carries_its_settings():
    assert '"seed": 7' in signed(drawing(1)).info["modeldeck"]


def test_a_restored_picture_that_had_a_source_asks_for_it(tmp_path):
    made = drawing(1, strength=0.4, source="ab12")
    found = read_settings(Path(showing(tmp_path).show_final(made)[2]["value"][0][0]).read_bytes())
    assert "ab12" in restored_html(found)
    assert restored_values(found)[-1] == 0.4


def test_pictures_of_a_visit_are_kept_up_to_a_number(tmp_path):
    kept = [Made(f"{i}.png", SHOT, f"{i}. a") for i in range(KEPT)]
    now = showing(tmp_path, kept).show_final(drawing(2))[5]
    assert len(now) == KEPT
    assert now[0].name == "2. a"
    assert now[-1].name == f"{KEPT + 2}. <b>, seed 8, M"


def test_the_slider_hears_of_the_pictures_at_the_end_of_the_run(tmp_path):
    show = showing(tmp_path)
    assert show.show(drawing(1))[5] == gr.skip()
    assert len(show.show_final(drawing(2))[5]) == 2


def test_a_choice_that_the_gallery_no_longer_has_is_its_newest():
    last = [Made(f"{i}.png", SHOT, str(i)) for i in range(2)]
    assert picked(last, 7).name == "1"


def test_two_pictures_of_different_size_are_scaled_for_the_slider(tmp_path):
    made = []
    for side in (64, 32):
        path = tmp_path / f"{side}.png"
        Image.new("RGB", (side, side)).save(path)
        made.append(Made(str(path), SHOT, str(side)))
    pair, text = under_slider(made[0].path, made[1].path, made)
    assert pair[1].size == (64, 64)
    assert "32 x 32 pixels and is scaled" in text


def test_a_path_from_outside_is_not_put_under_the_slider(tmp_path):
    assert under_slider("/etc/hostname", "/etc/hostname", []) == [gr.skip(), gr.skip()]


def test_a_blocked_picture_says_so():
    blocked = Picture(Image.new("RGB", (64, 64)), SHOT, 0.5, blocked=True)
    made = drawing(pictures=0)
    assert "safety checker" in caption(replace(made, pictures=(blocked,)), blocked)


def test_a_variation_is_named_by_both_seeds():
    shot = replace(SHOT, variation=0.2, variation_seed=9)
    made = drawing(1, (shot,))
    assert caption(made, made.pictures[0]) == "varied by seed 9"
    assert "seed 7, variation 0.2." in result_html(made)
