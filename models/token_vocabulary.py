"""What the ids of a fast tokenizer stand for: pieces of text, control tokens and what those are for."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from models.token_bytes import is_text, readable, token_bytes
from models.tokens import Entry, SpecialToken

#: What the names of special tokens in a tokenizer's settings mean.
_ROLES = {
    "bos_token": "begins a text",
    "eos_token": "ends a text",
    "unk_token": "stands for the unknown",
    "pad_token": "fills up a batch",
    "sep_token": "separates texts",
    "cls_token": "begins a text to classify",
    "mask_token": "a gap to fill",
}


class Vocabulary:
    """The vocabulary of one tokenizer.

    Args:
        tokenizer: a transformers fast tokenizer (``PreTrainedTokenizerFast``).

    Attributes:
        size: entries, added ones included.
        special_tokens: content -> id of every control token.
        unknown: id of the token for text that can't be spelled; None where everything can.
        named: name in the tokenizer's settings, such as ``bos_token`` -> content.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._backend = tokenizer.backend_tokenizer
        self.size: int = self._backend.get_vocab_size(with_added_tokens=True)
        added = self._backend.get_added_tokens_decoder()
        self._added = {number: token.content for number, token in added.items()}
        special = {number: token.content for number, token in added.items() if token.special}
        self.special_tokens: dict[str, int] = {text: number for number, text in special.items()}
        self._special = frozenset(special)
        spells_all = getattr(self._backend.model, "unk_token", None) is None
        self.unknown: int | None = None if spells_all else tokenizer.unk_token_id
        self._byte_level = "ByteLevel" in repr(self._backend.pre_tokenizer)
        self.named = {
            name: str(content)
            for name in _ROLES
            if (content := getattr(tokenizer, name, None)) is not None
        }
        self._entries: dict[int, Entry] = {}

    @cached_property
    def specials(self) -> tuple[SpecialToken, ...]:
        """Every control token with its role, by id."""
        roles: dict[str, list[str]] = {}
        for name, content in self.named.items():
            roles.setdefault(content, []).append(_ROLES[name])
        listed = sorted((number, text) for text, number in self.special_tokens.items())
        return tuple(
            SpecialToken(number, text, ", ".join(roles.get(text, ["control"])))
            for number, text in listed
        )

    def knows(self, number: int) -> bool:
        """Whether a token has this id."""
        return 0 <= number < 2**32 and self._backend.id_to_token(number) is not None

    def piece(self, number: int) -> str | None:
        """The bytes of an id as text, see ``Token.piece``; None where no token has it."""
        return self.entry(number).piece if self.knows(number) else None

    def entry(self, number: int) -> Entry:
        """What the vocabulary says of an id that it knows; remembered, since texts repeat tokens."""
        entry = self._entries.get(number)
        if entry is None:
            entry = self._entries[number] = self._described(number)
        return entry

    def _described(self, number: int) -> Entry:
        special, unknown = number in self._special, number == self.unknown
        if number in self._added:
            data = self._added[number].encode()
        else:
            data = token_bytes(self._backend.id_to_token(number), byte_level=self._byte_level)
        return Entry(readable(data), len(data), special and not unknown, unknown, not is_text(data))
