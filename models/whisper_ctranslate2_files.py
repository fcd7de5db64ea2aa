"""Whisper's files for CTranslate2, as Systran and others publish them on the Hub.

Their layout: github.com/SYSTRAN/faster-whisper.
"""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from models.device import usable_cores
from models.errors import ModelUnsupported
from models.spec import Placement, Weights
from models.whisper import WhisperRecogniser
from models.whisper_ctranslate2 import CTranslate2Ear
from models.whisper_dice import SEED
from models.whisper_tokens import LAST_TICK, WhisperTokens

#: Places of text in published checkpoints.
_LONGEST = 448


class _Vocabulary:
    """A ``tokenizer.json`` as ``WhisperTokens`` asks for it."""

    unk_token_id = None

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        self._core = Tokenizer.from_file(str(file))

    def convert_tokens_to_ids(self, token: str) -> int | None:
        found: int | None = self._core.token_to_id(token)
        return found

    def number(self, token: str) -> int:
        """The id of a token that it must have; KeyError without."""
        found = self.convert_tokens_to_ids(token)
        if found is None:
            raise KeyError(token)
        return found

    def languages(self) -> dict[str, int]:
        """Token and id of each language, in the order of their ids: they stand behind the start."""
        first, after = map(self.number, ("<|startoftranscript|>", "<|translate|>"))
        spelled = {self._core.id_to_token(number): number for number in range(first + 1, after)}
        return {t: n for t, n in spelled.items() if t and re.fullmatch(r"<\|[a-z]+\|>", t)}

    def decode(self, ids: list[int], **_: Any) -> str:
        return str(self._core.decode(ids, skip_special_tokens=False))


def load_whisper_ctranslate2(weights: Weights, placement: Placement) -> WhisperRecogniser:
    """Builds the recogniser from a CTranslate2 folder.

    Raises:
        ModelUnsupported: on a device that CTranslate2 does not run on, or for other files.
    """
    folder = weights.folder
    if not (folder / "model.bin").is_file():
        raise ModelUnsupported(
            f"{weights.card.id} has no model.bin, as CTranslate2 models have.",
            hint="Choose a model such as Systran/faster-whisper-small.",
        )
    device, _, index = placement.device.partition(":")
    if device not in ("cpu", "cuda"):
        raise ModelUnsupported(
            f"CTranslate2 does not run on {placement.device}.",
            hint="Use the same model in transformers.",
        )
    compute = "int8" if device == "cpu" else "float16"
    network = network_of(folder, compute, device, int(index or 0))
    tokens = tokens_of(folder, many=network.is_multilingual)
    stored = (folder / "model.bin").stat().st_size  # in 16 bits, as such models are published
    size = stored // 2 if compute == "int8" else stored
    fresh = partial(network_of, folder, compute, device, int(index or 0))
    ear = CTranslate2Ear(network, tokens, size, f"ctranslate2 {compute}", fresh)
    return WhisperRecogniser(tokens, ear)


def network_of(folder: Path, compute: str, device: str = "cpu", index: int = 0) -> Any:
    """The network of a CTranslate2 folder; ``compute`` is what it calls a compute type."""
    import ctranslate2

    ctranslate2.set_random_seed(SEED)
    return ctranslate2.models.Whisper(
        str(folder),
        device=device,
        device_index=index,
        compute_type=compute,
        intra_threads=usable_cores(),
    )


def tokens_of(folder: Path, *, many: bool) -> WhisperTokens:
    """The vocabulary of a CTranslate2 folder.

    Args:
        folder: with ``tokenizer.json`` and ``config.json``.
        many: whether the model knows several languages; those of English only list them too.
    """
    vocabulary = _Vocabulary(folder / "tokenizer.json")
    stated = json.loads((folder / "config.json").read_text("utf-8"))
    generation = SimpleNamespace(
        is_multilingual=many,
        lang_to_id=vocabulary.languages(),
        suppress_tokens=stated.get("suppress_ids"),
        begin_suppress_tokens=stated.get("suppress_ids_begin"),
        alignment_heads=stated.get("alignment_heads"),
    )
    config = SimpleNamespace(
        vocab_size=vocabulary.number("<|notimestamps|>") + LAST_TICK + 2,
        max_target_positions=_LONGEST, decoder_layers=0, decoder_attention_heads=0,
    )  # fmt: skip
    return WhisperTokens(vocabulary, generation, config)
