"""Builds `tokenizer.json` for the byte-pair families from vocabularies in other formats.

Knows tiktoken's rank files and our own compact lists; imports `tokenizers` only when building.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.token_bytes import spelled


def read_ranks(path: Path) -> dict[bytes, int]:
    """A tiktoken file: one base64 token and its rank a line."""
    pairs = (line.split() for line in path.read_bytes().splitlines() if line)
    return {base64.b64decode(token): int(rank) for token, rank in pairs}


def read_compact(path: Path) -> dict[str, Any]:
    """Our own list: ``tokens``, ids of ``control`` tokens, ``merges`` as ``left right``."""
    found: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return found


def merges_by_rank(vocabulary: Mapping[str, int]) -> list[tuple[str, str]]:
    """Every split of every token into two tokens, in the order in which BPE may join them.

    Joining the pair whose result has the least id first is what tiktoken does by rank and
    SentencePiece by score, so the merge list reproduces both (transformers,
    convert_slow_tokenizer.py, TikTokenConverter and generate_merges).
    """
    merges: list[tuple[str, str]] = []
    for token in sorted(vocabulary, key=vocabulary.__getitem__):
        splits = ((token[:cut], token[cut:]) for cut in range(1, len(token)))
        known = [(a, b) for a, b in splits if a in vocabulary and b in vocabulary]
        merges.extend(sorted(known, key=lambda pair: (vocabulary[pair[0]], vocabulary[pair[1]])))
    return merges


def from_ranks(
    ranks: Mapping[bytes, int], pattern: str, control: Sequence[str], *, whole_words: bool
) -> Any:
    """A byte-level tokenizer that cuts by ``pattern`` first.

    Args:
        ranks: tiktoken's.
        pattern: regular expression of a word.
        control: control tokens, numbered after the ranks.
        whole_words: a word that is a token is taken as it is, without merging.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {spelled(token): rank for token, rank in ranks.items()}
    model = models.BPE(vocabulary, merges_by_rank(vocabulary), ignore_merges=whole_words)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    add_control(tokenizer, control)
    return tokenizer


def add_control(
    tokenizer: Any, tokens: Iterable[str], *, strips_after: Container[str] = ()
) -> None:
    """Adds control tokens, which are found before any text is cut or normalised.

    Args:
        tokenizer: to be changed.
        tokens: their contents, in the order of their ids.
        strips_after: those that take the white space after them with them.
    """
    from tokenizers import AddedToken

    tokenizer.add_special_tokens(
        [AddedToken(t, special=True, normalized=False, rstrip=t in strips_after) for t in tokens]
    )


def save(tokenizer: Any, out: Path, options: Mapping[str, Any], template: Path | None) -> None:
    """Writes the three files that transformers reads."""
    tokenizer.save(str(out / "tokenizer.json"))
    named = {"tokenizer_class": "PreTrainedTokenizerFast", **options}
    named["clean_up_tokenization_spaces"] = False
    (out / "tokenizer_config.json").write_text(json.dumps(named, indent=1), encoding="utf-8")
    if template:
        text = template.read_text("utf-8")
        (out / "chat_template.jinja").write_text(text, encoding="utf-8")
