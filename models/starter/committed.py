"""Starters whose weights lie in this repository: a folder as a Hub model has it, and its training's card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.starter.minilm import WEIGHTS
from models.starter.recipe import RepoFile


@dataclass(frozen=True)
class Committed:
    """One of the folders under ``weights``.

    Attributes:
        name: of the folder.
        parts: its files, as paths inside of it.
    """

    name: str
    parts: tuple[str, ...]

    @property
    def card(self) -> dict[str, Any]:
        """What the training script wrote about the weights: data, recipe, scores, failures, ..."""
        card: dict[str, Any] = json.loads(self._path("card.json").read_text(encoding="utf-8"))
        return card

    @property
    def size_bytes(self) -> int:
        """What its files take on the disk."""
        return sum(self._path(part).stat().st_size for part in self.parts)

    @property
    def files(self) -> dict[str, RepoFile]:
        """Its files by role, which is their path; weights with the checksum of their lock."""
        lock = WEIGHTS / f"{self.name}.sha256.json"  # written by models.starter.weights_lock
        locked: dict[str, str] = json.loads(lock.read_text(encoding="utf-8"))
        folder = f"models/starter/weights/{self.name}"
        return {part: RepoFile(f"{folder}/{part}", locked.get(part, "")) for part in self.parts}

    def build(self, paths: Mapping[str, Path], out: Path) -> None:
        """Copies the folder."""
        for part, source in paths.items():
            target = out / part
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)

    def _path(self, part: str) -> Path:
        return WEIGHTS / self.name / part
