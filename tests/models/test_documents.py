"""Texts out of files: encodings, PDF pages, and what is refused."""

from __future__ import annotations

import io
import zipfile

import pytest

from models.documents import MAX_BYTES, read_pages
from models.errors import InputError


def pdf(*pages: str) -> bytes:
    """A minimal PDF with a line of Helvetica on each page; an empty page has no text layer."""
    kids = " ".join(f"{3 + 2 * i} 0 R" for i in range(len(pages)))
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>"]
    for i, text in enumerate(pages):
        font = "<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Resources{font}/Contents {4 + 2 * i} 0 R>>"
        )
        stream = f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET" if text else ""
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size, at = len(objects) + 1, len(body)
    tail = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R>>\n"
    return body + f"{tail}startxref\n{at}\n%%EOF".encode()


def word(**damaged: bytes) -> bytes:
    """A small Word document, in which some of its parts say something else."""
    import docx

    whole, changed = io.BytesIO(), io.BytesIO()
    document = docx.Document()
    document.add_paragraph("Hello")
    document.save(whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, damaged.get(name, old.read(name)))
    return changed.getvalue()


def locked_zip() -> bytes:
    """A ZIP archive whose first part says that it is encrypted."""
    content = bytearray(word())
    content[content.find(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


DOCUMENT = "word/document.xml"
BROKEN = b"<?xml version='1.0'?><w:document xmlns:w='urn:w'><w:bo"


def file(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    ["Olá,\nmundo".encode(), "Olá,\r\nmundo".encode("utf-8-sig"), "Olá,\nmundo".encode("utf-16")],
    ids=["utf-8", "utf-8 with mark and carriage returns", "utf-16 with mark"],
)
def test_text_is_read_as_it_was_written(tmp_path, content):
    assert read_pages(file(tmp_path, "a.txt", content)).text == "Olá,\nmundo"


def test_what_is_not_utf_8_is_read_and_told(tmp_path):
    pages = read_pages(file(tmp_path, "a.txt", "今天天氣很好，我們去公園吧。".encode("big5")))
    assert pages.text == "今天天氣很好，我們去公園吧。"
    assert pages.told.startswith("Read as Big5.")


def test_the_pages_of_a_pdf_are_read_in_order(tmp_path):
    pages = read_pages(file(tmp_path, "a.PDF", pdf("Hello from page one", "And page two")))
    assert pages.texts == ("Hello from page one", "And page two")
    assert pages.text == "Hello from page one\n\nAnd page two"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.exe", b"x", "a.exe is of no kind"),
        ("a.md", b"a\0b", "a.md is no text"),
        ("a.txt", b" \n", "the file is empty"),
        ("a.pdf", b"no pdf at all", "could not be read as a PDF"),
        ("a.docx", b"no zip at all", "could not be read as a Word document"),
        ("a.pdf", pdf(""), "may be a scan"),
        ("a.txt", b"x" * (MAX_BYTES + 1), "20.0 MB; the limit is 20 MB"),
    ],
    ids=["kind", "zero bytes", "empty", "not a pdf", "not a docx", "scan", "too large"],
)
def test_what_can_t_be_read_is_refused_with_the_fact(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message):
        read_pages(file(tmp_path, name, content))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", word(**{DOCUMENT: BROKEN})),
        ("a.docx", word(**{DOCUMENT: b"<x/>"})),
        ("a.docx", word(**{"[Content_Types].xml": b"<a><b>"})),
        ("a.docx", locked_zip()),
        ("a.pdf", pdf("x").replace(b"/Length", b"/Filter /Unknown /Length", 1)),
    ],
    ids=[
        "cut-off xml",
        "other xml",
        "cut-off list of parts",
        "zip with a password",
        "pdf's filter",
    ],
)
def test_a_damaged_file_is_refused_and_the_page_goes_on(tmp_path, name, content):
    with pytest.raises(InputError, match=r"could not be read as a .*: it is damaged, locked, or"):
        read_pages(file(tmp_path, name, content))


def test_the_paragraphs_of_a_word_document_are_read_with_its_tables(tmp_path):
    import docx

    document = docx.Document()
    document.add_paragraph("Hello")
    document.add_table(1, 1).cell(0, 0).text = "a cell"
    document.save(str(tmp_path / "a.docx"))
    assert read_pages(tmp_path / "a.docx").text == "Hello\na cell"


def test_a_word_document_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 2_000_000)
    monkeypatch.setattr("models.documents.MAX_UNPACKED", 1_000_000)
    with pytest.raises(InputError, match="unpacks to 2 MB; the limit is 1 MB"):
        read_pages(tmp_path / "a.docx")


def test_a_locked_pdf_is_refused(tmp_path):
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(file(tmp_path, "open.pdf", pdf("secret"))))
    writer.encrypt("password", algorithm="RC4-128")
    locked = tmp_path / "locked.pdf"
    writer.write(locked)
    with pytest.raises(InputError, match="locked by a password"):
        read_pages(locked)
