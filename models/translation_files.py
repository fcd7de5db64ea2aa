"""Translates files and keeps their layout: text, Markdown, subtitles, tables, Word documents.

A file is taken apart into pieces of plain text and a way to put other pieces in their places; times,
numbers of cues, cells, styles, links, footnotes and empty lines stay (``models.word_paragraphs``).
"""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.batch_csv import looks_like_names, separated
from models.documents import checked_kind, open_docx, read_plain
from models.errors import InputError
from models.spec import Work
from models.stop import StopToken
from models.translation import MAX_CHARACTERS, TranslationEngine
from models.word_paragraphs import Parts, parts_of, rewrite

#: Largest file, in bytes.
MAX_BYTES = 10_000_000
KINDS = (".txt", ".md", ".srt", ".vtt", ".csv", ".tsv", ".docx")
_TABLES = (".csv", ".tsv")
#: What a table's first row was taken for.
_NAMES = "The first row holds the names of the columns and stays as it is."
_NO_NAMES = "The first row is read as a text like the others, not as names of columns."
_CUE = re.compile(r"^.*-->.*$")
_WORDS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Document:
    """A file taken apart.

    Attributes:
        name: its file name.
        pieces: the texts to translate, in order.
        rebuild: as many other texts -> the bytes of the new file; a text's are UTF-8.
        told: how its own bytes were read, where that is worth a word.
        stays: what of it is taken for no text, where that was guessed; a sentence.
    """

    name: str
    pieces: tuple[str, ...]
    rebuild: Callable[[list[str]], bytes]
    told: str = ""
    stays: str = ""


@dataclass(frozen=True)
class FileTranslation:
    """A file in another language, so far.

    Attributes:
        name: name for the new file: the old one with the target's code.
        content: the new file; pieces not done yet stand as they were.
        done, total: pieces.
        characters: of the source, done.
        source, target: language codes.
        told, stays: see ``Document``.
    """

    name: str
    content: bytes
    done: int
    total: int
    characters: int
    source: str
    target: str
    told: str = ""
    stays: str = ""

    @property
    def work(self) -> Work:
        """Characters read so far."""
        return Work(self.characters, "characters")


def open_document(path: Path) -> Document:
    """Takes a file apart.

    Raises:
        InputError: for another kind, too large a file, or one without a text.
    """
    kind = checked_kind(path, KINDS, MAX_BYTES)
    if kind == ".docx":
        found = _docx(path)
    else:
        read = read_plain(path)
        if len(read.text) > MAX_CHARACTERS:
            raise InputError(
                f"{path.name} has {len(read.text):,} characters; the limit is {MAX_CHARACTERS:,}.",
                hint="Translate it in parts.",
            )
        found = replace(_TAKEN_APART[kind](path.name, read.text), told=read.told)
        if _was_marked(path) or (
            kind in _TABLES and read.told
        ):  # Excel knows UTF-8 by the mark alone
            found = replace(found, rebuild=_marking(found.rebuild))
    if not any(map(_has_words, found.pieces)):
        raise InputError(f"{path.name} has no words to translate.", hint="Bring another file.")
    return found


def _was_marked(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(BOM_UTF8)) == BOM_UTF8


def _marking(rebuild: Callable[[list[str]], bytes]) -> Callable[[list[str]], bytes]:
    """The same with a byte order mark before the text."""
    return lambda pieces: BOM_UTF8 + rebuild(pieces)


