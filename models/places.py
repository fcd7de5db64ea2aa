"""Whether a path that was named at start leads where a file or a folder can be; if not, why."""

from __future__ import annotations

import os
from pathlib import Path


def file_problem(path: Path | None, *, written: bool) -> str:
    """Why there can be no such file; empty where there can, and for None.

    Args:
        path: absolute; the file need not be there.
        written: whether it will be written, too.
    """
    if path is None:
        return ""
    if not path.parent.is_dir():
        return f"there is no folder {str(path.parent)!r}; make it first, or name another."
    if path.is_dir():
        return f"{str(path)!r} is a folder; name a file in it."
    place = path if path.exists() else path.parent
    return f"{str(path)!r} can't be written by this user." if written and not _open(place) else ""


def folder_problem(path: Path) -> str:
    """Why there can be no such folder; empty where there can.

    Args:
        path: absolute; it is made with all that leads to it when it is needed.
    """
    there = next(one for one in (path, *path.parents) if one.exists())
    if not there.is_dir():
        return f"{str(there)!r} is a file; name a folder."
    if there != path and not _open(there):
        return f"{str(path)!r} can't be made: this user may not write into {str(there)!r}."
    return ""


def _open(place: Path) -> bool:
    return os.access(place, os.W_OK)
