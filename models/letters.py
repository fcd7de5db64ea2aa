"""Signs that belong to the letter before them, for patterns of words: Python's ``\\w`` has none of them.

Accents written apart from their letter (as macOS names files), vowel signs of Indic scripts, points of Hebrew
and Arabic, and the joiners of Persian: a pattern without them cuts such words in pieces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

#: Joiners of no width, which stand inside of words.
_JOINERS = (0x200C, 0x200D)
#: Past the planes of letters there are only variation selectors, which belong to signs.
_PLANES = range(0x0300, 0x20000)


def _ranges() -> Iterator[str]:
    first = last = -1
    for code in (*(c for c in _PLANES if unicodedata.category(chr(c))[0] == "M"), 0x110000):
        if code == last + 1:
            last = code
            continue
        if first >= 0:
            yield f"{re.escape(chr(first))}-{re.escape(chr(last))}"
        first = last = code


#: All of them, to stand between the brackets of a pattern.
MARKS = "".join([*_ranges(), *map(chr, _JOINERS)])
