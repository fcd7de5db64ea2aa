"""What a tokenizer gives back, as plain values: tokens with true offsets, counts, special tokens.

Knows neither tokenizers nor transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

from models.spec import Work


class Token(NamedTuple):
    """One token.

    Attributes:
        id: its number in the vocabulary.
        piece: its bytes as text; bytes that are no whole character in hex (``\\xf0``).
        start: first character of the user's text it covers.
        end: one past the last one; equal to ``start`` for tokens that the tokenizer added.
        bytes: length of the token in UTF-8 bytes.
        is_special: a control token, such as the beginning of a text.
        is_unknown: stands for text that the vocabulary can't spell.
        is_partial: its bytes are no whole characters, so ``piece`` shows some of them in hex.
    """

    id: int
    piece: str
    start: int
    end: int
    bytes: int
    is_special: bool
    is_unknown: bool
    is_partial: bool = False


class Entry(NamedTuple):
    """What a vocabulary says of an id; the fields are those of ``Token``."""

    piece: str
    bytes: int
    is_special: bool
    is_unknown: bool
    is_partial: bool


class TokenRow(Sequence[Token]):
    """Tokens made when they are looked at: a megabyte of text has a quarter of a million.

    Args:
        ids: of the tokens, in order.
        offsets: start and end of each, as many as ids.
        entry: what the vocabulary says of an id.
    """

    def __init__(
        self,
        ids: Sequence[int],
        offsets: Sequence[tuple[int, int]],
        entry: Callable[[int], Entry],
    ) -> None:
        self.ids, self._offsets, self._entry = ids, offsets, entry

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, at: int) -> Token: ...
    @overload
    def __getitem__(self, at: slice) -> TokenRow: ...
    def __getitem__(self, at: int | slice) -> Token | TokenRow:
        if isinstance(at, slice):
            return TokenRow(self.ids[at], self._offsets[at], self._entry)
        return self._made(self.ids[at], self._offsets[at])

    def __iter__(self) -> Iterator[Token]:
        return map(self._made, self.ids, self._offsets)

    def _made(self, number: int, span: tuple[int, int]) -> Token:
        piece, size, special, unknown, partial = self._entry(number)
        return Token(number, piece, span[0], span[1], size, special, unknown, partial)


@dataclass(frozen=True)
class Tokenization:
    """A text as tokens.

    Attributes:
        text: the user's text, or the rendered chat.
        tokens: in order; neighbours that share a character have overlapping offsets.
        characters: Unicode code points of the text.
        bytes: length of the text in UTF-8.
        unknown: tokens that stand for text the vocabulary can't spell.
        vocabulary: entries in the vocabulary, added ones included.
    """

    text: str
    tokens: Sequence[Token]
    characters: int
    bytes: int
    unknown: int
    vocabulary: int

    @property
    def characters_per_token(self) -> float:
        """Characters per token; 0 where there are no tokens."""
        return self.characters / len(self.tokens) if self.tokens else 0.0

    @property
    def bytes_per_token(self) -> float:
        """UTF-8 bytes per token; 0 where there are no tokens."""
        return self.bytes / len(self.tokens) if self.tokens else 0.0

    @property
    def work(self) -> Work:
        """Tokens made."""
        return Work(len(self.tokens), "tokens")


@dataclass(frozen=True)
class Decoded:
    """Ids as text again.

    Attributes:
        text: what they say together.
        ids: as given.
        tokens: each by itself; offsets are 0, because ids have no text to point at.
    """

    text: str
    ids: tuple[int, ...]
    tokens: tuple[Token, ...] = ()

    @property
    def work(self) -> Work:
        """Tokens read."""
        return Work(len(self.ids), "tokens")


class SpecialToken(NamedTuple):
    """A control token of a vocabulary.

    Attributes:
        id: its number.
        content: how it is written.
        role: what it is for, in words; ``control`` where the tokenizer's files don't say.
    """

    id: int
    content: str
    role: str
