"""What the notes recipe counted about the starter's tunes, and how long half a minute of music takes.

``python -m models.starter.train.music_eval`` measures again and writes the card (it needs the tunes of
requirements-train.txt).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from models.starter.minilm import WEIGHTS
from models.starter.quality.engines import engine
from models.starter.quality.score import Score

MODEL = "starter/small-tunes"
SECONDS = 30
#: Name in the table -> name in the card; the card has each for held-out tunes, too.
SHOWN = {
    "notes in the asked mode": "notes_in_scale_percent",
    "asked tonic heard": "tonic_heard_percent",
    "kind recognised": "kind_recognised_percent",
    "parts ending on the tonic": "parts_ending_on_tonic_percent",
    "with four bars of a learnt tune": "shares_four_bars_percent",
}
OF_HELD_OUT = "_of_held_out_tunes"


def measure() -> Iterator[Score]:
    """The card's figures, of written and of held-out tunes, and the time of a piece."""
    scores = json.loads((WEIGHTS / "music" / "card.json").read_text("utf-8"))["scores"]
    model, begun = engine(MODEL), time.process_time()
    list(model.compose("a reel in D major", seconds=SECONDS, seed=1))
    each = time.process_time() - begun
    bits = {
        "bits a token": scores["held_out_bits_per_token"],
        "bits a token, trigrams": scores["trigram_bits_per_token"],
    }
    yield Score("music", MODEL, "held-out tunes, as text", bits)
    written = {name: scores[key] for name, key in SHOWN.items()}
    data = (
        f"{scores['tunes_written']:.0f} tunes that it wrote, counted; time of {SECONDS} s of music"
    )
    yield Score("music", MODEL, data, written, round(each, 3))
    real = {name: scores[key + OF_HELD_OUT] for name, key in SHOWN.items()}
    yield Score("music", "none", "held-out tunes counted the same way, as a yardstick", real)
