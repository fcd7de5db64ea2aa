"""chrF of the translation starter on sentences translated by hand, both ways.

chrF is the F-score of character n-grams of one to six, recall counting twice (Popović 2015,
https://aclanthology.org/W15-3049); one reference a sentence, European Portuguese.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator

from models.starter.quality.engines import engine
from models.starter.quality.score import DATA, Score

PAIRS = DATA / "translations.jsonl"
MODEL = "starter/bergamot-en-pt"
ORDER, BETA = 6, 2


def pairs() -> list[dict[str, str]]:
    """Sentences by language code."""
    return [json.loads(line) for line in PAIRS.read_text("utf-8").splitlines()]


def chrf(translation: str, reference: str) -> float:
    """Likeness of two texts by their characters, 0 to 1; spaces do not count."""
    said, wanted = "".join(translation.split()), "".join(reference.split())
    precision, recall = 0.0, 0.0
    orders = range(1, min(ORDER, max(len(wanted), 1)) + 1)
    for n in orders:
        got = Counter(said[i : i + n] for i in range(len(said) - n + 1))
        want = Counter(wanted[i : i + n] for i in range(len(wanted) - n + 1))
        same = (got & want).total()
        precision += same / max(1, got.total()) / len(orders)
        recall += same / max(1, want.total()) / len(orders)
    total = BETA**2 * precision + recall
    return (1 + BETA**2) * precision * recall / total if total else 0.0


def measure() -> Iterator[Score]:
    """chrF of each direction."""
    model, cases = engine(MODEL), pairs()
    begun, figures = time.process_time(), {}
    for source, target in (("en", "pt"), ("pt", "en")):
        found = [
            chrf(_translated(model, case[source], source, target), case[target]) for case in cases
        ]
        figures[f"chrF {source}-{target}"] = round(100 * sum(found) / len(found), 1)
    each = (time.process_time() - begun) / (2 * len(cases))
    data = f"{len(cases)} sentences translated by hand"
    yield Score("translation", MODEL, data, figures, round(each, 4))


def _translated(model: object, text: str, source: str, target: str) -> str:
    (*_, result) = model.translate(text, source=source, target=target)  # type: ignore[attr-defined]
    return str(result.text)
