"""Tiny random generative checkpoints in the standard folder layout: seq2seq models and instruct models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SENTENCES = [
    "the house is small and the garden is beautiful .",
    "a casa é pequena e o jardim é bonito .",
    "we will plant two trees in spring and water them .",
    "o trem para lisboa sai às nove horas da manhã .",
] * 40
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
#: Size of every model here.
_SMALL = {
    "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16,
}  # fmt: skip

_GROUPED = {"intermediate_size": 16, "num_key_value_heads": 1}
#: Families of instruct models in the catalog -> what their sizes are called.
CAUSAL: dict[str, dict[str, Any]] = {
    "Llama": _GROUPED, "Mistral": _GROUPED, "Phi3": _GROUPED, "Qwen2": _GROUPED,
    "Starcoder2": _GROUPED, "Falcon": {"ffn_hidden_size": 16, "multi_query": True},
}  # fmt: skip


def tiny_bart(folder: Path, window: int = 96) -> Path:
    """A BART that reads bytes; ``window`` positions."""
    import transformers

    tokenizer = byte_tokenizer(folder, frame="<s> $A </s>")
    config = transformers.BartConfig(
        **_SMALL, vocab_size=len(tokenizer), max_position_embeddings=window, pad_token_id=2,
        bos_token_id=0, eos_token_id=1, decoder_start_token_id=1, forced_eos_token_id=None,
    )  # fmt: skip
    return _save(folder, transformers.BartForConditionalGeneration, config)


def tiny_bart_nli(folder: Path, classes: Sequence[str], window: int = 128) -> Path:
    """A BART that reads bytes and sorts pairs of texts into ``classes``."""
    import transformers

    tokenizer = byte_tokenizer(folder, frame="<s> $A </s>", pair="<s> $A </s> </s> $B </s>")
    config = transformers.BartConfig(
        **_SMALL, vocab_size=len(tokenizer), max_position_embeddings=window, pad_token_id=2,
        bos_token_id=0, eos_token_id=1, decoder_start_token_id=1, init_std=0.5,
        **_classes(classes),
    )  # fmt: skip
    return _save(folder, transformers.BartForSequenceClassification, config)


def tiny_deberta_nli(folder: Path, classes: Sequence[str], window: int = 128) -> Path:
    """The same as a DeBERTa with the settings of its third version: no positions, no segments."""
    import transformers

    tokenizer = byte_tokenizer(folder, frame="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1")
    config = transformers.DebertaV2Config(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=window, pad_token_id=2, type_vocab_size=0,
        relative_attention=True, position_buckets=8, pos_att_type=["p2c", "c2p"],
        position_biased_input=False, share_att_key=True, norm_rel_ebd="layer_norm",
        initializer_range=0.5, **_classes(classes),
    )  # fmt: skip
    return _save(folder, transformers.DebertaV2ForSequenceClassification, config)


def _classes(names: Sequence[str]) -> dict[str, Any]:
    return {
        "id2label": dict(enumerate(names)), "label2id": {name: i for i, name in enumerate(names)}
    }  # fmt: skip


def tiny_t5(folder: Path) -> Path:
    """A T5 that reads bytes, with the prefix rule of its family."""
    import transformers

    tokenizer = byte_tokenizer(folder, frame="$A </s>")
    config = transformers.T5Config(
        vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2,
        pad_token_id=2, eos_token_id=1, decoder_start_token_id=2,
    )  # fmt: skip
    return _save(folder, transformers.T5ForConditionalGeneration, config)


def tiny_llama(folder: Path, *, template: str | None = TEMPLATE, window: int = 512) -> Path:
    """A Llama that reads bytes and has ChatML's template."""
    import transformers

    tokenizer = byte_tokenizer(folder, template=template)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=window,
        pad_token_id=2, bos_token_id=0, eos_token_id=1,
    )  # fmt: skip
    return _save(folder, transformers.LlamaForCausalLM, config)


def tiny_causal(folder: Path, family: str) -> Path:
    """An instruct model of another family than Llama that reads bytes and has ChatML's template.

    Args:
        folder: where it goes.
        family: of ``CAUSAL``: transformers' name of the family's classes without their endings.
    """
    import transformers

    tokenizer = byte_tokenizer(folder, template=TEMPLATE)
    config = getattr(transformers, f"{family}Config")(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=512, pad_token_id=2, bos_token_id=0, eos_token_id=1,
        **CAUSAL[family],
    )  # fmt: skip
    return _save(folder, getattr(transformers, f"{family}ForCausalLM"), config)


def tiny_pegasus(folder: Path) -> Path:
    """A Pegasus that reads bytes; its positions are sines, as in the published ones."""
    import transformers

    tokenizer = byte_tokenizer(folder, frame="$A </s>")
    config = transformers.PegasusConfig(
        **_SMALL, vocab_size=len(tokenizer), max_position_embeddings=96, pad_token_id=2,
        bos_token_id=0, eos_token_id=1, decoder_start_token_id=2, forced_eos_token_id=None,
        scale_embedding=True, static_position_embeddings=True,
    )  # fmt: skip
    return _save(folder, transformers.PegasusForConditionalGeneration, config)


