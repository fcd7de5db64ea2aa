"""The sentiment starter: MiniLM, its upper layers and head trained by `train.sentiment`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from models.spec import ModelCard
from models.starter import backbone
from models.starter.minilm import build_sentiment
from models.starter.recipe import RepoFile, Starter

_TUNED = "models/starter/weights/sentiment/tuned.safetensors"


def build(paths: Mapping[str, Path], out: Path) -> None:
    """Merges backbone and tuned layers into a standard Hugging Face folder."""
    with tempfile.TemporaryDirectory() as scratch:
        build_sentiment(backbone.gather(paths, Path(scratch)), out)


STARTERS = (
    Starter(
        card=ModelCard(
            id="starter/minilm-sentiment",
            capability="sentiment",
            engine="transformers",
            title="MiniLM sentiment",
            licence="Apache-2.0",
            languages=("en",),
            size_bytes=backbone.SIZE_BYTES,
            parameters=backbone.PARAMETERS,
            original="all-MiniLM-L6-v2 with layers and a head trained by this project",
            notes="Three labels, trained on film, product and short social texts in English. "
            "Irony and double negation still fool it.",
            tier="starter",
        ),
        files={**backbone.FILES, "tuned": RepoFile(_TUNED)},
        build=build,
    ),
)
