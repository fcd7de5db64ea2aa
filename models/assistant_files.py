"""A file that comes with a message: a text that can be read, or a recording that can be heard."""

from __future__ import annotations

from pathlib import Path

from models.documents import KINDS, read_pages
from models.errors import InputError
from models.tool_arguments import Material

#: Endings of recordings; what is inside is told by the decoder.
SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".webm", ".mp4")


def attached(path: str | None) -> Material | None:
    """The file as ``file_1``; None without one.

    Raises:
        InputError: for a file of another kind, and a document that can't be read.
    """
    if not path:
        return None
    file = Path(path)
    kind = file.suffix.lower()
    if kind in SOUNDS:
        return Material("file_1", "audio", path=file, of=file.name)
    if kind in KINDS:
        pages = read_pages(file)
        return Material("file_1", "text", pages.text, of=file.name, told=pages.told)
    raise InputError(
        f"{file.name} is neither a recording nor a text that is read here.",
        hint=f"Choices: {', '.join((*SOUNDS, *KINDS))}.",
    )
