"""How much of MiniLM is worth tuning for sentiment: the recipe's first stage at four depths.

    nice -n 19 python -m models.starter.train.sentiment_scopes           # all, goes on after a cut
    python -m models.starter.train.sentiment_scopes --only head all

Same rows, order, rate and number of steps for each depth; only which tensors move differs. What was
measured is kept beside the weights and shown in docs/models.md.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from models.starter.minilm import WEIGHTS
from models.starter.train.sentiment import fresh, scores, train_stage

log = logging.getLogger(__name__)

RESULTS = WEIGHTS / "sentiment" / "scopes.json"
#: Name -> first layer that moves; the pooler and the head always do, the embeddings only in "all".
FIRST_LAYER = {"head": 6, "layers 4-5": 4, "layers 2-5": 2, "all": 0}
_SHOWN = ("rotten_tomatoes_held_out", "imdb_held_out", "amazon_held_out", "tricky")


def tunes(first_layer: int, name: str) -> bool:
    """Whether the tensor of this full name moves when layers from ``first_layer`` on do."""
    layer = name.partition("encoder.layer.")[2].partition(".")[0]
    if layer:
        return int(layer) >= first_layer
    return first_layer == 0 or not name.startswith("bert.embeddings.")


def measure(scope: str) -> dict[str, float]:
    """Trains one stage with that scope and returns its scores, size and minutes."""
    model, tokenizer = fresh()
    chosen: Callable[[str], bool] = partial(tunes, FIRST_LAYER[scope])
    moved = sum(w.numel() for name, w in model.named_parameters() if chosen(name))
    mean, minutes, _ = train_stage(
        model, tokenizer, 0, tunes=chosen, name=f"sentiment-scope-{scope.replace(' ', '-')}"
    )
    found = scores(mean, tokenizer)
    return {
        "tuned_parameters": moved,
        "minutes": round(minutes, 1),
        **{name: found[name] for name in _SHOWN},
    }


def main() -> None:
    """Measures the named scopes and keeps the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=FIRST_LAYER, default=list(FIRST_LAYER))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for scope in parser.parse_args().only:
        found = measure(scope)
        log.info("%s: %s", scope, json.dumps(found))
        known: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        kept = {name: {**known, scope: found}.get(name) for name in FIRST_LAYER}
        RESULTS.write_text(
            json.dumps({name: row for name, row in kept.items() if row}, indent=2) + "\n"
        )


if __name__ == "__main__":
    main()