def translate_document(
    engine: TranslationEngine, document: Document, source: str, target: str, stop: StopToken
) -> Iterator[FileTranslation]:
    """Translates a document, piece by piece.

    Args:
        engine: the translator.
        document: from ``open_document``.
        source: language code; guessed from its first 20,000 characters when empty.
        target: language code; the first one that goes with the source when empty.
        stop: polled between sentences; what is done stays in the file.

    Yields:
        The file so far; the last one is whole.
    """
    source, target = engine.choose("\n".join(document.pieces)[:20_000], source, target)
    done, characters = list(document.pieces), 0
    name = _renamed(document.name, target)
    for number, piece in enumerate(document.pieces, start=1):
        characters += len(piece)
        if _has_words(piece):
            for result in engine.translate(piece, source=source, target=target, stop=stop):
                done[number - 1] = result.text
        last = number == len(document.pieces)
        if last or number % 10 == 0:
            content = document.rebuild(done)
            yield FileTranslation(
                name, content, number, len(document.pieces), characters, source, target,
                document.told, document.stays,
            )  # fmt: skip


def _has_words(text: str) -> bool:
    return bool(_WORDS.search(text))


def _renamed(name: str, target: str) -> str:
    path = Path(name)
    return f"{path.stem}.{target}{path.suffix}"


def _plain(name: str, text: str) -> Document:
    """Paragraphs are pieces; what stands between them stays."""
    parts = re.split(r"(\n\s*\n)", text)
    return Document(name, tuple(parts), lambda pieces: "".join(pieces).encode())


def _subtitles(name: str, text: str) -> Document:
    """The texts of cues are pieces: the lines after a time up to an empty one."""
    lines = text.split("\n")
    kept: list[str | int] = []
    pieces: list[str] = []
    at = 0
    while at < len(lines):
        kept.append(lines[at])
        if _CUE.match(lines[at]):
            end = at + 1
            while end < len(lines) and lines[end].strip():
                end += 1
            if end > at + 1:
                kept.append(len(pieces))
                pieces.append("\n".join(lines[at + 1 : end]))
            at = end
        else:
            at += 1

    def rebuild(new: list[str]) -> bytes:
        return "\n".join(new[k] if isinstance(k, int) else k for k in kept).encode()

    return Document(name, tuple(pieces), rebuild)


def _table(name: str, text: str) -> Document:
    """Cells are pieces; a line for Excel and a first row of names stay."""
    body, separator = separated(text)
    rows = list(csv.reader(io.StringIO(body, newline=""), delimiter=separator))
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    named = bool(filled) and looks_like_names(filled[0], filled[1:])
    head = rows.index(filled[0]) + 1 if named else 0
    pieces = tuple(cell for row in rows[head:] for cell in row)

    def rebuild(new: list[str]) -> bytes:
        cells = iter(new)
        buffer = io.StringIO(newline="")
        buffer.write(text[: len(text) - len(body)])
        writer = csv.writer(buffer, delimiter=separator, lineterminator="\n")
        writer.writerows(rows[:head])
        writer.writerows([[next(cells) for _ in row] for row in rows[head:]])
        return buffer.getvalue().encode()

    return Document(name, pieces, rebuild, stays=_NAMES if named else _NO_NAMES)


def _docx(path: Path) -> Document:
    """Paragraphs of body, tables, headers and footers are pieces, and so are words of another style there."""

    def opened() -> tuple[Any, list[tuple[Any, Parts]]]:
        document, found = open_docx(path)
        apart = [(paragraph, parts_of(paragraph)) for paragraph in found]
        return document, [(paragraph, parts) for paragraph, parts in apart if parts.text.strip()]

    _, places = opened()
    pieces = tuple(
        text
        for _, parts in places
        for text in (parts.text, *(stretch.text for stretch in parts.marked))
    )

    def rebuild(new: list[str]) -> bytes:
        document, places = opened()
        texts = iter(new)
        for paragraph, parts in places:
            text, said = next(texts), [next(texts) for _ in parts.marked]
            if text != parts.text:
                rewrite(paragraph, text, said)
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()

    return Document(path.name, pieces, rebuild)


_TAKEN_APART: dict[str, Callable[[str, str], Document]] = {
    ".txt": _plain, ".md": _plain, ".srt": _subtitles, ".vtt": _subtitles,
    **dict.fromkeys(_TABLES, _table),
}  # fmt: skip
