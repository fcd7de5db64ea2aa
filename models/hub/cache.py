"""What lies in the Hub's cache on this disk: models by revision with their sizes, and deleting them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import Busy, InputError
from models.hub.client import explained, not_here
from models.hub.download import PARTIAL, storage_of
from models.hub.here import commit_here, named_now
from models.hub.ids import check_id

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cached:
    """One revision of a model on this disk.

    Attributes:
        repo: ``org/name``.
        commit: which one.
        refs: branches and tags that mean it.
        size_bytes: of its files; revisions may share some.
        files: how many.
        last_used_s: seconds since the epoch.
        partial_bytes: of unfinished downloads of the model, told with its newest revision.
    """

    repo: str
    commit: str
    refs: tuple[str, ...]
    size_bytes: int
    files: int
    last_used_s: float
    partial_bytes: int = 0

    @property
    def key(self) -> str:
        """What names it in a list: ``org/name@commit``."""
        return f"{self.repo}@{self.commit}"


def cached() -> list[Cached]:
    """Every model revision in the cache, the largest first. Reads the disk."""
    rows = [row for repo in _scan().repos if repo.repo_type == "model" for row in _rows(repo)]
    return sorted(rows, key=lambda row: (-row.size_bytes, row.key))


def delete(keys: Iterable[str], in_use: Iterable[str]) -> int:
    """Deletes revisions and what nothing else needs; returns the bytes that became free.

    Args:
        keys: ``Cached.key`` of each.
        in_use: keys of models that are loaded or on their way.

    Raises:
        InputError: when one is not there.
        Busy: when one is in use.
    """
    wanted, here = list(dict.fromkeys(keys)), {row.key: row for row in cached()}
    strange = [key for key in wanted if key not in here]
    if strange or not wanted:
        named = strange[0][:60] if strange else "nothing"
        raise InputError(f"{named} is not in the cache.", hint="Choose one from the list.")
    busy = [key for key in wanted if key in set(in_use)]
    if busy:
        raise Busy(
            f"{busy[0].partition('@')[0]} is in memory and stays on the disk.",
            hint="Unload it first.",
        )
    plan = _scan().delete_revisions(*(here[key].commit for key in wanted))
    freed = int(plan.expected_freed_size)
    partials = [p for repo in {here[k].repo for k in wanted} for p in _partials(storage_of(repo))]
    freed += sum(path.stat().st_size for path in partials)
    for path in partials:
        path.unlink(missing_ok=True)
    plan.execute()
    log.info("deleted %s from the Hub cache, %.0f MB", ", ".join(wanted), freed / 1e6)
    return freed


def snapshot(repo: str, revision: str, *, complete: bool = True) -> tuple[Path, str]:
    """Folder and commit of a model on this disk, also under a name it had before; asks nobody.

    Raises:
        HubUnreachable: when it is not here, or only in part.
    """
    storage = storage_of(named_now(check_id(repo)))
    commit = commit_here(named_now(repo), revision)
    folder = storage / "snapshots" / commit
    if not commit or not folder.is_dir():
        raise not_here(repo)
    if complete and (lacking := _lacking(folder)):
        raise type(not_here(repo))(
            f"{repo} is only partly in this machine's cache: {lacking} is missing.",
            hint="Go online once to fetch the rest, or choose a starter model.",
        )
    return folder, commit


def _lacking(folder: Path) -> str:
    """A file that the folder's own index names and that is not here; empty when all are."""
    for index in folder.rglob("*.safetensors.index.json"):
        named = json.loads(index.read_text("utf-8")).get("weight_map", {})
        for name in sorted(set(named.values())):
            if not (index.parent / name).exists():
                return str(name)
    has_weights = any(folder.rglob("*.safetensors")) or any(folder.rglob("*.bin"))
    partials = _partials(folder.parent.parent)
    return "a file of weights" if partials and not has_weights else ""


def _scan() -> Any:
    from huggingface_hub import constants, scan_cache_dir

    place = Path(constants.HF_HUB_CACHE)
    place.mkdir(parents=True, exist_ok=True)
    with explained("the cache"):
        return scan_cache_dir(place)


def _rows(repo: Any) -> list[Cached]:
    revisions = sorted(repo.revisions, key=lambda r: -r.last_modified)
    partial = sum(path.stat().st_size for path in _partials(repo.repo_path))
    return [
        Cached(
            repo.repo_id,
            revision.commit_hash,
            tuple(sorted(revision.refs)),
            revision.size_on_disk,
            len(revision.files),
            revision.last_modified,
            0 if place else partial,
        )
        for place, revision in enumerate(revisions)
    ]


def _partials(storage: Path) -> list[Path]:
    return list((storage / "blobs").glob(f"*{PARTIAL}"))
