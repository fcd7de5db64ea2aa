"""The special tokens that a tokenizer puts around texts, so that windows can be framed by hand.

Found by encoding one letter with and without them: the tokenizer's settings stay as they are, and no
truncation or padding is ever switched on (a fast tokenizer shared by threads is not safe under that).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: Model families whose position table starts after the padding index: two rows are never used.
_OFFSET_POSITIONS = {"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "longformer"}


def frame(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Ids before and after the text, such as ``([CLS], [SEP])``; both empty when there are none."""
    plain: list[int] = tokenizer("a", add_special_tokens=False)["input_ids"]
    framed: list[int] = tokenizer("a", add_special_tokens=True)["input_ids"]
    start = _find(plain, framed, 0)
    return ([], []) if start < 0 else (framed[:start], framed[start + len(plain) :])


@dataclass(frozen=True)
class PairFrame:
    """What stands before, between and after two texts that are read together.

    Attributes:
        before, between, after: token ids.
        types: segment id of, in turn, before, first text, between, second text, after; None when
            the model takes no segment ids.
    """

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    types: tuple[int, int, int, int, int] | None

    def __len__(self) -> int:
        """Number of special tokens."""
        return len(self.before) + len(self.between) + len(self.after)

    def ids(self, first: list[int], second: list[int]) -> list[int]:
        """Ids of both texts with their special tokens."""
        return [*self.before, *first, *self.between, *second, *self.after]

    def segments(self, first: int, second: int) -> list[int] | None:
        """Segment ids for texts of so many tokens, or None."""
        if self.types is None:
            return None
        counts = (len(self.before), first, len(self.between), second, len(self.after))
        return [t for t, count in zip(self.types, counts, strict=True) for _ in range(count)]


def pair_frame(tokenizer: Any) -> PairFrame:
    """How this tokenizer frames a pair, such as ``[CLS] a [SEP] b [SEP]`` with segments 0 and 1.

    Raises:
        ValueError: when the texts can't be told apart in its output.
    """
    a: list[int] = tokenizer("a", add_special_tokens=False)["input_ids"]
    b: list[int] = tokenizer("x", add_special_tokens=False)["input_ids"]
    encoded = tokenizer("a", "x", add_special_tokens=True)
    ids: list[int] = encoded["input_ids"]
    first = _find(a, ids, 0)
    second = _find(b, ids, first + len(a)) if first >= 0 else -1
    if second < 0:
        raise ValueError("the tokenizer has no fixed frame for a pair of texts")
    end = second + len(b)
    before, between, after = ids[:first], ids[first + len(a) : second], ids[end:]
    return PairFrame(
        tuple(before), tuple(between), tuple(after), _types(encoded, first, len(a), second, end)
    )


def _types(
    encoded: Any, first: int, length: int, second: int, end: int
) -> tuple[int, int, int, int, int] | None:
    found = encoded.get("token_type_ids")
    if found is None:
        return None
    between = found[first + length] if first + length < second else found[first]
    last = found[end] if end < len(found) else found[second]
    return found[0], found[first], between, found[second], last


def longest_input(tokenizer: Any, config: Any) -> int:
    """Tokens that the model reads at once, special tokens included."""
    positions = int(getattr(config, "max_position_embeddings", 512))
    if config.model_type in _OFFSET_POSITIONS:
        positions -= int(config.pad_token_id) + 1
    return min(int(tokenizer.model_max_length), positions)


def _find(part: list[int], whole: list[int], since: int) -> int:
    """Index of ``part`` in ``whole`` at or after ``since``; -1 when it is not there or empty."""
    places = range(since, len(whole) - len(part) + 1)
    return next((i for i in places if part and whole[i : i + len(part)] == part), -1)
