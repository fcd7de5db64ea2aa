"""Reads a text out of a file that a visitor brings: plain text, Markdown, Word, or a PDF's text layer.

A PDF is read by pypdf, a page at a time; a scan has no text layer and is refused with that reason.
"""

from __future__ import annotations

import logging
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.errors import InputError
from models.text_encodings import FileText, file_text

log = logging.getLogger(__name__)

#: Largest file, in bytes.
MAX_BYTES = 20_000_000
#: Most bytes of a Word document's parts, which are compressed in its file.
MAX_UNPACKED = 200_000_000
#: Most pages of a PDF.
MAX_PAGES = 1_000
PLAIN = (".txt", ".md", ".markdown", ".text", ".rst")
KINDS = (*PLAIN, ".pdf", ".docx")
#: What the parsers raise on damaged files beside errors of their own, which they do not list. XML that
#: is cut off is a ``SyntaxError``, a ZIP with a password or a filter that nobody knows a ``RuntimeError``.
_DAMAGE = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@dataclass(frozen=True)
class Pages:
    """What a document says.

    Attributes:
        texts: of its pages; one for a kind that has no pages.
        told: how its bytes were read, as a sentence or two, where that is worth a word.
    """

    texts: tuple[str, ...]
    told: str = ""

    @property
    def text(self) -> str:
        """All of it, its pages parted by an empty line."""
        return "\n\n".join(self.texts)


def read_pages(path: Path) -> Pages:
    """The texts of a file's pages.

    Args:
        path: a file whose name ends like one of ``KINDS``.

    Raises:
        InputError: for another kind, too large a file, one that is locked, damaged, or holds no text.
    """
    kind = checked_kind(path, KINDS, MAX_BYTES)
    told = ""
    if kind == ".pdf":
        pages = _pdf(path)
    elif kind == ".docx":
        _, found = open_docx(path)
        pages = ["\n".join(p.text for p in found if p.text.strip())]
    else:
        plain = read_plain(path)
        pages, told = [plain.text], plain.told
    if not any(page.strip() for page in pages):
        reason = "it may be a scan of pictures" if kind == ".pdf" else "the file is empty"
        raise InputError(f"{path.name} holds no text; {reason}.", hint="Bring a file with text.")
    return Pages(tuple(pages), told)


def checked_kind(path: Path, kinds: tuple[str, ...], most: int) -> str:
    """The file's ending in small letters.

    Args:
        path: the file.
        kinds: endings that are taken.
        most: largest file, in bytes.

    Raises:
        InputError: for another kind or too large a file.
    """
    kind = path.suffix.lower()
    if kind not in kinds:
        raise InputError(
            f"{path.name} is of no kind that is read here.", hint=f"Choices: {', '.join(kinds)}."
        )
    size = path.stat().st_size
    if size > most:
        raise InputError(
            f"{path.name} has {size / 1e6:.1f} MB; the limit is {most / 1e6:.0f} MB.",
            hint="Bring a part of it.",
        )
    return kind


def read_plain(path: Path) -> FileText:
    """A file of plain text, its lines ended by ``\\n``; see ``models.text_encodings.file_text``."""
    found = file_text(path.read_bytes(), path.name)
    return replace(found, text=found.text.replace("\r\n", "\n"))


def open_docx(path: Path) -> tuple[Any, list[Any]]:
    """A Word document of python-docx, and the paragraphs of its body, tables, headers and footers.

    Raises:
        InputError: when it is none, damaged, or unpacks to too much.
    """
    import docx
    from docx.opc.exceptions import OpcError

    with _refused(path, "a Word document", "Save it as .docx again.", OpcError):
        with zipfile.ZipFile(path) as archive:  # which reads no more than its list says
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED:
            raise InputError(
                f"{path.name} unpacks to {unpacked / 1e6:,.0f} MB; the limit is "
                f"{MAX_UNPACKED / 1e6:.0f} MB.",
                hint="Bring a part of it, or leave its pictures out.",
            )
        document = docx.Document(str(path))
        return document, [*_paragraphs(document)]


@contextmanager
def _refused(path: Path, kind: str, hint: str, *errors: type[Exception]) -> Iterator[None]:
    """Turns what a parser raises on a damaged file into one refusal; the log has the rest.

    Args:
        path: the file.
        kind: what it was to be read as.
        hint: what to do.
        errors: of the parser itself, beside ``_DAMAGE``.
    """
    known: tuple[type[Exception], ...] = (*_DAMAGE, *errors)
    try:
        yield
    except known as error:
        log.info("%s could not be read as %s", path.name, kind, exc_info=True)
        raise InputError(
            f"{path.name} could not be read as {kind}: it is damaged, locked, or of another kind.",
            hint=hint,
        ) from error


def _paragraphs(document: Any) -> Iterator[Any]:
    parts = [document]
    for section in document.sections:
        parts += [section.header, section.footer]
    for part in parts:
        yield from part.paragraphs
        for table in part.tables:
            seen = set()
            for cell in (cell for row in table.rows for cell in row.cells):
                if cell._tc not in seen:  # a merged cell is listed once for each place it covers
                    seen.add(cell._tc)
                    yield from cell.paragraphs


def _pdf(path: Path) -> list[str]:
    """The text layer of a PDF, page by page."""
    from pypdf import PdfReader
    from pypdf.errors import DeprecationError, PyPdfError

    with _refused(
        path, "a PDF", "Save it as PDF again, or paste the text.", PyPdfError, DeprecationError
    ):
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise InputError(f"{path.name} is locked by a password.", hint="Unlock it first.")
        count = len(reader.pages)
        if count > MAX_PAGES:
            raise InputError(
                f"{path.name} has {count:,} pages; the limit is {MAX_PAGES:,}.",
                hint="Bring a part of it.",
            )
        return [page.extract_text() for page in reader.pages]
