"""Source pictures: what is refused before it is decoded, how they are fitted, and grids of settings."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from models.drawing import Shot, time_left
from models.errors import InputError
from models.image_grid import Axis, axis, shots
from models.image_sources import MAX_SOURCE_BYTES, fingerprint, fitted, open_source


def saved(folder, image, name="picture.png", **more):
    path = folder / name
    image.save(path, **more)
    return path


def bomb(width, height):
    """A PNG of under a hundred bytes whose header claims a huge picture."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )  # fmt: skip

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((1, 1), "1 x 1 pixels; each side must be 16 to 8,192"),
        ((30_000, 16), "30,000 x 16 pixels; each side"),
        ((15, 200), "15 x 200 pixels"),
    ],
)
def test_a_picture_outside_the_sizes_is_refused_with_them(tmp_path, size, message):
    with pytest.raises(InputError, match=message):
        open_source(saved(tmp_path, Image.new("L", size)))


@pytest.mark.parametrize("size", [(12_000, 12_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(tmp_path, size):
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(*size))
    with pytest.raises(InputError, match=r"pixels; each side|claims more than 8,192"):
        open_source(path)


def test_an_ordinary_picture_of_the_same_making_is_only_damaged(tmp_path):
    path = tmp_path / "small.png"
    path.write_bytes(bomb(64, 64))
    with pytest.raises(InputError, match="damaged"):
        open_source(path)


@pytest.mark.parametrize("kind", ["text", "gif", "cut"])
def test_what_is_no_readable_picture_is_refused(tmp_path, kind):
    path = tmp_path / f"{kind}.png"
    stream = BytesIO()
    Image.effect_noise((64, 64), 50).save(stream, "GIF" if kind == "gif" else "PNG")
    content = {"text": b"no picture", "gif": stream.getvalue(), "cut": stream.getvalue()[:900]}
    path.write_bytes(content[kind])
    with pytest.raises(InputError, match="can't be read"):
        open_source(path)


def test_a_text_chunk_that_unpacks_to_a_hundred_megabytes_is_refused(tmp_path):
    plain = saved(tmp_path, Image.new("RGB", (32, 32))).read_bytes()
    content = b"note\0\0" + zlib.compress(b"0" * 10**8)
    chunk = struct.pack(">I", len(content)) + b"zTXt" + content
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + content))
    path = tmp_path / "text.png"
    path.write_bytes(plain[:33] + chunk + plain[33:])
    with pytest.raises(InputError, match="can't be read"):
        open_source(path)


def test_a_file_over_the_limit_is_not_opened(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(MAX_SOURCE_BYTES + 1)
    with pytest.raises(InputError, match="64,000,001 bytes; the limit is 64,000,000"):
        open_source(path)


def test_transparency_becomes_white_and_a_turned_photo_stands_upright(tmp_path):
    clear = open_source(saved(tmp_path, Image.new("RGBA", (16, 16), (255, 0, 0, 0))))
    assert clear.getpixel((0, 0)) == (255, 255, 255)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    turned = saved(tmp_path, Image.new("RGB", (40, 20)), "turned.jpg", exif=exif)
    assert open_source(turned).size == (20, 40)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((128, 128), ""),
        ((200, 100), "50% of the picture was cut off at left and right to fit 64 x 64."),
        ((100, 125), "20% of the picture was cut off at top and bottom to fit 64 x 64."),
    ],
)
def test_a_picture_is_fitted_and_what_was_cut_is_said(size, said):
    made, text = fitted(Image.new("RGB", size), 64, 64)
    assert (made.size, text) == ((64, 64), said)


def test_the_middle_of_a_picture_is_kept():
    image = Image.new("RGB", (192, 64), "red")
    image.paste("blue", (64, 0, 128, 64))
    assert set(fitted(image, 64, 64)[0].crop((4, 4, 60, 60)).getdata()) == {(0, 0, 255)}


def test_a_fingerprint_tells_pictures_apart_and_knows_the_same_again():
    red, blue = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (16, 16), "blue")
    assert fingerprint(red) == fingerprint(red.copy())
    assert len({fingerprint(red), fingerprint(blue), fingerprint(red.resize((8, 32)))}) == 3


@pytest.mark.parametrize(
    ("setting", "text", "values"),
    [
        ("steps", "10, 20,30", (10, 20, 30)),
        ("guidance", "1 4.5", (1, 4.5)),
        ("seed", "4294967295", (2**32 - 1,)),
    ],
)
def test_a_side_of_a_grid_is_read_as_a_person_writes_it(setting, text, values):
    assert axis(setting, text) == Axis(setting, values)


@pytest.mark.parametrize(
    ("setting", "text", "message"),
    [
        ("steps", "", "has 0 values; 1 to 6"),
        ("steps", "1 2 3 4 5 6 7", "has 7 values; 1 to 6"),
        ("prompt", " , ", "has 0 values; 1 to 6"),
        ("steps", "2.5", "'2.5' is no whole number"),
        ("steps", "-1", "Steps: -1 is not between 1 and 200"),
        ("guidance", "nan", "Guidance: nan is not between 0 and 30"),
        ("guidance", "much", "'much' is no number"),
        ("seed", str(2**70), "Seed: 1,180,591,620,717,411,303,424"),
        ("seed", "9" * 9000, "is no whole number"),
        ("size", "64", "'size' can't be a side"),
    ],
)
def test_a_side_that_is_none_is_refused(setting, text, message):
    with pytest.raises(InputError, match=message):
        axis(setting, text)


def test_no_setting_is_no_side():
    assert axis("", "10, 20") is None


def test_a_grid_goes_row_by_row_and_leaves_the_rest_as_it_is():
    made = shots(Shot(7, 20, 4.0), Axis("steps", (5, 10)), Axis("guidance", (1.0, 2.0)))
    assert made == (Shot(7, 5, 1.0), Shot(7, 10, 1.0), Shot(7, 5, 2.0), Shot(7, 10, 2.0))
    assert Axis("guidance", (1.0, 2.5)).labels == ("guidance 1", "guidance 2.5")


def test_a_side_of_words_puts_each_in_the_place_of_the_first():
    side = axis("prompt", "red cat, a dog,owl")
    made = shots(Shot(7, 20, 4.0), Axis("seed", (1, 2)), side, "a red cat, and a red cat")
    assert [shot.prompt for shot in made[::2]] == [
        "a red cat, and a red cat", "a a dog, and a a dog", "a owl, and a owl",
    ]  # fmt: skip
    assert [shot.seed for shot in made[:2]] == [1, 2]
    assert side.labels == ("prompt: red cat", "prompt: a dog", "prompt: owl")


def test_words_that_do_not_stand_in_the_prompt_are_refused():
    with pytest.raises(InputError, match="does not hold 'cat', the first value"):
        shots(Shot(7, 20, 4.0), axis("prompt", "cat, dog"), None, "a bird")


def test_both_sides_of_a_grid_must_differ():
    with pytest.raises(InputError, match="Both sides of the grid are seed"):
        shots(Shot(7, 20, 4.0), Axis("seed", (1,)), Axis("seed", (2,)))


@pytest.mark.parametrize(
    ("total", "later", "left"),
    [(20, 0, 15), (20, 2, 55), (40, 1, 75), (10, 1, 15)],
    ids=["one", "two more", "second order", "source picture"],
)
def test_the_time_left_counts_the_pictures_to_come(total, later, left):
    shot = Shot(7, 20, 4.0)
    assert time_left(1.0, 5, total, [shot] * later, shot) == left
