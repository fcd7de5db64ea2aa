"""Turns texts into tokens without special tokens, by the shortest way that gives the same.

A fast tokenizer's own library is asked directly where it agrees: what transformers lays around it
costs several times as much as the tokens of a short text. Neither truncation nor padding is ever
switched on (a fast tokenizer shared by threads is not safe under that).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from models.errors import InputError

#: Texts on which a tokenizer's quick way must agree with its slow one.
_PROBES = ("a", "It cost 3,50 €, didn't it?\n  Good.", "Ünïcode 猫 🙂", "[MASK] </s> <|endoftext|>")
T = TypeVar("T")


@dataclass(frozen=True)
class PlacedTokens:
    """The tokens of a text, and where they stand; three lists of one length.

    Attributes:
        ids: token ids.
        offsets: characters of the text that each token covers, end excluded.
        words: number of the word that each token is a part of; None where it is part of none.
    """

    ids: list[int]
    offsets: list[tuple[int, int]]
    words: list[int | None]


def plain_reader(tokenizer: Any) -> Callable[[str], list[int]]:
    """What turns a text into its token ids."""

    def slow(text: str) -> list[int]:
        ids: list[int] = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return ids

    def quick(backend: Any, text: str) -> list[int]:
        ids: list[int] = backend.encode(text, add_special_tokens=False).ids
        return ids

    return _shortest(tokenizer, slow, quick)


def some_ids(read: Callable[[str], list[int]], text: str) -> list[int]:
    """The token ids of a text that has some.

    Raises:
        InputError: when the tokenizer drops all that stands in it.
    """
    ids = read(text)
    if not ids:
        raise InputError(
            "The model's tokenizer finds nothing to read in this text.", hint="Add words."
        )
    return ids


def placed_reader(tokenizer: Any) -> Callable[[str], PlacedTokens]:
    """What turns a text into its tokens and their places; for a fast tokenizer."""

    def slow(text: str) -> PlacedTokens:
        found = tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        return PlacedTokens(found["input_ids"], found["offset_mapping"], found.word_ids())

    def quick(backend: Any, text: str) -> PlacedTokens:
        found = backend.encode(text, add_special_tokens=False)
        return PlacedTokens(found.ids, found.offsets, found.word_ids)

    return _shortest(tokenizer, slow, quick)


def _shortest(
    tokenizer: Any, slow: Callable[[str], T], quick: Callable[[Any, str], T]
) -> Callable[[str], T]:
    """``quick`` on the tokenizer's backend where it has one that agrees, else ``slow``."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or any(slow(text) != quick(backend, text) for text in _PROBES):
        return slow
    return lambda text: quick(backend, text)
