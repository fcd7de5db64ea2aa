"""How many words a text has, in scripts with spaces between them and without."""

from __future__ import annotations

import re
from functools import lru_cache

from models.summary_checks import words

#: Characters of scripts that put no spaces between words: kana, Han, Thai, Lao.
_WIDE = re.compile("[\u3040-\u9fff\u0e00-\u0eff]")


@lru_cache(maxsize=16_384)
def count_words(text: str) -> int:
    """Words of a text; a script without spaces counts two characters as one word.

    Remembered, because a summary in progress counts the same sentences at every step.
    """
    wide = len(_WIDE.findall(text))
    return wide // 2 + len(words(_WIDE.sub(" ", text) if wide else text))
