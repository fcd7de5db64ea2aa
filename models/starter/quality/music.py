"""What the music starter's training measured, and how long half a minute of music takes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from models.starter.minilm import WEIGHTS
from models.starter.quality.engines import engine
from models.starter.quality.score import Score

MODEL = "starter/small-tunes"
SECONDS = 30


def measure() -> Iterator[Score]:
    """Bits a token of held-out tunes, by the card that training wrote; the time of a piece."""
    scores = json.loads((WEIGHTS / "music" / "card.json").read_text("utf-8"))["scores"]
    model, begun = engine(MODEL), time.process_time()
    list(model.compose("a reel in D major", seconds=SECONDS, seed=1))
    each = time.process_time() - begun
    bits = {"bits a token": scores["held_out_bits_per_token"]}
    data = f"held-out tunes, as text; time of {SECONDS} s of music"
    yield Score("music", MODEL, data, bits, round(each, 3))
