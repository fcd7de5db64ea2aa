"""How much of a model's window a text fills, told while somebody writes: no model is loaded for it.

The tokens are counted by the model's ``tokenizer.json`` alone where that lies on this disk; else they
are estimated from the bytes of the text, and the result says so. Imports no torch and no transformers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.snippets.sizes import window_of
from models.snippets.source import Source
from models.snippets.summarization import is_seq2seq, prefix
from models.spec import ModelCard
from models.summarization_abstractive import room
from models.token_loading import forget_words

#: Bytes of UTF-8 that a token stands for, about: 4 to 5 of English, 3 of Chinese.
BYTES_PER_TOKEN = 4.3
#: Tokenizers that are kept: a page meters with one at a time.
_KEPT = 4


@dataclass(frozen=True)
class Metered:
    """A text measured against a model.

    Attributes:
        tokens: its length, special tokens left out.
        counted: whether the model's own tokenizer counted them; else they are estimated.
        room: most tokens that the model reads at once; 0 where that is not known before it is loaded,
            or does not matter, since it reads sentence by sentence.
        by_sentence: whether the model reads sentence by sentence.
    """

    tokens: int
    counted: bool
    room: int
    by_sentence: bool


def metered(text: str, card: ModelCard, source: Source) -> Metered:
    """Measures a text against a model for summaries.

    Args:
        text: what somebody has written so far.
        card: the model.
        source: where its files lie, if they are here.
    """
    tokenizer = _tokenizer_in(source.folder)
    if tokenizer is None:
        tokens = round(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)
    else:
        tokens = _count(tokenizer, text)
    if card.engine == "extractive":
        return Metered(tokens, tokenizer is not None, 0, by_sentence=True)
    seq2seq, before = is_seq2seq(card, source), prefix(source)
    framed = _count(tokenizer, before) if tokenizer is not None and before else 0
    most = room(window_of(source.config), framed, seq2seq=seq2seq) if source.config else 0
    return Metered(tokens, tokenizer is not None, most, by_sentence=False)


def _count(tokenizer: Any, text: str) -> int:
    plain = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text
    return len(tokenizer.encode(plain, add_special_tokens=False).ids)


def _tokenizer_in(folder: Path | None) -> Any:
    """The fast tokenizer of a folder; None where it has none."""
    file = folder / "tokenizer.json" if folder else None
    if file is None or not file.is_file():
        return None
    return _tokenizer(file, file.stat().st_mtime_ns)


@lru_cache(_KEPT)
def _tokenizer(file: Path, changed: int) -> Any:
    """Only ever asked to count, by many threads; ``changed`` makes a file that was replaced be read anew."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    forget_words(tokenizer)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
