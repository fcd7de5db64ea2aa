"""Tiny random checkpoints in the standard folder layout, which exercise the real loading code."""

from __future__ import annotations

from pathlib import Path

_WORDS = [
    "a",
    "good",
    "bad",
    "film",
    "the",
    "is",
    "was",
    "who",
    "what",
    "ada",
    "lovelace",
    "london",
    "wrote",
    "in",
    "18",
    "##43",
    "##s",
    ".",
    ",",
    "?",
    "!",
    "x",
    "##x",
]


def tiny_bert(folder: Path, architecture: str, **config: object) -> Path:
    """A two-layer BERT of width 16 and window 32 with a WordPiece vocabulary of a few words."""
    import torch
    import transformers

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    settings = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=32, **config,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        getattr(transformers, architecture)(settings).eval().save_pretrained(folder)
    tokenizer = transformers.BertTokenizer(
        vocab={w: i for i, w in enumerate(vocabulary)}, model_max_length=32
    )
    tokenizer.save_pretrained(folder)
    return folder
