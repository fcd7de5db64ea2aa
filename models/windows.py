"""Cuts a sequence that is longer than a model's window into overlapping windows."""

from __future__ import annotations


def windows(length: int, size: int, overlap: int) -> list[tuple[int, int]]:
    """Half-open index ranges that cover ``range(length)``, each at most ``size`` long.

    Neighbours share ``overlap`` positions (the last pair may share more, since the last window is
    moved back to be full). Every position is in at least one window.

    Args:
        length: number of tokens, >= 0.
        size: longest window, > overlap.
        overlap: positions shared by neighbours, >= 0.

    Raises:
        ValueError: when ``overlap`` is negative or not smaller than ``size``.
    """
    if overlap < 0 or size <= overlap:
        raise ValueError(f"overlap {overlap} must be at least 0 and below the window size {size}")
    if length <= size:
        return [(0, length)] if length else []
    step = size - overlap
    starts = [*range(0, length - size, step), length - size]
    return [(start, start + size) for start in starts]
