"""Where a snippet finds its model: a Hub id, or a folder written without this machine's paths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.hub.ids import split_id
from models.service import Service
from models.snippets.code import Expression, literal
from models.sources import starter_path
from models.spec import ModelCard
from models.starter import starters


@dataclass(frozen=True)
class Source:
    """What goes into ``from_pretrained``.

    Attributes:
        expression: Python source that gives the model's id or folder as a string.
        folder: where the files lie on this disk; None when they are not here yet.
        device: torch device string of the run.
        dtype: torch dtype name of the run.
        revision: commit of a model of the Hub; empty while it is not known, and for other models.
        variant: what computes the model now, such as ``openvino bfloat16``; empty while it is not in
            memory, and where there is no choice.
    """

    expression: str
    folder: Path | None = None
    device: str = "cpu"
    dtype: str = "float32"
    revision: str = ""
    variant: str = ""

    @property
    def checkpoint(self) -> Expression:
        """The expression as a value for ``models.snippets.code.snippet``."""
        return Expression(self.expression)

    def inside(self, name: str) -> Expression:
        """A file or folder of the model, for one that lies in a folder."""
        whole = self.expression
        inner = f"{whole[:-1]} / {literal(name)})" if whole.startswith("str(") else None
        return Expression(inner or f"str(Path({whole}) / {literal(name)})")

    @property
    def pin(self) -> Mapping[str, object]:
        """The commit as a value of the code, which then loads that one; nothing where none is known."""
        return {"revision": self.revision} if self.revision else {}

    @property
    def placement(self) -> Mapping[str, object]:
        """The commit, device and dtype as values of the code."""
        return {**self.pin, "device": self.device, "dtype": self.dtype}

    def file(self, name: str) -> Mapping[str, Any]:
        """A JSON file of the model, such as ``config.json``; empty when it is not here."""
        path = self.folder / name if self.folder else None
        if path is None or not path.is_file():
            return {}
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    @property
    def config(self) -> Mapping[str, Any]:
        """The model's ``config.json``; empty when it is not here."""
        return self.file("config.json")


def source_of(card: ModelCard, service: Service, model: str = "") -> Source:
    """The source of a model, with the device and dtype that a run has or will have.

    Args:
        card: the model.
        service: whose device and cache.
        model: the id as it was chosen, for a revision behind it.
    """
    device, dtype = service.admission.placement(card)
    settings, variant = service.settings, _variant(card, service)
    if card.is_starter:
        folder = starter_path(starters()[card.id], settings.cache_folder)
        return Source(homely(folder), folder, device, dtype, variant=variant)
    if card.id.startswith("local/"):
        folder = next(model.folder for model in settings.local_models if model.id == card.id)
        told = Path("/") / card.id.removeprefix("local/") if settings.public else folder.resolve()
        return Source(homely(told), folder, device, dtype, variant=variant)
    commit = service.desk.commit_of(card.id, split_id(model)[1] if "@" in model else "")
    return Source(literal(card.id), _cached(card.id, commit), device, dtype, commit, variant)


def _variant(card: ModelCard, service: Service) -> str:
    """What computes a model now; empty where it is not in memory."""
    wanted = (card.capability, card.id)
    return next((r.variant for r in service.registry.residents() if r.key[:2] == wanted), "")


def homely(folder: Path) -> str:
    """A folder as source, from the home directory; of one elsewhere nothing but the name is told."""
    if folder.is_relative_to(Path.home()):
        return f"str(Path.home() / {literal(folder.relative_to(Path.home()).as_posix())})"
    return f'str(Path("path/to") / {literal(folder.name)})'


def _cached(repo: str, commit: str) -> Path | None:
    """The snapshot of a repository in the Hub's cache on this disk."""
    from huggingface_hub import try_to_load_from_cache

    for name in ("config.json", "model_index.json"):
        found = try_to_load_from_cache(repo, name, revision=commit or None)
        if isinstance(found, str):
            return Path(found).parent
    return None
