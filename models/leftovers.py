"""Removes what earlier versions of the app left in the cache: folders of starters that none uses any more.

A folder's name ends in the digest of what it is made of, so an upgrade makes a new one beside the old.
Who uses a folder marks it: ``NAME.used`` beside it has the time of the last use, and every process that
uses it keeps a shared lock on that file until it ends. A folder goes when this version has no use for it,
nobody has used it for a day, and no process holds its lock; so do drafts of conversions that were broken off.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path

from filelock import FileLock, Timeout

log = logging.getLogger(__name__)

#: What another version of the app may have used last so many seconds ago stays: two may take turns.
UNUSED_S = 86_400.0
#: A folder of a starter, by its digest, and the draft of one, by the letters of ``tempfile``.
_MADE = re.compile(r"(?P<folder>[a-z0-9][a-z0-9._-]*-[0-9a-f]{12})(?P<draft>-[a-z0-9_]{8})?")
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
    if root.is_symlink() or not root.is_dir():
        return []
    gone = list[str]()
    for name in sorted(
        entry.name for entry in os.scandir(root) if entry.is_dir(follow_symlinks=False)
    ):
        made = _MADE.fullmatch(name)
        if made is None or name in kept or not _lock(root / made["folder"]).is_file():
            continue
        try:
            if _removed(root / name, root / made["folder"]):
                gone.append(name)
        except (OSError, ImportError) as error:
            log.info("%s can't be removed: %s", name, error)
    if gone:
        log.info("removed what earlier versions left in the cache: %s", ", ".join(gone))
    return gone


def _removed(path: Path, folder: Path) -> bool:
    """Removes a folder, or a draft of one, unless somebody uses or makes it; whether it is gone."""
    is_draft = path != folder
    if not is_draft and time.time() - _last_use(folder) < UNUSED_S:
        return False
    with ExitStack() as alone:
        try:
            if not is_draft:
                alone.callback(os.close, _locked(_mark(folder), exclusive=True))
            alone.enter_context(FileLock(_lock(folder), timeout=0))
        except (BlockingIOError, Timeout):
            return False
        if not is_draft:  # gone at once, whatever breaks off the rest
            path = folder.with_name(f"{folder.name}-{secrets.token_hex(4)}")
            os.rename(folder, path)
            for left in (_mark(folder), _lock(folder)):
                left.unlink(missing_ok=True)
    shutil.rmtree(path)
    return True


def _last_use(folder: Path) -> float:
    """When it was used last, or else made, in seconds since the epoch."""
    mark = _mark(folder)
    return (mark if mark.exists() else folder).lstat().st_mtime


def _lock(folder: Path) -> Path:
    """Who makes the folder holds this one; see ``models.sources``."""
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
