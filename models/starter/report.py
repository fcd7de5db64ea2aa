"""What a starter that this project trained says of itself: data, recipe, scores, known failures.

Read from the ``card.json`` beside the committed weights, which the recipes write.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WEIGHTS = Path(__file__).with_name("weights")
#: Model id -> folder of its weights.
TRAINED = {
    "starter/minilm-sentiment": "sentiment",
    "starter/minilm-qa": "qa",
    "starter/small-drawings": "image",
    "starter/small-tunes": "music",
}


@dataclass(frozen=True)
class TrainingReport:
    """A model card of our own.

    Attributes:
        data: packages with version and licence, one each.
        recipe: how it was trained, in words.
        minutes: of training, on one or two cores.
        scores: (name, value) pairs in words; the name tells the unit of what is not per cent.
        failures: what it is known to get wrong.
    """

    data: tuple[str, ...]
    recipe: str
    minutes: float
    scores: tuple[tuple[str, str], ...]
    failures: tuple[str, ...]


@cache
def training_report(model: str) -> TrainingReport | None:
    """The report of a model id; None for a model that was not trained here."""
    folder = TRAINED.get(model)
    if folder is None:
        return None
    card = json.loads((WEIGHTS / folder / "card.json").read_text(encoding="utf-8"))
    data = (f"{d['package']} {d['version']} ({d['licence']})" for d in card["data"])
    recipe = card["recipe"]
    return TrainingReport(
        data=tuple(dict.fromkeys(data)),
        recipe=recipe if isinstance(recipe, str) else " ".join(map(str, recipe)),
        minutes=float(card["minutes"]),
        scores=tuple(_flat(card["scores"])),
        failures=tuple(card["known_failures"]),
    )


def _flat(scores: dict[str, object]) -> list[tuple[str, str]]:
    """Scores with words for names; what is no number is left out.

    Names say which are per cent; where none does, all of them are.
    """
    mixed = any("_percent" in name for name in scores)
    return [
        (
            name.replace("_percent", "").replace("_", " "),
            f"{value:g}" if mixed and "_percent" not in name else f"{value:g} %",
        )
        for name, value in scores.items()
        if isinstance(value, (int, float))
    ]
