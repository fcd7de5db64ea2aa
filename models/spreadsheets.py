"""Files as spreadsheets want them: a CSV whose letters Excel knows, and no text that it would run."""

from __future__ import annotations

#: First characters that make a spreadsheet take a cell for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: with a quote in front where it could."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def file_bytes(name: str, text: str) -> bytes:
    """A file's bytes: UTF-8, in a CSV with a byte order mark, without which Excel reads other letters.

    Args:
        name: of the file, with its ending.
        text: what it says; half a surrogate pair is no text and becomes ``?``.
    """
    mark = "\ufeff" if name.lower().endswith(".csv") else ""
    return f"{mark}{text}".encode("utf-8", "replace")
