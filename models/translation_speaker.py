"""What says one sentence in another language, as ``models.translation`` knows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from models.languages import Pairs
from models.stop import StopToken


class Speaker(Protocol):
    """What says one sentence in another language.

    Attributes:
        reentrant: whether several threads may call it at once.
        memory_bytes: what it occupies.
        pairs: what it can translate.
        latin_only: whether it reads nothing but Latin script.
    """

    reentrant: bool
    memory_bytes: int
    pairs: Pairs
    latin_only: bool

    def fits(self, sentence: str) -> bool:
        """Whether a sentence is short enough to be read at once."""
        ...

    def say(self, sentence: str, source: str, target: str, stop: StopToken) -> Iterator[str]:
        """The sentence in the target language, growing; the last one is whole."""
        ...


@runtime_checkable
class Rewording(Protocol):
    """What a ``Speaker`` has besides where it can search for several translations."""

    def reword(
        self, sentence: str, source: str, target: str, count: int, stop: StopToken
    ) -> list[str]:
        """Up to ``count`` translations, best first."""
        ...
