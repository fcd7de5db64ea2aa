"""Files that rows make: names, archive, limits, previews; and what voices and pictures write."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
import soundfile
from PIL import Image

from models.batch_input import lines_table
from models.batch_output import RowFile, read_rows
from models.drawing import Drawing, Picture, Shot
from models.errors import InputError
from models.image_png import read_settings
from models.speech import Speech, Spoken
from models.stop import StopToken
from tabs.parts import batch_files, image_batch, speech_batch
from tabs.parts.batch_files import Folder, stem
from tabs.parts.batch_rows import Batch
from tabs.parts.batch_run import Plan, offered, started
from tabs.parts.batch_table import preview_html, table_html
from tabs.parts.sound_fields import InFormat
from tests.fakes import Echo

ENGINE = SimpleNamespace(shout=lambda text: Echo(text.upper()))


def shout(text):
    if "bad" in text:
        raise InputError("This is bad.")
    return lambda engine, stop: engine.shout(text)


def written(result, path):
    whole = path.with_name(path.name + ".png")
    whole.write_text(result.text)
    return [whole]


PLAN = Plan("image_generation", shout, lambda r: {"loud": r.text}, (), "prompt", written, 3)


@pytest.fixture
def buttons(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with gr.Blocks():
        return [gr.DownloadButton() for _ in range(3)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A red Apple!", "00007-a-red-apple"),
        ("../../etc/passwd", "00007-etc-passwd"),
        ("\u5716\u66f8\u9928", "00007"),
        ("x" * 90, "00007-" + "x" * 40),
    ],
)
def test_a_file_is_named_by_its_line_and_what_any_file_system_takes(text, name):
    assert stem(7, text) == name


def test_all_files_come_in_an_archive_with_the_table(buttons):
    work = started(PLAN, lines_table("one\nbad\ntwo"), None, buttons[0], ())
    with work.file:
        list(work.slice(ENGINE, StopToken()))
    updates = offered(work, buttons)
    with zipfile.ZipFile(updates[2]["value"]) as archive:
        names = archive.namelist()
        assert archive.read("files/00001-one.png") == b"ONE"
    assert names == [
        "modeldeck-image_generation.csv", "modeldeck-image_generation.jsonl",
        "files/00001-one.png", "files/00003-two.png",
    ]  # fmt: skip
    rows = list(read_rows(Path(updates[1]["value"])))
    assert [row.get("file") for row in rows] == ["00001-one.png", None, "00003-two.png"]
    assert rows[1]["error"] == "Line 2: This is bad."
    assert set(map(str, work.folder.paths)) <= buttons[0].temp_files


def test_the_table_shows_what_was_made_and_names_the_rows(buttons):
    work = started(PLAN, lines_table("one\nbad"), None, buttons[0], ())
    with work.file:
        list(work.slice(ENGINE, StopToken()))
    drawn = table_html(work.shown, work.done, "prompt")
    assert '<th scope="col">Prompt</th><th scope="col">Result</th>' in drawn
    assert drawn.count("<img") == 1


def test_more_rows_than_a_tab_takes_are_refused_before_the_first(buttons):
    with pytest.raises(InputError, match="4 rows; this tab takes up to 3"):
        started(PLAN, lines_table("a\nb\nc\nd"), None, buttons[0], ())


def test_files_that_fill_the_limit_end_the_run_and_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(batch_files, "MAX_BYTES", 2)
    table = lines_table("one\ntwo")
    folder = Folder(tmp_path / "files", written, set())
    with RowFile(tmp_path / "a.jsonl", table.columns) as file:
        work = Batch(table, "text", shout, lambda r: {}, file, folder)
        with pytest.raises(InputError, match="the rest was left out"):
            list(work.slice(ENGINE, StopToken()))
    assert (work.done, len(folder.paths)) == (1, 1)


def test_a_path_is_data_in_a_preview():
    drawn = preview_html(Path('/tmp/"><script>.png'))
    assert "<script" not in drawn
    assert preview_html(Path("a.txt")) == ""
    assert "<audio" in preview_html(Path("a.flac"))


def speech(kind):
    pieces = (np.full(8000, 900, np.int16), np.full(4000, 900, np.int16))
    made = Speech(
        pieces, 8000, (Spoken(0, 5, 0.0, 1.5),), ("\u2603",), "ada", ("ada",), 1, 5, 5, 0.1, 0.5
    )
    return InFormat(made, kind)  # fmt: skip


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3"])
def test_a_speech_is_written_whole_in_the_format_of_the_tab(tmp_path, kind):
    (path,) = speech_batch.written(speech(kind), tmp_path / "00001-hi")
    assert path.name == f"00001-hi.{kind}"
    assert soundfile.info(path).duration == pytest.approx(1.5, abs=0.1)
    assert speech_batch.columns(speech(kind)) == {
        "seconds": 1.5,
        "voice": "ada",
        "unread": "\u2603",
    }


def test_pictures_are_numbered_and_carry_their_own_settings(tmp_path):
    shots = (Shot(7, 20, 4.0), Shot(8, 20, 4.5))
    image = Image.new("RGB", (16, 16), "red")
    pictures = tuple(Picture(image, shot, 1.0) for shot in shots)
    drawing = Drawing("a cat", "", 16, 16, shots, "org/m", "r1", pictures=pictures)
    paths = image_batch.written(drawing, tmp_path / "00001-a-cat")
    assert [path.name for path in paths] == ["00001-a-cat-1.png", "00001-a-cat-2.png"]
    assert [read_settings(path.read_bytes()).seed for path in paths] == [7, 8]
    assert Image.open(io.BytesIO(paths[0].read_bytes())).size == (16, 16)
    found = image_batch.columns(drawing)
    assert (found["seed"], found["steps"], found["guidance"]) == ("7; 8", "20", "4; 4.5")


def test_one_picture_has_no_number(tmp_path):
    shot = Shot(7, 20, 4.0)
    picture = Picture(Image.new("RGB", (16, 16)), shot, 1.0)
    drawing = Drawing("a cat", "", 16, 16, (shot,), "org/m", "r1", pictures=(picture,))
    (path,) = image_batch.written(drawing, tmp_path / "00001-a-cat")
    assert path.name == "00001-a-cat.png"
