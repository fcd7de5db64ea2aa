"""The four steps of a fast tokenizer one by one: normaliser, pre-tokenizer, model, post-processor.

Each part of the ``tokenizers`` library is called by itself, in the order in which ``encode`` calls it;
the ids at the end are compared with those of ``encode``.
Library: https://huggingface.co/docs/tokenizers/pipeline
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from models.errors import InputError
from models.spec import Work
from models.tokens import Token

#: Characters of a text whose steps are shown.
MAX_CHARACTERS = 2_000
#: White space that an added token may take with it.
BLANKS = r"\s*"
#: What the parts of the library do, for a person.
WHAT: dict[str, str] = {
    "NFC": "composes accents with their letters (NFC)",
    "NFD": "takes accents off their letters (NFD)",
    "NFKC": "composes accents and replaces look-alikes (NFKC)",
    "NFKD": "takes accents apart and replaces look-alikes (NFKD)",
    "Lowercase": "makes letters small",
    "StripAccents": "drops accents",
    "Strip": "drops white space at the ends",
    "Prepend": "puts a sign in front of the text",
    "Replace": "replaces one sign by another",
    "Precompiled": "replaces characters by SentencePiece's own table",
    "BertNormalizer": "drops control characters, sets Chinese characters apart, makes letters small",
    "ByteLevel": "spells every byte as one printable letter (a space becomes \u0120)",
    "Metaspace": "writes spaces as \u2581",
    "Split": "cuts by a pattern",
    "Digits": "cuts digits from the rest",
    "Whitespace": "cuts at spaces and marks",
    "WhitespaceSplit": "cuts at spaces",
    "BertPreTokenizer": "cuts at spaces and around every mark",
    "Punctuation": "cuts around every mark",
    "BPE": "joins letters pair by pair, in the order learned in training",
    "WordPiece": "takes the longest known piece from the left; pieces inside a word begin with ##",
    "Unigram": "chooses the cut with the highest probability",
    "WordLevel": "looks up whole words",
    "TemplateProcessing": "puts special tokens around the text",
    "BertProcessing": "puts [CLS] and [SEP] around the text",
    "RobertaProcessing": "puts <s> and </s> around the text",
}


@dataclass(frozen=True)
class Part:
    """One stretch of the text on its way through the steps.

    Attributes:
        text: as given; an added token of the vocabulary when ``is_added``.
        is_added: cut out before all steps and turned into its id at once.
        normalized: after the normaliser.
        pieces: after the pre-tokenizer.
        tokens: strings of the vocabulary for each piece.
        ids: their numbers.
    """

    text: str
    is_added: bool
    normalized: str
    pieces: tuple[str, ...]
    tokens: tuple[tuple[str, ...], ...]
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Steps:
    """A text's way to ids.

    Attributes:
        text: as given.
        normaliser, pre_tokenizer, model, post_processor: names of the parts that each step is made
            of, in order; empty where the tokenizer has no such step.
        parts: stretches of the text, cut at added tokens.
        final: what ``encode`` gives, special tokens included.
        agrees: whether the steps gave the same ids as ``encode``.
    """

    text: str
    normaliser: tuple[str, ...]
    pre_tokenizer: tuple[str, ...]
    model: tuple[str, ...]
    post_processor: tuple[str, ...]
    parts: tuple[Part, ...]
    final: tuple[Token, ...]
    agrees: bool

    @property
    def work(self) -> Work:
        """Tokens made."""
        return Work(len(self.final), "tokens")


def walk(backend: Any, text: str, final: Sequence[Token]) -> Steps:
    """Takes a text through the steps.

    Args:
        backend: a ``tokenizers.Tokenizer``; it is only read.
        text: 1 to ``MAX_CHARACTERS`` characters.
        final: the text's tokens as ``encode`` gives them, special tokens included.

    Raises:
        InputError: when the text is too long to be shown.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"The text has {len(text):,} characters; steps are shown for up to {MAX_CHARACTERS:,}.",
            hint="Shorten it.",
        )
    parts = tuple(_part(backend, piece, added) for piece, added in _stretches(backend, text))
    ids = [number for part in parts for number in part.ids]
    expected = backend.encode(text, add_special_tokens=False).ids
    return Steps(
        text, names(backend.normalizer), names(backend.pre_tokenizer), names(backend.model),
        names(backend.post_processor), parts, tuple(final), ids == expected,
    )  # fmt: skip


def names(component: Any) -> tuple[str, ...]:
    """The parts that a component is made of; a sequence gives its own in order."""
    if component is None:
        return ()
    if type(component).__name__ in WHAT:  # a model's state would be its whole vocabulary
        return (type(component).__name__,)
    state = json.loads(component.__getstate__())
    inner = state.get("normalizers") or state.get("pretokenizers") or state.get("processors")
    return tuple(part["type"] for part in inner) if inner else (str(state["type"]),)


def _stretches(backend: Any, text: str) -> Iterable[tuple[str, bool]]:
    """The text cut at added tokens that stand in it; each stretch with whether it is one."""
    found = [t for t in backend.get_added_tokens_decoder().values() if t.content in text]
    if not found:
        return [(text, False)]
    longest_first = sorted(found, key=lambda token: len(token.content), reverse=True)
    pattern = "|".join(
        rf"{BLANKS if t.lstrip else ''}{re.escape(t.content)}{BLANKS if t.rstrip else ''}"
        for t in longest_first
    )
    stretches = re.split(f"({pattern})", text)
    return [(piece, place % 2 == 1) for place, piece in enumerate(stretches) if piece]


def _part(backend: Any, text: str, added: bool) -> Part:
    if added:
        number = backend.token_to_id(text)
        content = text if number is not None else text.strip()
        return Part(text, True, text, (text,), ((content,),), (backend.token_to_id(content),))
    normalized = text if backend.normalizer is None else backend.normalizer.normalize_str(text)
    if backend.pre_tokenizer is None:
        pieces: tuple[str, ...] = (normalized,) if normalized else ()
    else:
        cut = backend.pre_tokenizer.pre_tokenize_str(normalized)
        pieces = tuple(piece for piece, _ in cut)
    made = [backend.model.tokenize(piece) for piece in pieces]
    tokens = tuple(tuple(token.value for token in group) for group in made)
    return Part(text, False, normalized, pieces, tokens, tuple(t.id for g in made for t in g))
