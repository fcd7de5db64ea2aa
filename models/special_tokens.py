"""The special tokens that a tokenizer puts around one text, so that windows can be framed by hand."""

from __future__ import annotations

from typing import Any


def frame(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Ids before and after the text, such as ``([CLS], [SEP])``; both empty when there are none.

    Found by encoding one letter with and without them; the tokenizer's settings stay as they are.
    """
    plain: list[int] = tokenizer("a", add_special_tokens=False)["input_ids"]
    framed: list[int] = tokenizer("a", add_special_tokens=True)["input_ids"]
    for start in range(len(framed) - len(plain) + 1):
        if framed[start : start + len(plain)] == plain:
            return framed[:start], framed[start + len(plain) :]
    return [], []
