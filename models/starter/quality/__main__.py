"""Measures the starters and prints one table: ``python -m models.starter.quality``.

python -m models.starter.quality                         # all; minutes, most of them summaries
python -m models.starter.quality --only ner translation
python -m models.starter.quality --committed             # the committed scores, at once
python -m models.starter.quality --write                 # and commit what was measured
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Iterable, Iterator

from models.starter.quality.score import Score, read, replaced, write
from models.starter.quality.table import HEAD, cells

#: Capability -> module beside this one.
MODULES = {
    "sentiment": "sentiment",
    "zero_shot": "zero_shot",
    "ner": "ner",
    "question_answering": "question_answering",
    "summarization": "summaries",
    "translation": "translation",
    "text_generation": "text_generation",
    "text_to_speech": "speech",
    "speech_to_text": "speech",
    "image_generation": "image_generation",
    "music": "music",
    "tokenizer": "tokenizer",
    "embeddings": "retrieval",
    "assistant": "assistant",
}


def measured(capabilities: Iterable[str]) -> Iterator[Score]:
    """Scores of these capabilities; both speech tasks come from one round trip.

    Sets this process's torch to one thread, so that the CPU time of an item is that of one core.
    """
    import torch

    torch.set_num_threads(1)
    for module in dict.fromkeys(MODULES[name] for name in capabilities):
        yield from importlib.import_module(f"models.starter.quality.{module}").measure()


def main() -> None:
    """Prints the table, row by row as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=MODULES, default=list(MODULES))
    parser.add_argument("--committed", action="store_true", help="print the committed scores")
    parser.add_argument("--write", action="store_true", help="keep what was measured")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    rows = read() if options.committed else measured(options.only)
    sys.stdout.write(" | ".join(HEAD) + "\n")
    found = []
    for score in rows:
        sys.stdout.write(" | ".join(cells(score)) + "\n")
        sys.stdout.flush()
        found.append(score)
    if options.write and not options.committed:
        write(replaced(read(), found))


if __name__ == "__main__":
    main()
