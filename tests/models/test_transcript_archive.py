"""Many transcripts in one ZIP."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile

from models.transcript import Segment, Transcript
from models.transcript_archive import Recording, archive, rows


def heard(text):
    return Transcript((Segment(0, 1, text),), "", "en", None, 2.0, 2.0, 1.0, 2.0, 0.5)


def opened(*recordings):
    return zipfile.ZipFile(io.BytesIO(archive(recordings)))


def test_every_recording_has_its_files_and_the_table_has_all():
    file = opened(Recording("a.mp3", heard("=Hi")), Recording("b.wav", None, "b.wav is empty."))
    assert set(file.namelist()) == {
        "transcripts.csv", *(f"a.{ending}" for ending in ("txt", "srt", "vtt", "csv", "json"))
    }  # fmt: skip
    table = list(csv.reader(io.StringIO(file.read("transcripts.csv").decode("utf-8-sig"))))
    assert table[1] == ["a.mp3", "2.0", "en", "1", "'=Hi", ""]
    assert file.read("transcripts.csv")[:3] == file.read("a.csv")[:3] == codecs.BOM_UTF8
    assert not file.read("a.srt").startswith(codecs.BOM_UTF8)
    assert table[2] == ["b.wav", "", "", "", "", "b.wav is empty."]
    assert rows([Recording("a.mp3", heard("=Hi"))])[0][4] == "=Hi"


def test_recordings_of_one_name_are_told_apart():
    file = opened(*(Recording(name, heard(name)) for name in ("a.mp3", "A.wav", "a.ogg")))
    assert {"a.txt", "A-2.txt", "a-3.txt"} <= set(file.namelist())
    assert file.read("a-3.txt") == b"a.ogg\n"


def test_no_name_leads_out_of_the_archive_or_over_the_table():
    names = ["../../x.wav", "..\\y.wav", "...", "transcripts.mp3"]
    found = opened(*(Recording(name, heard("x")) for name in names)).namelist()
    assert all("/" not in name and "\\" not in name and ".." not in name for name in found)
    assert len(found) == len(set(found)) == 1 + 5 * len(names)
