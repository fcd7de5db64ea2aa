"""Loads tokenizers that remember no words, since what they remember is never given back.

The byte pairs of Hugging Face's ``tokenizers`` (0.23) keep up to 10,000 words with their tokens, anew for
each thread that has read with a tokenizer, and under a number that the next load of the same files does not
have. Neither the tokenizer's end nor ``_clear_cache`` gives that back, only the end of the thread, and the
threads of a server end with it. 2,000 words are 1 MB, for every load and thread.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def load_tokenizer(folder: Path) -> Any:
    """A folder's tokenizer, as transformers loads it."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    forget_words(tokenizer)
    return tokenizer


def forget_words(tokenizer: Any) -> None:
    """Has a tokenizer read each word anew; at best before it reads any.

    Args:
        tokenizer: of transformers, or of the library itself; others are left as they are, and so are
            those that remember nothing.
    """
    core = getattr(tokenizer, "backend_tokenizer", tokenizer)
    resize = getattr(getattr(core, "model", None), "_resize_cache", None)
    if resize is not None:
        resize(0)
