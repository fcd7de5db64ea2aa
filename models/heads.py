"""Loads a transformers network with a task's head, with its tokenizer, from a standard folder.

Sentiment, entities and answers differ in their head only; what is checked before a load, and what
a folder of another task is told, is the same for all.
"""

from __future__ import annotations

from typing import Any

from models.errors import ModelUnsupported
from models.spec import Placement, Weights
from models.token_loading import load_tokenizer


def load_encoder(weights: Weights, placement: Placement) -> tuple[Any, Any]:
    """A network without a head, ready to infer, and its tokenizer, from a standard folder."""
    import torch
    from transformers import AutoModel

    tokenizer = load_tokenizer(weights.folder)
    network = AutoModel.from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True
    )
    return network.to(placement.device).eval(), tokenizer


def load_head(
    weights: Weights, placement: Placement, head: str, noun: str, task: str, *, offsets: bool
) -> tuple[Any, Any]:
    """The network, ready to infer, and its tokenizer.

    Args:
        weights: a standard Hugging Face folder.
        placement: device and dtype.
        head: end of the architecture's name, such as ``ForQuestionAnswering``; ``AutoModel`` before
            it names the class that loads it.
        noun: what such a model is, for the refusal, such as ``span reader``.
        task: the Hub's name of the task, for the hint.
        offsets: whether a tokenizer is needed that tells where a token stands.

    Raises:
        ModelUnsupported: when the folder is of another task, or lacks such a tokenizer.
    """
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(weights.folder, local_files_only=True)
    names = getattr(config, "architectures", None) or []
    if not any(name.endswith(head) for name in names):
        raise ModelUnsupported(
            f"{weights.card.id} is {', '.join(names) or 'no known architecture'}, no {noun}.",
            hint=f"Choose a model whose task on the Hub is {task}.",
        )
    tokenizer = load_tokenizer(weights.folder)
    if offsets and not tokenizer.is_fast:
        raise ModelUnsupported(
            f"{weights.card.id} has no fast tokenizer, and only those tell where a token stands.",
            hint="Choose a model with a tokenizer.json.",
        )
    network = getattr(transformers, f"AutoModel{head}").from_pretrained(
        weights.folder, dtype=getattr(torch, placement.dtype), local_files_only=True
    )
    return network.to(placement.device).eval(), tokenizer
