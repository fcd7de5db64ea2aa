"""Files that the rows of a run make, such as pictures and speeches: their names, and all in one archive."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from models.errors import InputError

#: Writes a result's files: called with the result and a path without an ending, under which it
#: writes ``path.png``, ``path-2.png`` and the like; returns what it wrote.
Write = Callable[[Any, Path], list[Path]]
#: Most bytes of all files of a run.
MAX_BYTES = 2_000_000_000
#: Characters of a text in the name of its file.
NAMED = 40


class Folder:
    """Where the files of a run go.

    Args:
        path: made with the first file.
        write: see ``Write``.
        temporary: paths that gradio deletes in time; those of the files are added.

    Attributes:
        paths: of all files, in the order of the rows.
        last: of the newest row's files.
    """

    def __init__(self, path: Path, write: Write, temporary: set[str]) -> None:
        self._path, self._write, self._temporary = path, write, temporary
        self._bytes = 0
        self.paths: list[Path] = []
        self.last: tuple[Path, ...] = ()

    def check(self) -> None:
        """Raises ``InputError`` when the files have grown over ``MAX_BYTES``."""
        if self._bytes > MAX_BYTES:
            raise InputError(
                f"The files of this run have more than {MAX_BYTES / 1e9:.0f} GB: the rest was left out.",
                hint="Run the rest by itself.",
            )

    def add(self, result: Any, line: int, text: str) -> str:
        """Writes the files of a row and returns their names, with a semicolon between them."""
        self._path.mkdir(parents=True, exist_ok=True)
        self.last = tuple(self._write(result, self._path / stem(line, text)))
        self._bytes += sum(path.stat().st_size for path in self.last)
        self._temporary.update(map(str, self.last))
        self.paths += self.last
        return "; ".join(path.name for path in self.last)


def stem(line: int, text: str) -> str:
    """A file's name without its ending: the line, and the text as far as any file system takes it."""
    words = "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:NAMED].strip("-")
    return f"{line:05d}-{words}" if words else f"{line:05d}"


def zipped(files: Sequence[Path], tables: Sequence[Path], path: Path) -> Path:
    """Puts the tables and, under ``files/``, all files into an archive.

    Pictures and sound hardly get smaller, so they are stored as they are.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for table in tables:
            archive.write(table, table.name, zipfile.ZIP_DEFLATED)
        for file in files:
            archive.write(file, f"files/{file.name}", zipfile.ZIP_STORED)
    return path
