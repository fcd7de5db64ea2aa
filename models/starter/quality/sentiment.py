"""The sentiment starter on 60 tricky sentences, beside what its recipe measured on held-out texts.

The held-out texts come in packages of requirements-train.txt; ``python -m
models.starter.train.sentiment --score`` measures them again and writes them into the card.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator

from models.starter.minilm import WEIGHTS
from models.starter.quality.engines import engine
from models.starter.quality.score import DATA, Score

MODEL = "starter/minilm-sentiment"
TRICKY = DATA / "sentiment_tricky.jsonl"
#: Keys of the card's scores -> names in the table.
_HELD_OUT = {
    "rotten_tomatoes_held_out": "Rotten Tomatoes",
    "imdb_held_out": "IMDB",
    "amazon_held_out": "Amazon",
    "tweets_held_out": "tweets",
}


def measure() -> Iterator[Score]:
    """The card's figures, then the tricky sentences, in all and by label."""
    card = json.loads((WEIGHTS / "sentiment" / "card.json").read_text("utf-8"))["scores"]
    held_out = {name: card[key] for key, name in _HELD_OUT.items()}
    yield Score("sentiment", MODEL, "one text in ten, held out: two labels right", held_out)
    rows = [json.loads(line) for line in TRICKY.read_text("utf-8").splitlines()]
    model, right, there = engine(MODEL), Counter[str](), Counter[str]()
    begun = time.process_time()
    for row in rows:
        (*_, result) = model.score(row["text"])
        there[row["label"]] += 1
        right[row["label"]] += result.scores[0].label == row["label"]
    each = (time.process_time() - begun) / len(rows)
    figures = {"right": round(100 * right.total() / len(rows), 1)}
    figures |= {label: round(100 * right[label] / there[label], 1) for label in sorted(there)}
    data = f"{len(rows)} tricky sentences by hand: three labels right"
    yield Score("sentiment", MODEL, data, figures, round(each, 4))
