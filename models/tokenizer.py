"""Shows how a model cuts text into tokens: ids, pieces, offsets, counts, chat template, decoding.

Reads tokenizer files, and of weights nothing but a row of the embedding table; imports no torch.
Library: https://huggingface.co/docs/transformers/main_classes/tokenizer
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from models.chat_templates import RENDERER, Chat, check_messages, left_out, spelled_controls
from models.errors import InputError, ModelBroken, ModelUnsupported
from models.spec import Placement, Weights
from models.token_embeddings import Embedded, EmbeddingTable, find_table, look_up
from models.token_loading import load_tokenizer
from models.token_vocabulary import Vocabulary
from models.tokenizer_steps import Steps, walk
from models.tokens import Decoded, SpecialToken, Token, Tokenization, TokenRow

__all__ = ["Decoded", "SpecialToken", "Token", "Tokenization", "TokenizerEngine"]

log = logging.getLogger(__name__)

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
#: Weights that lie beside a tokenizer stay on disk, so they take no memory.
READS_WEIGHTS = False
#: Longest text taken at once; about two seconds of work.
MAX_CHARACTERS = 2_000_000


class TokenizerEngine:
    """Tokenizes with one fast tokenizer, whose settings never change.

    Args:
        tokenizer: a transformers fast tokenizer (``PreTrainedTokenizerFast``).
        folder: where the model's weights may lie, for its embedding table.

    Attributes:
        reentrant: True: it is only read.
        memory_bytes: about what the vocabulary holds.
        special_tokens: content -> id of every control token.
        has_template: whether the model brings a chat template.
    """

    reentrant = True

    def __init__(self, tokenizer: Any, folder: Path | None = None) -> None:
        self._folder = folder
        self._tokenizer, self._backend = tokenizer, tokenizer.backend_tokenizer
        self._vocabulary = Vocabulary(tokenizer)
        self.memory_bytes = 200 * self._vocabulary.size
        self.special_tokens = self._vocabulary.special_tokens
        self.has_template = bool(tokenizer.chat_template)

    @property
    def specials(self) -> tuple[SpecialToken, ...]:
        """Every control token with its role, by id."""
        return self._vocabulary.specials

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
        known = self._vocabulary
        tokens = TokenRow(encoding.ids, encoding.offsets, known.entry)
        unknown = 0 if known.unknown is None else tokens.ids.count(known.unknown)
        return Tokenization(text, tokens, len(text), len(data), unknown, known.size)

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
        wrong = [number for number in ids if not self._vocabulary.knows(number)]
        if wrong:
            shown = ", ".join(map(str, wrong[:8]))
            raise InputError(
                f"Not in this vocabulary of {self._vocabulary.size:,} tokens: {shown}.",
                hint="Take these ids out, or choose the model they came from.",
            )
        text = self._backend.decode(list(ids), skip_special_tokens=not special_tokens)
        row = TokenRow(ids, [(0, 0)] * len(ids), self._vocabulary.entry)
        return Decoded(text, tuple(ids), tuple(row))

    def chat(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        tools: Sequence[Mapping[str, Any]] = (),
        reply: bool = True,
        template: str = "",
    ) -> Chat:
        """Renders a chat template and tokenizes what it wrote.

        Args:
            messages: each with ``role`` and ``content``.
            tools: JSON schemas of functions, for templates that take them.
            reply: end with the opening of the assistant's turn.
            template: Jinja source to be used in place of the model's own.

        Raises:
            InputError: without template or messages, when the template refuses them or takes no
                tools, and when it runs too long or reaches for what it may not have.
        """
        source = template or self.template
        if not source.strip():
            raise InputError(
                "This model has no chat template.",
                hint="Choose an instruct or chat model, or write a template.",
            )
        turns = check_messages(messages)
        found = RENDERER.render(
            source, turns, tools=tools, reply=reply, special_tokens=self._vocabulary.named
        )
        if tools and "tools" not in found.names:
            raise InputError(
                "This chat template takes no tools.", hint="Take them out, or choose another model."
            )
        rendered = self.tokenize(found.text, special_tokens=False)
        remarks = (
            *left_out(turns, found.text),
            *spelled_controls(turns, list(self.special_tokens)),
        )
        return Chat(rendered, source, "tools" in found.names, remarks)

    def piece(self, number: int) -> str:
        """The bytes of an id as text, see ``Token.piece``; the id itself where no token has it."""
        return self._vocabulary.piece(number) or f"<{number}>"

    @property
    def template(self) -> str:
        """Source of the model's own chat template; of several the default one; empty without."""
        found = self._tokenizer.chat_template or ""
        return str(found.get("default", "")) if isinstance(found, dict) else str(found)

    @cached_property
    def takes_tools(self) -> bool:
        """Whether the chat template asks for tools; False without one, or when it can't be read."""
        if not self.template.strip():
            return False
        asked = [{"role": "user", "content": "."}]
        try:
            found = RENDERER.render(self.template, asked, special_tokens=self._vocabulary.named)
        except InputError:
            return False
        return "tools" in found.names

    def steps(self, text: str) -> Steps:
        """The text after each step of the tokenizer.

        Raises:
            InputError: when the text is empty, or too long to be shown in steps.
        """
        return walk(self._backend, text, self.tokenize(text).tokens)

    def embed(self, text: str) -> Embedded:
        """The vectors that the model's embedding layer has for the text's tokens.

        Raises:
            ModelError: when the model's weights are not here.
            InputError: when the text is empty or gives no tokens.
        """
        tokens = self.tokenize(text, special_tokens=False).tokens
        return look_up(self._table, tokens, self._vocabulary.piece)

    @cached_property
    def _table(self) -> EmbeddingTable | None:
        return find_table(self._folder, self._vocabulary.size) if self._folder else None


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


def load_transformers(weights: Weights, placement: Placement) -> TokenizerEngine:
    """Loads any folder with a fast tokenizer.

    Raises:
        ModelUnsupported: when the folder has no tokenizer that the fast library can run.
        ModelBroken: when its files can't be read.
    """
    try:
        tokenizer = load_tokenizer(weights.folder)
    except MemoryError:  # says nothing about the files; the registry knows what to do
        raise
    except Exception as error:  # the fast library raises bare ones
        if "trust_remote_code" in str(error):
            raise
        log.info("the tokenizer of %s does not load", weights.card.id, exc_info=True)
        raise ModelBroken(
            f"The tokenizer files of {weights.card.id} can't be read: one is missing or damaged, or of a "
            "kind that this version of transformers does not know.",
            hint="Choose a repository with a tokenizer.json, often the model it was made from.",
        ) from error
    if not getattr(tokenizer, "is_fast", False):
        raise ModelUnsupported(
            f"{weights.card.id} has a slow tokenizer, which keeps no offsets.",
            hint="Choose a repository with a tokenizer.json.",
        )
    return TokenizerEngine(tokenizer, weights.folder)


LOADERS: dict[str, Callable[[Weights, Placement], TokenizerEngine]] = {
    "transformers": load_transformers,
}
