"""Puts our tuned layers back on MiniLM: the backbone is in a package, only what we trained is in git.

Knows the names of BERT's tensors and the files of a Hugging Face folder. Does not know where the
backbone lies or how the weights were trained (`models.starter.train`). Imports neither torch nor
transformers.

Model: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).parent / "weights"
FIRST_TUNED_LAYER = 2
"""Layers 0 and 1 and the embeddings stay the backbone's; layers 2 to 5 are ours."""
SENTIMENT_LABELS = ("negative", "neutral", "positive")

_TOKENIZER_FILES = ("special_tokens_map.json", "vocab.txt")
_MAX_TOKENS = 512  # rows of BERT's position table
#: What the question reader was trained on: passages of 160 tokens with their question. In windows of
#: 512 it finds next to nothing (docs/models.md has the figures).
_QA_TOKENS = 192
#: What the model's makers read at once (``sentence_bert_config.json`` of all-MiniLM-L6-v2).
_SENTENCE_TOKENS = 256
_NOT_TOKENIZING = {"truncation": None, "padding": None}


def build_sentiment(backbone: Path, out: Path) -> None:
    """Writes a `BertForSequenceClassification` folder with the three labels.

    Args:
        backbone: the folder of all-MiniLM-L6-v2.
        out: the folder to fill; made if missing.
    """
    labels = {
        "id2label": {str(index): label for index, label in enumerate(SENTIMENT_LABELS)},
        "label2id": {label: index for index, label in enumerate(SENTIMENT_LABELS)},
        "problem_type": "single_label_classification",
    }
    _build("sentiment", backbone, out, "BertForSequenceClassification", labels, _MAX_TOKENS)


def build_qa(backbone: Path, out: Path) -> None:
    """Writes a `BertForQuestionAnswering` folder; a span that is only [CLS] means "no answer".

    Args:
        backbone: the folder of all-MiniLM-L6-v2.
        out: the folder to fill; made if missing.
    """
    _build("qa", backbone, out, "BertForQuestionAnswering", {}, _QA_TOKENS)


def build_sentences(backbone: Path, out: Path) -> None:
    """Writes the backbone as it is, to be read in the windows that it is published for.

    Args:
        backbone: the folder of all-MiniLM-L6-v2.
        out: the folder to fill; made if missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(backbone / name, out / name)
    _tokenizer(backbone, out, _SENTENCE_TOKENS)


def is_tuned(name: str) -> bool:
    """Whether the tensor of this full name is trained and stored by us."""
    layer = name.partition("encoder.layer.")[2].partition(".")[0]
    if layer:
        return int(layer) >= FIRST_TUNED_LAYER
    return not name.startswith("bert.embeddings.")


def _build(
    head: str,
    backbone: Path,
    out: Path,
    architecture: str,
    settings: Mapping[str, Any],
    max_tokens: int,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    _merge(WEIGHTS / head / "tuned.safetensors", backbone, out / "model.safetensors")
    config = json.loads((backbone / "config.json").read_text("utf-8"))
    config.pop("_name_or_path", None)
    _write(out / "config.json", {**config, "architectures": [architecture], **settings})
    _tokenizer(backbone, out, max_tokens)


def _tokenizer(backbone: Path, out: Path, max_tokens: int) -> None:
    """Copies the tokenizer, without the truncation and padding of its makers."""
    rules = json.loads((backbone / "tokenizer.json").read_text("utf-8"))
    _write(out / "tokenizer.json", {**rules, **_NOT_TOKENIZING})
    options = json.loads((backbone / "tokenizer_config.json").read_text("utf-8"))
    options.pop("name_or_path", None)
    _write(out / "tokenizer_config.json", {**options, "model_max_length": max_tokens})
    for name in _TOKENIZER_FILES:
        shutil.copyfile(backbone / name, out / name)


def _merge(tuned: Path, backbone: Path, out: Path) -> None:
    """Writes the backbone's tensors with ours in their place, all float32."""
    import numpy as np
    from safetensors.numpy import load_file, save_file

    ours = {name: tensor.astype(np.float32) for name, tensor in load_file(tuned).items()}
    theirs = {
        f"bert.{name}": tensor
        for name, tensor in load_file(backbone / "model.safetensors").items()
        if not name.endswith("position_ids") and not is_tuned(f"bert.{name}")
    }
    save_file({**theirs, **ours}, out, metadata={"format": "pt"})


def _write(path: Path, values: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
