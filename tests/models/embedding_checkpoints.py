"""Tiny random embedding models: an encoder of each kind and a decoder, with sentence-transformers' files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.models.checkpoints import tiny_bert
from tests.models.text_checkpoints import byte_tokenizer

#: Our name of a pooling -> its key in ``1_Pooling/config.json``.
FLAGS = {
    "cls": "pooling_mode_cls_token", "mean": "pooling_mode_mean_tokens",
    "last": "pooling_mode_lasttoken", "max": "pooling_mode_max_tokens",
    "weighted_mean": "pooling_mode_weightedmean_tokens",
}  # fmt: skip


def add_pooling(
    folder: Path, *poolings: str, normalised: bool = True, most: int = 0,
    prompts: dict[str, str] | None = None, **settings: Any,
) -> Path:  # fmt: skip
    """Writes what sentence-transformers lays beside a network.

    Args:
        folder: of the network.
        poolings: names of ``FLAGS`` that are switched on.
        normalised: whether a step scales to length 1.
        most: longest input in tokens; 0 for no such file.
        prompts: of ``config_sentence_transformers.json``; None for no such file.
        settings: further keys of the pooling.
    """
    steps = [("", "Transformer"), ("1_Pooling", "Pooling")]
    steps += [("2_Normalize", "Normalize")] if normalised else []
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(steps)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    chosen = {key: name in poolings for name, key in FLAGS.items()}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({**chosen, **settings}))
    if most:
        limit = {"max_seq_length": most, "do_lower_case": False}
        (folder / "sentence_bert_config.json").write_text(json.dumps(limit))
    if prompts is not None:
        path = folder / "config_sentence_transformers.json"
        path.write_text(json.dumps({"prompts": prompts, "default_prompt_name": None}))
    return folder


def tiny_encoder(folder: Path, pooling: str = "mean", **more: Any) -> Path:
    """A BERT of window 32 without a head."""
    tiny_bert(folder, "BertModel", initializer_range=0.5)
    return add_pooling(folder, pooling, **more)


def tiny_xlm_roberta(folder: Path) -> Path:
    """An XLM-R with a vocabulary of word pieces, whose positions start behind its padding."""
    import torch
    import transformers

    words = ["<s>", "<pad>", "</s>", "<unk>", "\u2581", *"abcdefghijklmnopqrstuvwxyz.,:é"]
    words += ["\u2581the", "\u2581query", "\u2581is", "\u2581film"]
    pieces = [(word, -float(at)) for at, word in enumerate(words)]
    tokenizer = transformers.XLMRobertaTokenizer(vocab=pieces, model_max_length=64)
    tokenizer.save_pretrained(folder)
    config = transformers.XLMRobertaConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=66, pad_token_id=1, type_vocab_size=1,
        initializer_range=0.5,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.XLMRobertaModel(config).eval().save_pretrained(folder)
    return add_pooling(folder, "mean")


def tiny_decoder(folder: Path, **more: Any) -> Path:
    """A Qwen3 that reads bytes and ends each text with ``</s>``, whose vector counts."""
    import torch
    import transformers

    tokenizer = byte_tokenizer(folder, frame="$A </s>")
    config = transformers.Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=8, max_position_embeddings=128,
        pad_token_id=2, bos_token_id=0, eos_token_id=1, initializer_range=0.5,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.Qwen3ForCausalLM(config).eval().save_pretrained(folder)
    return add_pooling(folder, "last", **more)
