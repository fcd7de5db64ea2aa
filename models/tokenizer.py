"""Shows how a model cuts text into tokens: ids, pieces, offsets, counts, chat template, decoding.

Reads tokenizer files only, never weights, and imports no torch.
Library: https://huggingface.co/docs/transformers/main_classes/tokenizer
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from models.errors import InputError, ModelBroken, ModelUnsupported
from models.spec import Placement, Weights, Work
from models.token_bytes import readable, token_bytes

#: What a Hub repository must send for each engine: no weights.
FILES = {
    "transformers": (
        "tokenizer*",
        "*.model",
        "vocab*",
        "merges.txt",
        "special_tokens_map.json",
        "chat_template*",
        "config.json",
    )
}
MAX_CHARACTERS = 2_000_000
"""Longest text taken at once; about two seconds of work."""


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
    """

    id: int
    piece: str
    start: int
    end: int
    bytes: int
    is_special: bool
    is_unknown: bool


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
    tokens: tuple[Token, ...]
    characters: int
    bytes: int
    unknown: int
    vocabulary: int

    @property
    def characters_per_token(self) -> float:
        """Characters per token; 0 where there are no tokens."""
        return self.characters / len(self.tokens) if self.tokens else 0.0

    @property
    def work(self) -> Work:
        """Tokens made."""
        return Work(len(self.tokens), "tokens")


@dataclass(frozen=True)
class Decoded:
    """Ids as text again."""

    text: str
    ids: tuple[int, ...]

    @property
    def work(self) -> Work:
        """Tokens read."""
        return Work(len(self.ids), "tokens")


class TokenizerEngine:
    """Tokenizes with one fast tokenizer, whose settings never change.

    Args:
        tokenizer: a transformers fast tokenizer (``PreTrainedTokenizerFast``).

    Attributes:
        reentrant: True: it is only read.
        memory_bytes: about what the vocabulary holds.
        special_tokens: content -> id of every control token.
        has_template: whether ``chat`` can be called.
    """

    reentrant = True

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer, self._backend = tokenizer, tokenizer.backend_tokenizer
        self._size: int = self._backend.get_vocab_size(with_added_tokens=True)
        self.memory_bytes = 200 * self._size
        added = self._backend.get_added_tokens_decoder()
        self._added = {number: token.content for number, token in added.items()}
        special = {number: token.content for number, token in added.items() if token.special}
        self.special_tokens: dict[str, int] = {text: number for number, text in special.items()}
        self._special = frozenset(special)
        self._unknown = tokenizer.unk_token_id if _has_unknown(self._backend) else None
        self._byte_level = "ByteLevel" in repr(self._backend.pre_tokenizer)
        self.has_template = bool(tokenizer.chat_template)

    def tokenize(self, text: str, *, special_tokens: bool = True) -> Tokenization:
        """Cuts a text into tokens.

        Args:
            text: 1 to ``MAX_CHARACTERS`` characters.
            special_tokens: also add what the model expects around a text.

        Raises:
            InputError: when the text is empty, too long or no Unicode.
        """
        data = _checked(text)
        encoding = self._backend.encode(text, add_special_tokens=special_tokens)
        tokens = self._tokens(encoding.ids, encoding.offsets)
        unknown = sum(token.is_unknown for token in tokens)
        return Tokenization(text, tokens, len(text), len(data), unknown, self._size)

    def decode(self, ids: Sequence[int], *, special_tokens: bool = True) -> Decoded:
        """Text of ids.

        Args:
            ids: each from 0 to the size of the vocabulary.
            special_tokens: whether control tokens are spelled out or left out.

        Raises:
            InputError: names the ids that the vocabulary does not have.
        """
        if not ids:
            raise InputError("There are no ids to decode.", hint="Write numbers such as 1, 2, 3.")
        wrong = [number for number in ids if not self._knows(number)]
        if wrong:
            shown = ", ".join(map(str, wrong[:8]))
            raise InputError(
                f"Not in this vocabulary of {self._size:,} tokens: {shown}.",
                hint="Take these ids out, or choose the model they came from.",
            )
        text = self._backend.decode(list(ids), skip_special_tokens=not special_tokens)
        return Decoded(text, tuple(ids))

    def chat(self, messages: Sequence[Mapping[str, str]], *, reply: bool = True) -> Tokenization:
        """Renders the model's chat template and tokenizes what it wrote.

        Args:
            messages: each with ``role`` and ``content``.
            reply: end with the opening of the assistant's turn.

        Raises:
            InputError: without template or messages, or when the template refuses them.
        """
        if not self.has_template:
            raise InputError(
                "This model has no chat template.", hint="Choose an instruct or chat model."
            )
        return self.tokenize(self._rendered(_turns(messages), reply), special_tokens=False)

    def _rendered(self, turns: list[dict[str, str]], reply: bool) -> str:
        from jinja2.exceptions import TemplateError

        try:
            text: str = self._tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=reply
            )
        except TemplateError as error:
            raise InputError(
                f"The chat template refuses these messages: {error}.",
                hint="Most templates want user and assistant in turns.",
            ) from None
        return text

    def _knows(self, number: int) -> bool:
        return 0 <= number < 2**32 and self._backend.id_to_token(number) is not None

    def _tokens(self, ids: Iterable[int], offsets: Iterable[tuple[int, int]]) -> tuple[Token, ...]:
        known: dict[int, tuple[str, int, bool, bool]] = {}
        made = []
        for number, (start, end) in zip(ids, offsets, strict=True):
            if number not in known:
                known[number] = self._described(number)
            piece, size, special, unknown = known[number]
            made.append(Token(number, piece, start, end, size, special, unknown))
        return tuple(made)

    def _described(self, number: int) -> tuple[str, int, bool, bool]:
        special, unknown = number in self._special, number == self._unknown
        if number in self._added:
            data = self._added[number].encode()
        else:
            data = token_bytes(self._backend.id_to_token(number), byte_level=self._byte_level)
        return readable(data), len(data), special and not unknown, unknown


