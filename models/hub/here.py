"""Models in the Hub's cache on this disk that a capability can use, for a page that may not ask the Hub.

Beside the files of a model lie two notes of ours: its task as the Hub said it, and the names that it had
before it moved. What other programs fetched has none; there the architecture tells.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

from models.errors import ModelUnsupported
from models.hub.classes import classes_in
from models.hub.download import storage_of
from models.hub.facts import HubFacts, HubFile, has_template
from models.hub.files import choose
from models.hub.ids import is_commit
from models.hub.parts import INDEX, Part, named_parts
from models.hub.preflight import ARCHITECTURES, CLASS_RULES, check_task
from models.hub.search import TASKS

log = logging.getLogger(__name__)

#: Files in a model's cache folder: its task, its former names, and that not everybody may use it.
_TASK, _WAS, RESTRICTED = ".modeldeck-task", ".modeldeck-was", ".modeldeck-restricted"


@dataclass(frozen=True)
class Here:
    """A model in the cache.

    Attributes:
        facts: what its files say of it.
        size_bytes: of what a loader reads.
    """

    facts: HubFacts
    size_bytes: int


def note(facts: HubFacts) -> None:
    """Writes beside a fetched model what its files do not say."""
    storage = storage_of(facts.id)
    (storage / _TASK).write_text(facts.task, encoding="utf-8")
    if facts.asked != facts.id:
        names = {*_lines(storage / _WAS), facts.asked}
        (storage / _WAS).write_text("\n".join(sorted(names)), encoding="utf-8")


def named_now(repo: str) -> str:
    """The name under which a model lies in the cache: another one when it was fetched after it had moved."""
    if storage_of(repo).is_dir():
        return repo
    for path in storage_of(repo).parent.glob(f"models--*/{_WAS}"):
        if repo in _lines(path):
            return _repo(path.parent)
    return repo


def commit_here(repo: str, revision: str) -> str:
    """The commit that a branch or tag meant when it was fetched; empty when it is not here."""
    if is_commit(revision):
        return revision
    reference = storage_of(repo) / "refs" / (revision or "main")
    return reference.read_text().strip() if reference.is_file() else ""


def models_here() -> list[HubFacts]:
    """Every model in the cache whose default branch is here, as its own files describe it."""
    found = []
    for storage in sorted(storage_of("any/model").parent.glob("models--*")):
        folder = storage / "snapshots" / (commit_here(_repo(storage), "") or "none")
        if "/" in _repo(storage) and folder.is_dir():
            found.append(facts_in(_repo(storage), folder))
    return found


def usable(capability: str, patterns: tuple[str, ...], models: list[HubFacts]) -> list[Here]:
    """Those that a capability can use, whole, by name.

    Args:
        capability: one of ``models.spec.CAPABILITIES``.
        patterns: files that its engine needs; empty for the usual ones.
        models: ``models_here()``.
    """
    found = []
    for facts in models:
        unsaid = capability in CLASS_RULES and not facts.classes
        if not patterns and (unsaid or _anothers(facts, capability)):
            continue
        try:
            check_task(facts, capability, patterns)
            wanted = choose(facts.files, patterns, facts.loaded)
        except ModelUnsupported:
            continue
        if capability == "tokenizer" and not any(f.name == "tokenizer.json" for f in wanted):
            continue
        found.append(Here(facts, sum(file.size for file in wanted)))
    return found


def _anothers(facts: HubFacts, capability: str) -> bool:
    """Whether its architecture is named by another capability, and by this one at most by its ending."""
    own = ARCHITECTURES.get(capability, ())
    others = {n for name, kinds in ARCHITECTURES.items() if name != capability for n in kinds}
    sounds = facts.task in TASKS["music"]
    known = bool(facts.architectures) or capability == ("music" if sounds else "image_generation")
    return not known or any(n in others and n not in own for n in facts.architectures)


def facts_in(repo: str, folder: Path) -> HubFacts:
    """What the files of a model in the cache say of it.

    Args:
        repo: ``org/name``.
        folder: the snapshot of one commit.
    """
    files = tuple(
        HubFile(path.relative_to(folder).as_posix(), path.stat().st_size, "", large=False)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    task = "".join(_lines(folder.parent.parent / _TASK))
    config = _json(folder / "config.json")
    names = config.get("architectures")
    classes = tuple(map(str, names)) if isinstance(names, list) else ()
    return HubFacts(
        repo, repo, folder.name, task=task, architectures=classes, classes=classes_in(config), files=files,
        gated=(folder.parent.parent / RESTRICTED).exists(),
        chats=has_template(files, _json(folder / "tokenizer_config.json")),
        parts=tuple(map(Part, named_parts(_json(folder / INDEX)))),
    )  # fmt: skip


def _json(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("%s of %s can't be read: %s", path.name, path.parents[2].name, error)
        return {}
    return found if isinstance(found, dict) else {}


def _repo(storage: Path) -> str:
    return storage.name.removeprefix("models--").replace("--", "/", 1)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
