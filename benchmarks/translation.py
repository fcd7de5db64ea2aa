"""Marian in CTranslate2 against transformers: a random checkpoint of OPUS-MT's size, word for word.

No weights of OPUS-MT come in packages, so the network is random: its time a token is that of a real one
and its words mean nothing. Both sides write a fixed number of tokens for the same sources.
"""

from __future__ import annotations

import json
import random
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.harness import Disagree, Effort, Row, Sample, Side, replayed, times, turns, versus
from models.stop import NEVER
from models.translation_torch import PENALTY
from models.variants_marian import MarianTranslator, convert

TITLE = "Translation with Marian weights"
#: Of Helsinki-NLP/opus-mt-en-de: layers each side, width, inner width, heads, vocabulary.
LAYERS, WIDTH, INNER, HEADS, VOCABULARY = 6, 512, 2048, 8, 58_101
SENTENCES, SOURCE = 16, 20
_PEER = "transformers float32, one after the other"
#: What runs, and for how many callers at once.
WAYS = (
    ("ctranslate2-float32", 1),
    ("ctranslate2-float32", SENTENCES),
    ("ctranslate2-int8", SENTENCES),
    ("ctranslate2-int8", 1),
)


def measure(effort: Effort) -> Iterator[Row]:
    """One sentence after the other on both sides, then ours with all callers at once."""
    import torch

    tokens, rounds = effort.of(8, 24), effort.of(2, 4)
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "marian", Path(folder) / "ct2"
        model = _random_marian(source)
        convert(source, made)
        dice = random.Random(0)  # noqa: S311 - a benchmark's sources
        asked = [
            [*dice.choices(range(2, VOCABULARY - 1), k=SOURCE - 1), 0] for _ in range(SENTENCES)
        ]

        def peer() -> Sample:
            began, found = perf_counter(), []
            for ids in asked:
                row = model.generate(
                    torch.tensor([ids]), max_new_tokens=tokens, num_beams=1, do_sample=False,
                    repetition_penalty=PENALTY,
                )  # fmt: skip
                found.append(row[0, 1:].tolist())
            return Sample(SENTENCES / (perf_counter() - began), found)

        ways = WAYS[: effort.of(2, 4)]
        ours = [
            Side(variant, partial(_ours, MarianTranslator(made, _Pieces(source), variant, PENALTY),
                                  asked, workers, tokens)) for variant, workers in ways
        ]  # fmt: skip
        *measured, of_peer = turns([*ours, Side(_PEER, peer)], rounds=rounds)
    for (variant, workers), samples in zip(ways, measured, strict=True):
        way = "one after the other" if workers == 1 else "callers at once"
        yield versus(
            f"{SENTENCES} sentences, {way}, {variant}", replayed(variant, samples),
            replayed(_PEER, of_peer), unit="sentences/s", rounds=rounds, floor=times(3.5),
            higher_is_better=True, warm=0, same=_same if variant.endswith("float32") else None,
            note=f"random weights of OPUS-MT's size, {SOURCE} tokens in, {tokens} out, greedy",
        )  # fmt: skip


class _Pieces:
    """Ids to pieces and back, as the model's tokenizer does it."""

    def __init__(self, folder: Path) -> None:
        words = json.loads((folder / "vocab.json").read_text("utf-8"))
        self._ids, self._words = words, {number: word for word, number in words.items()}

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        return [self._words[number] for number in ids]

    def convert_tokens_to_ids(self, words: list[str]) -> list[int]:
        return [self._ids[word] for word in words]


def _random_marian(folder: Path) -> Any:
    """A checkpoint of that size with a vocabulary that names every id; no tokenizer model is needed."""
    import torch
    import transformers

    from tests.models.text_checkpoints import tiny_marian

    folder.mkdir()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*sacremoses")
        tiny_marian(folder)
    words = [w for w in json.loads((folder / "vocab.json").read_text("utf-8")) if w != "<pad>"]
    words += [f"w{n}" for n in range(VOCABULARY - 1 - len(words))]
    words.append("<pad>")
    (folder / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(words)}))
    pad = VOCABULARY - 1
    config = transformers.MarianConfig(
        vocab_size=VOCABULARY, d_model=WIDTH, encoder_layers=LAYERS, decoder_layers=LAYERS,
        encoder_ffn_dim=INNER, decoder_ffn_dim=INNER, encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS, max_position_embeddings=512, pad_token_id=pad, eos_token_id=0,
        decoder_start_token_id=pad, forced_eos_token_id=None, scale_embedding=True,
        activation_function="swish",
    )  # fmt: skip
    torch.manual_seed(0)
    model = transformers.MarianMTModel(config).eval()
    model.save_pretrained(folder)
    return model


def _ours(quick: MarianTranslator, asked: list[list[int]], workers: int, tokens: int) -> Sample:
    began = perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(lambda ids: list(quick.translate(ids, tokens, NEVER)), asked))
    return Sample(SENTENCES / (perf_counter() - began), found)


def _same(ours: list[list[int]], peer: list[list[int]]) -> str:
    """Equal tokens, but for one sentence with a tie."""
    equal = sum(a == b for a, b in zip(ours, peer, strict=True))
    if equal < len(ours) - 1:
        raise Disagree(f"{equal} of {len(ours)} sentences equal")
    return f"{equal} of {len(ours)} equal"
