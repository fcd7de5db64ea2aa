"""The one table of scores: its head and the cells of a row."""

from __future__ import annotations

from models.starter import starters
from models.starter.quality.score import Score

HEAD = ("capability", "model", "size", "data", "score", "CPU time per item")


def cells(score: Score) -> tuple[str, ...]:
    """A row; scores are per cent unless their name says otherwise."""
    starter = starters().get(score.model)
    size = f"{starter.card.size_bytes / 1e6:.0f} MB" if starter else ""
    return (score.capability, score.model, size, score.data, score.shown, score.time_shown)
