"""How faithfully and how tightly each starter tokenizer writes the texts of the other sets.

A text comes back when decoding its tokens gives the very same characters.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from models.starter import starters
from models.starter.quality.engines import engine
from models.starter.quality.score import DATA, Score


def texts() -> list[str]:
    """Passages, sentences in two languages, and sentences with names: 300 or so."""
    found = []
    for name, fields in (
        ("summaries_held_out", ("text",)),
        ("translations", ("en", "pt")),
        ("ner_checked", ("text",)),
    ):
        rows = map(json.loads, (DATA / f"{name}.jsonl").read_text("utf-8").splitlines())
        found += [row[field] for row in rows for field in fields]
    return found


def measure() -> Iterator[Score]:
    """Each tokenizer whose files are here."""
    cases = texts()
    words = sum(len(text.split()) for text in cases)
    for name, starter in starters().items():
        if starter.card.capability != "tokenizer":
            continue
        model, begun, back, tokens = engine(name), time.process_time(), 0, 0
        for text in cases:
            ids = model.tokenize(text, special_tokens=False).tokens.ids
            back += model.decode(ids, special_tokens=False).text == text
            tokens += len(ids)
        each = (time.process_time() - begun) / len(cases)
        figures = {
            "texts that come back": round(100 * back / len(cases), 1),
            "tokens per word": round(tokens / words, 2),
        }
        yield Score(
            "tokenizer", name, f"{len(cases)} texts of the other sets", figures, round(each, 5)
        )
