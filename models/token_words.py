"""Which tokens make up a word, where a tokenizer calls all that stands between two spaces one.

SentencePiece vocabularies do. In a script that puts no spaces between words, such a "word" is a whole
sentence, and a full stop is a part of the word before it. So words are also cut between tokens at marks,
and in those scripts between any two tokens: what the model itself has as a unit is the nearest to a word.
"""

from __future__ import annotations

import re
import unicodedata

from models.token_readers import PlacedTokens

#: Scripts that write no spaces between words: Thai, Lao, Tibetan, Burmese, Khmer, kana, Han.
NO_SPACES = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_UNSPACED = re.compile(f"[{NO_SPACES}]")


def word_bounds(text: str, placed: PlacedTokens) -> list[tuple[int, int]]:
    """First and last token of the word around each token.

    Args:
        text: what was read.
        placed: its tokens.
    """
    firsts = [i for i in range(len(placed.ids)) if _begins_word(text, placed, i)]
    ends = [*firsts[1:], len(placed.ids)]
    return [
        (first, end - 1) for first, end in zip(firsts, ends, strict=True) for _ in range(first, end)
    ]


def _begins_word(text: str, placed: PlacedTokens, i: int) -> bool:
    if i == 0 or placed.words[i] is None or placed.words[i] != placed.words[i - 1]:
        return True
    (_, end), (start, _) = placed.offsets[i - 1], placed.offsets[i]
    # several tokens may make up one character, and a token may be of none
    return 0 < end <= start < len(text) and cut_between(text[end - 1], text[start])


def cut_between(left: str, right: str) -> bool:
    """Whether one word may end and another begin between two neighbouring characters."""
    kinds = [unicodedata.category(one)[0] for one in (left, right)]
    if kinds[1] == "M":  # a sign over or under the letter before it
        return False
    return not {*kinds}.isdisjoint("PSZC") or bool(_UNSPACED.search(left + right))
