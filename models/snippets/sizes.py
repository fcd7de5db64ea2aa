"""Whether a text surely fits into a model's window, judged without its tokenizer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PIECE = re.compile(r"[A-Za-z]+|\s+|.", re.DOTALL)
#: Window assumed when the model's configuration is not at hand, in tokens.
_USUAL = 512


def tokens_at_most(text: str) -> int:
    """A generous guess at the tokens of a text: 1 for every 2 letters, 1 for every other byte."""
    found = 0
    for piece in _PIECE.findall(text):
        letters = piece.isascii() and piece.isalpha()
        found += (len(piece) + 1) // 2 if letters else not piece.isspace() and len(piece.encode())
    return found


def fits(text: str, config: Mapping[str, Any]) -> bool:
    """Whether the text fits at once, 8 special tokens included; False says that it may not."""
    return tokens_at_most(text) + 8 <= min(window_of(config), _USUAL)


def window_of(config: Mapping[str, Any]) -> int:
    """Tokens that a model reads at once, as far as its configuration tells."""
    return int(config.get("max_position_embeddings") or config.get("n_positions") or _USUAL)
