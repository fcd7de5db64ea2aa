"""Folders named on the command line, and what the page calls them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class LocalModel(NamedTuple):
    """One folder.

    Attributes:
        capability: the tab that offers it.
        folder: where its files lie.
        name: unique among them all.
    """

    capability: str
    folder: Path
    name: str

    @property
    def id(self) -> str:
        """Its model id."""
        return f"local/{self.name}"


#: Capability -> what one of its folders holds, as patterns of file names; of others, transformers' own file.
_MARKS = {
    "image_generation": ("model_index.json",),
    "music": ("config.json", "model_index.json"),
    "tokenizer": ("tokenizer*", "vocab*", "*.model"),
}
_USUAL = ("config.json",)


def lacks(capability: str, folder: Path) -> str:
    """What a folder would have if it held a model of a capability, for a person; empty where it has it."""
    marks = _MARKS.get(capability, _USUAL)
    return "" if any(any(folder.glob(mark)) for mark in marks) else " or ".join(marks)


def named(entries: Iterable[tuple[str, Path]], *, public: bool) -> list[LocalModel]:
    """The folders with a name each, numbered where it would be another one's too.

    Args:
        entries: capability and folder.
        public: whether strangers see the names: then they are told the capability, since a folder's
            name may say more than its owner wants to.
    """
    found, taken = [], Counter[str]()
    for capability, folder in entries:
        base = capability if public else folder.resolve().name
        taken[base] += 1
        name = base if taken[base] == 1 else f"{base}-{taken[base]}"
        found.append(LocalModel(capability, folder, name))
    return found
