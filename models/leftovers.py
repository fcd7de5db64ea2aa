"""Removes what is of no use any more in the cache: folders of starters, and of networks' quicker variants.

A folder's name ends in the digest of what it is made of, so an upgrade makes a new one beside the old.
Who uses a folder marks it: ``NAME.used`` beside it has the time of the last use, and every process that
uses it keeps a shared lock on that file until it ends. A folder goes when this version has no use for it,
nobody has used it for a day, and no process holds its lock; so do drafts of conversions that were broken off,
and locks and marks without a folder.
Variants of a network are of no use once others of the same network were used after them; those that are just
old go after a month.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

log = logging.getLogger(__name__)

#: What another version of the app may have used last so many seconds ago stays: two may take turns.
UNUSED_S = 86_400.0
#: Variants that nobody has used for so long go too: making them anew takes a minute.
VARIANTS_UNUSED_S = 30 * UNUSED_S
#: A folder of a starter, by its digest, and the draft of one, by the letters of ``tempfile``.
_STARTERS = re.compile(r"(?P<folder>[a-z0-9][a-z0-9._-]*-[0-9a-f]{12})(?:-[a-z0-9_]{8})?")
#: Of variants, by the id of any model; what was made stands beside its draft for a moment.
_VARIANTS = re.compile(
    r"(?P<folder>[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{12})(?:-?[a-z0-9_]{8}(?:\.made)?)?"
)
_held: dict[Path, int] = {}
_mutex = threading.Lock()


def use(folder: Path) -> None:
    """Marks a folder as used by this process until it ends; before anybody looks whether it is there.

    Does nothing where files can't be locked or written: nothing is removed there either.
    """
    with _mutex:
        try:
            if folder not in _held:
                _held[folder] = _locked(_mark(folder), exclusive=False)
            os.utime(_held[folder])
        except (OSError, ImportError) as error:
            log.debug("%s is not marked as used: %s", folder.name, error)


def sweep(root: Path, kept: Collection[str]) -> list[str]:
    """Removes folders of starters that nobody has any use for, and says so in the log.

    Only what lies in ``root`` itself, has a name as the app gives them and a lock file as it makes them
    goes; nothing is followed through a symbolic link.

    Args:
        root: where the folders lie.
        kept: names of those that this version uses.

    Returns:
        The names that are gone.
    """
    return _sweep(root, _STARTERS, lambda folder: None if folder.name in kept else UNUSED_S)


def sweep_variants(root: Path) -> list[str]:
    """Removes variants that nobody has any use for; see ``sweep``."""
    newest = dict[str, float]()
    for name in filter(_is_whole, _folders(root)):
        used = _last_use(root / name)
        newest[_network(name)] = max(used, newest.get(_network(name), used))

    def patience(folder: Path) -> float:
        replaced = _last_use(folder) < newest.get(_network(folder.name), 0.0)
        return UNUSED_S if replaced else VARIANTS_UNUSED_S

    return _sweep(root, _VARIANTS, patience)


def drop_variants(root: Path) -> list[str]:
    """Removes every variant that no process uses now, however new; see ``sweep``."""
    return _sweep(root, _VARIANTS, lambda _: 0.0)


def variants_in(root: Path) -> dict[str, int]:
    """Folders of variants that are whole -> bytes of their files. Reads the disk."""
    return {name: _size(root / name) for name in _folders(root) if _is_whole(name)}


def _is_whole(name: str) -> bool:
    """Whether a name is that of a folder of variants, and of no draft."""
    made = _VARIANTS.fullmatch(name)
    return made is not None and made["folder"] == name


def _network(name: str) -> str:
    """What a folder of variants is called without its digest."""
    return name.rpartition("-")[0]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _folders(root: Path) -> list[str]:
    """Names of the folders in ``root``; none behind a symbolic link."""
    if root.is_symlink() or not root.is_dir():
        return []
    with os.scandir(root) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))


def _sweep(
    root: Path, form: re.Pattern[str], patience: Callable[[Path], float | None]
) -> list[str]:
    """See ``sweep``.

    Args:
        root: where the folders lie.
        form: names of folders, ``folder`` in them, and of their drafts.
        patience: seconds that a folder may have been unused; None where it stays however long.
    """
    gone = list[str]()
    for name in _folders(root):
        made = form.fullmatch(name)
        if made is None or not _lock(root / made["folder"]).is_file():
            continue
        try:
            if _removed(root / name, root / made["folder"], patience):
                gone.append(name)
        except (OSError, ImportError) as error:
            log.info("%s can't be removed: %s", name, error)
    if gone:
        log.info("removed what was left in the cache: %s", ", ".join(gone))
    _drop_bare_locks(root, form)
    return gone


def _drop_bare_locks(root: Path, form: re.Pattern[str]) -> None:
    """Removes locks and marks of folders that were never finished, or went without them.

    Whoever waits for such a lock finds it without a name when it is free, and takes one anew; so do
    ``use`` and filelock. A draft keeps its lock, which tells whose it is.
    """
    there = [found["folder"] for name in _folders(root) if (found := form.fullmatch(name))]
    for folder in map(root.joinpath, _lock_names(root) - {*there}):
        ours = form.fullmatch(folder.name)
        if ours is None or ours["folder"] != folder.name or os.path.lexists(folder):
            continue
        try:
            with _alone(folder):
                if not os.path.lexists(folder):
                    _drop_locks(folder)
        except (BlockingIOError, Timeout):
            continue
        except (OSError, ImportError) as error:
            log.info("locks of %s can't be removed: %s", folder.name, error)


def _lock_names(root: Path) -> set[str]:
    """What the locks and marks in ``root`` are of, those that are empty; none behind a symbolic link."""
    if root.is_symlink() or not root.is_dir():
        return set()
    with os.scandir(root) as entries:
        files = [one for one in entries if one.is_file(follow_symlinks=False)]
        ours = [one for one in files if one.name.endswith((".lock", ".used"))]
        return {Path(one.name).stem for one in ours if one.stat().st_size == 0}


def _removed(path: Path, folder: Path, patience: Callable[[Path], float | None]) -> bool:
    """Removes a folder, or a draft of one, unless somebody uses or makes it; whether it is gone."""
    is_draft = path != folder
    allowed = 0.0 if is_draft else patience(folder)
    if allowed is None or (not is_draft and time.time() - _last_use(folder) < allowed):
        return False
    try:
        with _alone(folder, in_use=is_draft):
            if not is_draft:  # gone at once, whatever breaks off the rest
                path = folder.with_name(f"{folder.name}-{secrets.token_hex(4)}")
                os.rename(folder, path)
                _drop_locks(folder)
    except (BlockingIOError, Timeout):
        return False
    shutil.rmtree(path)
    return True


@contextmanager
def _alone(folder: Path, *, in_use: bool = False) -> Iterator[None]:
    """While nobody else makes a folder or, unless that may be, uses it.

    Raises:
        BlockingIOError, Timeout: somebody does.
        ImportError: on a system where that can't be told.
    """
    with ExitStack() as held:
        if not in_use:
            held.callback(os.close, _locked(_mark(folder), exclusive=True))
        held.enter_context(FileLock(_lock(folder), timeout=0))
        yield


def _drop_locks(folder: Path) -> None:
    """Removes a folder's mark and lock, both of which the caller holds."""
    for left in (_mark(folder), _lock(folder)):
        left.unlink(missing_ok=True)


def _last_use(folder: Path) -> float:
    """When it was used last, or else made, in seconds since the epoch."""
    mark = _mark(folder)
    return (mark if mark.exists() else folder).lstat().st_mtime


def _lock(folder: Path) -> Path:
    """Who makes the folder holds this one; see ``models.sources`` and ``models.variants``."""
    return folder.with_name(f"{folder.name}.lock")


def _mark(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.used")


def _locked(path: Path, *, exclusive: bool) -> int:
    """A descriptor of the file, made where it is missing, with a lock; one that is shared is waited for.

    Raises:
        BlockingIOError: somebody else holds it.
        ImportError: on a system without such locks.
    """
    import fcntl

    kind = fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH
    while True:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(number, kind)
        except OSError:
            os.close(number)
            raise
        if os.fstat(number).st_nlink:
            return number
        os.close(number)  # it was removed meanwhile, and locks nothing
