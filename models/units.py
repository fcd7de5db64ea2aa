"""Amounts in words for a person: bytes and counts."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 row``, ``12,345 rows``; ``plural`` where it is not the noun with an s."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def counted_of(part: int, whole: int, noun: str, plural: str = "") -> str:
    """A part of what there is: ``0 of 1 row``, ``12 of 12,345 rows``."""
    return f"{part:,} of {counted(whole, noun, plural)}"


def size(count: float) -> str:
    """Bytes in decimal units: ``412 kB``, ``1.4 MB``, ``96 MB``, ``3.1 GB``."""
    if count < 1000:
        return f"{count:.0f} bytes"
    if count < 999.5e3:
        return f"{count / 1e3:.0f} kB"
    if count < 999.5e6:
        return f"{count / 1e6:.1f} MB" if count < 9.95e6 else f"{count / 1e6:.0f} MB"
    return f"{count / 1e9:.1f} GB"


def short(count: int) -> str:
    """A count: ``950``, ``12k``, ``3.4M``, ``7.6B``."""
    for unit, name in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if count >= unit:
            value = count / unit
            return f"{value:.0f}{name}" if value >= 10 or name == "k" else f"{value:.1f}{name}"
    return str(count)
