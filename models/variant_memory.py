"""What a quicker variant of a network takes beside the network itself, known without loading either."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from models.spec import Weights

#: Capability -> engine -> the ``model_type`` of networks that have variants; empty for all of that engine.
_VARIED: dict[str, dict[str, str]] = {
    "sentiment": {"transformers": ""},
    "zero_shot": {"transformers": "", "similarity": ""},
    "ner": {"transformers": ""},
    "question_answering": {"transformers": ""},
    "embeddings": {"transformers": ""},
    "summarization": {"extractive": ""},
    "translation": {"transformers": "marian", "marian": "marian"},
    "speech_to_text": {"transformers": "whisper"},
}
#: Larger Whispers are not tried: that would take more than a machine without a GPU may have to spare.
MOST_WHISPER_BYTES = 1_500_000_000
#: Weights of each library, and how much of their float32 size a precision takes in memory.
_FILES = {"openvino": "openvino_model.bin", "ctranslate2": "model.bin"}
_SHARES = {"float32": 1.0, "bfloat16": 0.5, "int8": 0.25}


@dataclass(frozen=True)
class Beside:
    """What comes beside a network.

    Attributes:
        size_bytes: what it takes; 0 where nothing comes.
        name: the variant, such as ``openvino-bfloat16``; empty where none was tried yet, so that as
            much again as the network takes is kept free.
    """

    size_bytes: int = 0
    name: str = ""


def size_of(folder: Path, name: str) -> int:
    """Bytes of memory of a variant, from the files of its folder."""
    library, _, precision = name.partition("-")
    return int((folder / _FILES[library]).stat().st_size * _SHARES[precision])


def varied(weights: Weights, size_bytes: int) -> bool:
    """Whether a model's network has variants, as the engine built of it would say.

    Args:
        weights: its files.
        size_bytes: what it takes in float32.
    """
    card = weights.card
    wanted = _VARIED.get(card.capability, {}).get(card.engine)
    if wanted == "whisper" and (card.is_starter or size_bytes > MOST_WHISPER_BYTES):
        return False  # of the starter there is a converted one beside it
    return wanted is not None and wanted in ("", _model_type(weights.folder))


def _model_type(folder: Path) -> str:
    try:
        return str(json.loads((folder / "config.json").read_text("utf-8")).get("model_type", ""))
    except (OSError, ValueError):
        return ""
