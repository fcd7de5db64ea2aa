"""Files in another language: what is layout stays, what is text goes through the engine."""

from __future__ import annotations

import csv
import io

import pytest

from models.errors import InputError, Stopped
from models.stop import NEVER, StopToken
from models.translation import TranslationEngine
from models.translation_files import MAX_BYTES, open_document, translate_document
from tests.models.test_translation import Shouter

SRT = (
    "1\n00:00:01,000 --> 00:00:02,500\nHello there.\nHow are you?\n\n"
    "2\n00:00:03,000 --> 00:00:04,000\n- Well.\n"
)
VTT = "WEBVTT\n\nNOTE made by hand\n\nintro\n00:01.000 --> 00:02.000 align:start\nHello.\n"


def translated(path, stop=NEVER):
    engine = TranslationEngine(Shouter())
    *_, found = translate_document(engine, open_document(path), "en", "pt", stop)
    return found


def file(folder, name, content):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.srt", SRT, SRT.replace("Hello there.\nHow are you?", "HELLO THERE.\nHOW ARE YOU?")
         .replace("Well", "WELL")),
        ("a.vtt", VTT, VTT.replace("Hello.", "HELLO.")),
        ("a.txt", "One.\n\n\n  Two.\n", "ONE.\n\n\n  TWO.\n"),
        ("a.md", "# Title\n\n- a point\n", "# TITLE\n\n- A POINT\n"),
        ("a.csv", "id;text\n1;one word\n2;\"two; words\"\n", "id;text\n1;ONE WORD\n2;\"TWO; WORDS\"\n"),
    ],
)  # fmt: skip
def test_only_the_text_changes(tmp_path, name, content, expected):
    found = translated(file(tmp_path, name, content))
    assert found.content.decode() == expected
    assert found.name == name.replace("a.", "a.pt.")
    assert found.done == found.total


@pytest.mark.parametrize(
    ("name", "head", "body"),
    [
        ("a.csv", "", "Good morning.\nHello, you all.\nWell, no.\n"),
        ("a.csv", "", "The first row.,It is no name.\n\nOne.,Two.\n"),
        ("a.csv", "sep=;\nname;says\n", "Ada;one, word\n\n;\n"),
        ("a.csv", "text\n", "One, two.\n"),
        ("a.tsv", "id\ttext\n", "1\tone, two\n"),
        ("a.csv", "a|b\n", "one, two|three; four\n"),
    ],
)
def test_separators_and_names_of_columns_stay_and_rows_without_names_do_not(
    tmp_path, name, head, body
):
    found = translated(file(tmp_path, name, head + body))
    assert found.content.decode() == head + body.upper()
    assert ("names of the columns and stays" in found.stays) == bool(head)


def test_a_quoted_table_keeps_its_cells(tmp_path):
    content = 'a,b\n"one, ""two""","up\ndown"\n'
    rows = list(
        csv.reader(io.StringIO(translated(file(tmp_path, "t.csv", content)).content.decode()))
    )
    assert rows == [["a", "b"], ['ONE, "TWO"', "UP\nDOWN"]]


@pytest.mark.parametrize(
    ("name", "codec", "marked"),
    [("a.csv", "utf-8", False), ("a.csv", "utf-8-sig", True), ("a.csv", "big5", True),
     ("a.srt", "big5", False), ("a.txt", "utf-8-sig", True)],
)  # fmt: skip
def test_a_text_in_another_encoding_comes_back_in_utf_8_and_a_table_of_it_with_excels_mark(
    tmp_path, name, codec, marked
):
    text = "1\n00:00:01,000 --> 00:00:02,000\n我們走吧，今天天氣很好。\n"
    found = translated(file(tmp_path, name, text.encode(codec)))
    content = found.content.decode()
    assert content.startswith("\ufeff") == marked
    assert "我們走吧，今天天氣很好。" in content
    assert found.told.startswith("Read as Big5.") == (codec == "big5")


def word_file(path):
    import docx

    document = docx.Document()
    document.add_heading("A title", 1)
    paragraph = document.add_paragraph("plain and ")
    paragraph.add_run("bold").bold = True
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "first cell", "12.5"
    document.sections[0].header.paragraphs[0].text = "a header"
    document.save(path)
    return path


def test_a_word_file_keeps_styles_tables_and_headers(tmp_path):
    import docx

    found = translated(word_file(tmp_path / "a.docx"))
    document = docx.Document(io.BytesIO(found.content))
    assert [p.text for p in document.paragraphs] == ["A TITLE", "PLAIN AND BOLD"]
    assert document.paragraphs[0].style.name == "Heading 1"
    assert [c.text for c in document.tables[0].rows[0].cells] == ["FIRST CELL", "12.5"]
    assert document.sections[0].header.paragraphs[0].text == "A HEADER"


def test_stop_keeps_what_is_done(tmp_path):
    stop = StopToken()
    content = "".join(f"Line {n} here.\n\n" for n in range(40))
    document = open_document(file(tmp_path, "a.txt", content))
    found = translate_document(TranslationEngine(Shouter()), document, "en", "pt", stop)
    first = next(found)
    stop.set()
    with pytest.raises(Stopped):
        next(found)
    assert first.content.decode().startswith("LINE 0 HERE.")
    assert first.content.decode().endswith("Line 39 here.\n\n")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pdf", b"x", "of no kind that is read here"),
        ("a.docx", b"no zip", "could not be read as a Word document"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n12\n", "no words to translate"),
        ("a.txt", b"x" * (MAX_BYTES + 1), "10.0 MB; the limit is 10 MB"),
        ("a.txt", "word " * 50_000, "250,000 characters; the limit is 200,000"),
        ("a.txt", "Příliš žluťoučký kůň.".encode("iso8859_2"), "not UTF-8"),
    ],
    ids=["kind", "no docx", "no words", "too large", "too long", "not utf-8"],
)
def test_what_can_t_be_translated_is_refused_with_the_fact(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message):
        open_document(file(tmp_path, name, content))