def tiny_marian(folder: Path, *, targets: tuple[str, ...] = (), **settings: Any) -> Path:
    """A Marian with SentencePiece vocabularies; ``targets`` are its ``>>por<<`` tokens."""
    import transformers

    vocabulary = _sentencepiece(folder, "source.spm")
    (folder / "target.spm").write_bytes((folder / "source.spm").read_bytes())
    words = ["</s>", "<unk>", *(f">>{code}<<" for code in targets), *vocabulary, "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(words)}))
    options = {"tokenizer_class": "MarianTokenizer", "model_max_length": 64, **settings}
    (folder / "tokenizer_config.json").write_text(json.dumps(options))
    pad = len(words) - 1
    config = transformers.MarianConfig(
        **_SMALL, vocab_size=len(words), max_position_embeddings=64, pad_token_id=pad,
        eos_token_id=0, decoder_start_token_id=pad, forced_eos_token_id=None,
    )  # fmt: skip
    return _save(folder, transformers.MarianMTModel, config)


def tiny_m2m100(folder: Path) -> Path:
    """An M2M100 with SentencePiece and all its language tokens."""
    import transformers

    pieces = _sentencepiece(folder, "sentencepiece.bpe.model")
    words = ["<s>", "<pad>", "</s>", "<unk>", *pieces]
    (folder / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(words)}))
    tokenizer = transformers.M2M100Tokenizer(
        str(folder / "vocab.json"), str(folder / "sentencepiece.bpe.model")
    )
    tokenizer.save_pretrained(folder)
    return _save_m2m100(folder, len(words) + len(tokenizer.lang_code_to_id) + 8)


def tiny_nllb(folder: Path) -> Path:
    """An M2M100 architecture with NLLB's tokenizer and language codes."""
    import transformers

    words = ["<s>", "<pad>", "</s>", "<unk>", "\u2581", *"abcdefghijklmnopqrstuvwxyz.,é"]
    tokenizer = transformers.NllbTokenizer(vocab={w: i for i, w in enumerate(words)}, merges=[])
    tokenizer.save_pretrained(folder)
    return _save_m2m100(folder, len(tokenizer))


def tiny_unigram_reader(folder: Path, texts: list[str]) -> Path:
    """An XLM-RoBERTa for questions whose vocabulary knows spaces and letters, as SentencePiece's do."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    special = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = [*special, "\u2581", *sorted({*"".join(texts), "."} - {" "})]
    core = Tokenizer(models.Unigram([(piece, -5.0) for piece in pieces], 3, byte_fallback=False))
    core.pre_tokenizer = pre_tokenizers.Metaspace()
    core.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>",
        cls_token="<s>", sep_token="</s>", model_max_length=64,
    ).save_pretrained(folder)  # fmt: skip
    config = transformers.XLMRobertaConfig(
        vocab_size=len(pieces), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=66, type_vocab_size=1,
    )  # fmt: skip
    return _save(folder, transformers.XLMRobertaForQuestionAnswering, config)


def byte_tokenizer(
    folder: Path, *, frame: str | None = None, pair: str | None = None, template: str | None = None
) -> Any:
    """A tokenizer of single bytes with ``<s>``, ``</s>``, ``<pad>`` and ChatML's tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<s>", "</s>", "<pad>", "<|im_start|>", "<|im_end|>"]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE({w: i for i, w in enumerate([*special, *letters])}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([AddedToken(token, special=True) for token in special])
    if frame:
        core.post_processor = processors.TemplateProcessing(
            single=frame, pair=pair or "$A $B:1", special_tokens=[("<s>", 0), ("</s>", 1)]
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    return tokenizer


def _sentencepiece(folder: Path, name: str) -> list[str]:
    """Trains a vocabulary of 80 pieces into ``folder / name`` and returns the pieces."""
    import sentencepiece

    with (folder / name).open("wb") as stream:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SENTENCES), model_writer=stream, vocab_size=80,
            minloglevel=2, hard_vocab_limit=False, num_threads=1,
        )  # fmt: skip
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / name))
    pieces = [processor.id_to_piece(i) for i in range(processor.get_piece_size())]
    return [piece for piece in pieces if not piece.startswith("<")]


def _save_m2m100(folder: Path, size: int) -> Path:
    import transformers

    config = transformers.M2M100Config(
        **_SMALL, vocab_size=size, max_position_embeddings=96, pad_token_id=1, bos_token_id=0,
        eos_token_id=2, decoder_start_token_id=2,
    )  # fmt: skip
    return _save(folder, transformers.M2M100ForConditionalGeneration, config)


def _save(folder: Path, kind: Any, config: Any) -> Path:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        kind(config).eval().save_pretrained(folder)
    return folder
