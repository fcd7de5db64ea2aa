"""The zero-shot starter: MiniLM's embeddings, with the scale on which its cosines are read.

No model of natural language inference comes in a package, so nothing here reads text and label
together. The numbers are fitted by ``models.starter.train.zero_shot`` and measured on other texts and
labels (``models.starter.quality.zero_shot``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from models.starter import backbone
from models.starter.minilm import build_sentences
from models.starter.recipe import Starter

#: See ``models.zero_shot_similarity.Scale``.
SCALE: dict[str, object] = {"temperature": 0.026, "middle": 0.145, "spread": 0.06}


def build(paths: Mapping[str, Path], out: Path) -> None:
    """Lays the backbone out as a standard Hugging Face folder."""
    with tempfile.TemporaryDirectory() as scratch:
        build_sentences(backbone.gather(paths, Path(scratch)), out)


STARTERS = (
    Starter(
        card=backbone.card(
            "minilm-zero-shot", "zero_shot", "similarity", "MiniLM similarity",
            "By similarity of embeddings, not by entailment: good at topics, weaker at "
            "intents and feelings, blind to \u201cnot\u201d. For those choose a model of the Hub.",
            SCALE,
        ),
        files=backbone.FILES,
        build=build,
    ),
)  # fmt: skip
