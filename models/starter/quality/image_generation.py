"""What the image recipe's judge said of the drawings, and how long one takes.

The judge is trained on real drawings only; ``python -m models.starter.train.image_eval`` measures
again and writes the card (it needs the packages of requirements-train.txt).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from models.starter.minilm import WEIGHTS
from models.starter.quality.engines import engine
from models.starter.quality.score import Score

MODEL = "starter/small-drawings"


def measure() -> Iterator[Score]:
    """The card's figures, and the time of one picture at the model's own settings."""
    card = json.loads((WEIGHTS / "image" / "card.json").read_text("utf-8"))
    scores, concepts = card["scores"], len(card["concepts"])
    figures = {
        "recognised": scores["samples_recognised_top1_percent"],
        "colour obeyed": scores["colour_obeyed_all_percent"],
        "real drawings recognised": scores["real_drawings_recognised_top1_percent"],
    }
    samples = f"{concepts} concepts, {scores['samples_of_each_prompt']} samples each"
    model, begun = engine(MODEL), time.process_time()
    list(model.draw("a blue car", seed=1))
    each = time.process_time() - begun
    data = f"{samples}, seen by a classifier of real drawings"
    yield Score("image_generation", MODEL, data, figures, round(each, 3))