def _checked(text: str) -> bytes:
    if not text:
        raise InputError("There is no text.", hint="Write or paste some.")
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"The text has {len(text):,} characters; up to {MAX_CHARACTERS:,} fit.",
            hint="Tokenize it in parts.",
        )
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"Character {error.start} is half a surrogate pair, which is no Unicode text.",
            hint="Paste the text again from its source.",
        ) from None


def _turns(messages: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    turns = [{"role": str(m["role"]), "content": str(m["content"])} for m in messages
             if "role" in m and "content" in m]  # fmt: skip
    if not turns or len(turns) != len(messages):
        raise InputError(
            "A chat is one or more messages, each with a role and a content.",
            hint='For example [{"role": "user", "content": "Hello"}].',
        )
    return turns


def _has_unknown(backend: Any) -> bool:
    return getattr(backend.model, "unk_token", None) is not None


def load_transformers(weights: Weights, placement: Placement) -> TokenizerEngine:
    """Loads any folder with a fast tokenizer.

    Raises:
        ModelUnsupported: when the folder has no tokenizer that the fast library can run.
        ModelBroken: when its files can't be read.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(weights.folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelBroken(
            f"The tokenizer of {weights.card.id} could not be loaded: {error}",
            hint="Choose a repository with a tokenizer.json.",
        ) from error
    if not getattr(tokenizer, "is_fast", False):
        raise ModelUnsupported(
            f"{weights.card.id} has a slow tokenizer, which keeps no offsets.",
            hint="Choose a repository with a tokenizer.json.",
        )
    return TokenizerEngine(tokenizer)


LOADERS: dict[str, Callable[[Weights, Placement], TokenizerEngine]] = {
    "transformers": load_transformers,
}
