"""What a starter model is made of: files in packages or in this repository, and how to lay them out.

Knows hashes and file roles; knows neither torch nor where the cache lies (``models.sources`` does).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.spec import ModelCard


@dataclass(frozen=True)
class PackageFile:
    """A file inside an installed distribution, found through its RECORD without importing it.

    Attributes:
        package: distribution name as pip knows it.
        version: the exact version whose file was verified.
        path: path as RECORD lists it (``/`` separated, relative to site-packages).
        sha256: hex digest checked on first use; empty only for files of no consequence.
    """

    package: str
    version: str
    path: str
    sha256: str


@dataclass(frozen=True)
class RepoFile:
    """A file committed in this repository, such as our own trained weights.

    Attributes:
        path: relative to the repository root.
        sha256: hex digest checked on first use; empty for small text files under review in git.
    """

    path: str
    sha256: str = ""


@dataclass(frozen=True)
class Starter:
    """A model that works with no network.

    Attributes:
        card: what the picker and the registry see; ``card.id`` starts with ``starter/``.
        files: role -> file; the roles are the keys that ``build`` is given.
        build: ``build(paths, out)`` writes the folder that the loader wants into the empty
            directory ``out``, from the located ``paths`` by role. Runs once per machine under a
            file lock; must be deterministic; heavy imports inside.
        layout: raise it when ``build`` changes what it writes: the cached folder is made anew.
        folder: name of the cached folder where starters of several tasks are the same model; the
            card's own when empty.
    """

    card: ModelCard
    files: Mapping[str, PackageFile | RepoFile]
    build: Callable[[Mapping[str, Path], Path], None]
    layout: int = 1
    folder: str = ""
