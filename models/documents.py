"""Reads a text out of a file that a visitor brings: plain text, Markdown, or the text layer of a PDF.

A PDF is read by pypdf, a page at a time; a scan has no text layer and is refused with that reason.
"""

from __future__ import annotations

from pathlib import Path

from models.errors import InputError

#: Largest file, in bytes.
MAX_BYTES = 20_000_000
#: Most pages of a PDF.
MAX_PAGES = 1_000
PLAIN = (".txt", ".md", ".markdown", ".text", ".rst")
KINDS = (*PLAIN, ".pdf")


def read_document(path: Path) -> str:
    """The text of a file.

    Args:
        path: a file whose name ends like one of ``KINDS``.

    Raises:
        InputError: for another kind, too large a file, one that is locked, damaged, or holds no text.
    """
    kind = checked_kind(path, KINDS, MAX_BYTES)
    text = _pdf(path) if kind == ".pdf" else decoded(path.read_bytes(), path.name)
    if not text.strip():
        reason = "it may be a scan of pictures" if kind == ".pdf" else "the file is empty"
        raise InputError(f"{path.name} holds no text; {reason}.", hint="Bring a file with text.")
    return text


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


def decoded(content: bytes, name: str) -> str:
    """Bytes as text: UTF-8, or UTF-16 with its mark; other encodings are refused, never guessed.

    Raises:
        InputError: when the bytes are no text in these encodings.
    """
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not UTF-8 text: byte {error.start:,} is {content[error.start]:#04x}.",
            hint="Save it as UTF-8 text.",
        ) from error
    if "\0" in text:
        raise InputError(f"{name} holds zero bytes, so it is no text.", hint="Bring a text file.")
    return text.replace("\r\n", "\n")


def _pdf(path: Path) -> str:
    """The text layer of a PDF, pages parted by an empty line."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise InputError(f"{path.name} is locked by a password.", hint="Unlock it first.")
        count = len(reader.pages)
        if count > MAX_PAGES:
            raise InputError(
                f"{path.name} has {count:,} pages; the limit is {MAX_PAGES:,}.",
                hint="Bring a part of it.",
            )
        return "\n\n".join(page.extract_text() for page in reader.pages)
    except (PyPdfError, ValueError, KeyError, RecursionError, OSError) as error:
        raise InputError(
            f"{path.name} could not be read as a PDF ({type(error).__name__}).",
            hint="Save it as PDF again, or paste the text.",
        ) from error
