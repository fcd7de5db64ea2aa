"""The whole app as a ZeroGPU Space, started under the stand-in with tiny random models."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import started_app
from tests.models.audio_checkpoints import tiny_vits, tiny_whisper
from tests.models.checkpoints import tiny_bert
from tests.models.image_checkpoints import tiny_pipeline
from tests.models.music_checkpoints import tiny_musicgen
from tests.models.text_checkpoints import byte_tokenizer, tiny_bart, tiny_llama, tiny_marian

STAND_IN = Path(__file__).parent / "stand_in"


def tiny_models(folder: Path) -> dict[str, Path]:
    """Capability -> folder of a model that is built for the GPU in a moment."""
    made = {name: folder / name for name in MAKERS}
    for name, path in made.items():
        path.mkdir(parents=True)
        MAKERS[name](path)
    return made


MAKERS = {
    "sentiment": lambda path: tiny_bert(path, "BertForSequenceClassification", num_labels=3),
    "zero_shot": lambda path: tiny_bert(
        path, "BertForSequenceClassification", id2label={0: "contradiction", 1: "entailment"}
    ),
    "ner": lambda path: tiny_bert(
        path, "BertForTokenClassification", id2label={0: "O", 1: "B-PER", 2: "I-PER"}
    ),
    "question_answering": lambda path: tiny_bert(path, "BertForQuestionAnswering"),
    "summarization": tiny_bart,
    "translation": lambda path: tiny_marian(path, targets=("por",)),
    "text_generation": tiny_llama,
    "assistant": tiny_llama,
    "text_to_speech": tiny_vits,
    "speech_to_text": tiny_whisper,
    "tokenizer": byte_tokenizer,
    "embeddings": lambda path: tiny_bert(path, "BertModel"),
    "music": tiny_musicgen,
    "image_generation": lambda path: tiny_pipeline("stable_diffusion", path),
}


@contextmanager
def zero_space(models: dict[str, Path], folder: Path) -> Iterator[tuple[str, Path]]:
    """Address of the app, and the stand-in's log of every GPU that was asked for."""
    gpus, log = folder / "gpus.jsonl", folder / "log.txt"
    environment = {
        **os.environ,
        "SPACES_ZERO_GPU": "true",
        "SPACES_STAND_IN_LOG": str(gpus),
        "PYTHONPATH": str(STAND_IN),
        "MODELDECK_MODELS": ",".join(f"{name}={path}" for name, path in models.items()),
        "MODELDECK_ZERO_MODELS": ",".join(f"{name}=local/{name}" for name in models),
        "MODELDECK_VISITOR_RATE": "1000",
        "SPACES_STAND_IN_LIMIT_S": "100",  # what is asked for is meant for a GPU, not for a busy CPU
    }
    with started_app(environment, log, "--offline") as address:
        yield address, gpus
    print(log.read_text()[-3000:])


def asked(gpus: Path) -> list[dict[str, object]]:
    """Every GPU that was asked for so far."""
    return [json.loads(line) for line in gpus.read_text().splitlines()] if gpus.exists() else []
