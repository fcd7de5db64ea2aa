"""The question-answering starter: MiniLM, its upper layers and span head trained by `train.qa`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from models.spec import ModelCard
from models.starter import backbone
from models.starter.minilm import build_qa
from models.starter.recipe import RepoFile, Starter

#: Logits taken off "no answer", chosen on tests/quality/qa_checked.jsonl; qa_held_out.jsonl tests it.
MARGIN = 2.0
_TUNED = "models/starter/weights/qa/tuned.safetensors"


def build(paths: Mapping[str, Path], out: Path) -> None:
    """Merges backbone and tuned layers into a standard Hugging Face folder."""
    with tempfile.TemporaryDirectory() as scratch:
        build_qa(backbone.gather(paths, Path(scratch)), out)


STARTERS = (
    Starter(
        card=ModelCard(
            id="starter/minilm-qa",
            capability="question_answering",
            engine="transformers",
            title="MiniLM question answering",
            licence="Apache-2.0",
            languages=("en",),
            size_bytes=90_000_000,
            parameters=22_600_000,
            original="all-MiniLM-L6-v2 with layers and a span head trained by this project",
            notes="Finds names, places, dates and short phrases, and says when the passage is "
            "silent. Weak at why and how, and at what needs two sentences.",
            defaults={"no_answer_margin": MARGIN},
            tier="starter",
        ),
        files={**backbone.FILES, "tuned": RepoFile(_TUNED)},
        build=build,
        layout=2,
    ),
)
