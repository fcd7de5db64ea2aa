"""Values of settings out of what a person wrote: numbers, sizes, switches, and names that were mistyped."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "KI": 2**10, "MI": 2**20, "GI": 2**30}
#: Not ``str.isdigit``, to which a superscript is a digit, too.
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


class SettingsError(ValueError):
    """Raised at start for a setting that can't be used; the message names it."""


def read(name: str, text: str, kind: str, meaning: str) -> object:
    """The value of a setting.

    Args:
        name: what messages call it: its variable or its option.
        text: as it was written.
        kind: ``bool``, ``int`` or ``str``.
        meaning: what it is and may be, for messages.

    Raises:
        SettingsError: for a text of another kind.
    """
    if kind == "bool":
        return _flag(name, text)
    if kind == "int":
        if not _WHOLE.fullmatch(text.strip()):
            raise SettingsError(f"{name}: {text!r} is no whole number. It is the {meaning}")
        return int(text)
    return text


def parse_bytes(name: str, text: str) -> int:
    """Reads ``6GB``, ``512MiB``, ``1000000`` as bytes (G = 10^9, Gi = 2^30).

    Raises:
        SettingsError: when the text is no positive size.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMG]I?)?B?\s*", text.upper())
    size = int(float(match[1]) * _UNITS[match[2] or ""]) if match else 0
    if size <= 0:
        raise SettingsError(f"{name}: {text!r} is no size; write for example 6GB or 512MiB.")
    return size


def meant(name: str, known: Iterable[str], beginning: str) -> str:
    """The end of a sentence on a name that is not there: the known one that is most like it, if one is.

    Args:
        name: as it was written.
        known: all names.
        beginning: that they share, and that makes them no more alike.
    """
    bare = {one.removeprefix(beginning): one for one in known}
    like = difflib.get_close_matches(name.removeprefix(beginning), [*bare], 1)
    return f"; did you mean {bare[like[0]]}?" if like else "."


def _flag(name: str, text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"", "0", "false", "no", "off"}:
        return False
    raise SettingsError(f"{name}: {text!r} is neither true nor false.")
