"""A measured score as it is committed and shown; knows no model."""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from models.spec import CAPABILITIES

log = logging.getLogger(__name__)

SCORES = Path(__file__).with_name("scores.json")
#: The hand-written evaluation sets.
DATA = Path(__file__).parents[3] / "tests" / "quality"


@dataclass(frozen=True)
class Score:
    """One row of the table.

    Attributes:
        capability: one of ``CAPABILITIES``.
        model: id of the starter.
        data: what it was measured on, in words, with the number of items.
        figures: name -> value, in the order to show; the name says the unit where it is not per cent.
        seconds_per_item: mean CPU time of one item, loading left out; unlike the time on the wall
            it hardly depends on what else the machine does. None where it was not measured.
    """

    capability: str
    model: str
    data: str
    figures: dict[str, float]
    seconds_per_item: float | None = None

    @property
    def shown(self) -> str:
        """The figures in one line."""
        return ", ".join(f"{name} {value:g}" for name, value in self.figures.items())

    @property
    def time_shown(self) -> str:
        """Time of an item with its unit; coarse, since it depends on the machine."""
        seconds = self.seconds_per_item
        if seconds is None:
            return ""
        if seconds >= 1:
            return f"{seconds:.1f} s"
        return f"{1000 * seconds:.0f} ms" if seconds >= 0.01 else f"{1000 * seconds:.1f} ms"


def read() -> list[Score]:
    """The committed scores, in the order of the tabs."""
    rows = [Score(**row) for row in json.loads(SCORES.read_text("utf-8"))]
    return sorted(rows, key=lambda row: CAPABILITIES.index(row.capability))


def replaced(old: Iterable[Score], new: Iterable[Score]) -> list[Score]:
    """``old`` without the capabilities that ``new`` measured again, and ``new``."""
    fresh = list(new)
    kept = [row for row in old if row.capability not in {score.capability for score in fresh}]
    return sorted([*kept, *fresh], key=lambda row: CAPABILITIES.index(row.capability))


def write(scores: Iterable[Score]) -> None:
    """Puts the committed scores in place of the old, in one step."""
    text = json.dumps([asdict(score) for score in scores], indent=1, ensure_ascii=False)
    draft = SCORES.with_suffix(".partial")
    draft.write_text(text + "\n", encoding="utf-8")
    os.replace(draft, SCORES)


def print_alone(measure: Callable[..., Iterable[Score]], about: str | None) -> None:
    """Measures one capability from the command line; ``--show`` prints each item, too.

    Args:
        measure: takes ``show``.
        about: its module's docstring.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--show", action="store_true", help="print what became of each item")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for score in measure(show=options.show):
        log.info("%s: %s (%s, %s)", score.model, score.shown, score.data, score.time_shown)
