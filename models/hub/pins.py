"""A file that holds models at commits: ``models.lock``, TOML of ``"org/name" = "commit"``.

Named with ``--lock``. A model that is in it is always used at its commit, whatever its branch says
now; one that is not in it yet is added when it has been fetched, unless the file may not grow.
"""

from __future__ import annotations

import logging
import os
import threading
import tomllib
from pathlib import Path

from models.errors import InputError
from models.hub.ids import check_id, is_commit

log = logging.getLogger(__name__)

_HEAD = "# Models at commits, written by Modeldeck; delete a line to take up the newest version.\n"


class PinsError(ValueError):
    """Raised at start when the lock file can't be read; the message names the line or the model."""


class Pins:
    """The commits that models are held at.

    Args:
        path: the file; None to hold nothing.
        grows: whether models that are fetched are added.

    Raises:
        PinsError: when the file is no such file.
    """

    def __init__(self, path: Path | None = None, *, grows: bool = True) -> None:
        self._path, self._grows, self._mutex = path, grows, threading.Lock()
        self._commits = _read(path) if path is not None and path.exists() else {}

    def revision(self, repo: str, asked: str) -> str:
        """The revision to use: the commit it is held at, else the one asked for.

        Raises:
            InputError: when another revision is asked for than the one it is held at.
        """
        held = self._commits.get(repo, "")
        if held and asked and asked != held:
            raise InputError(
                f"{repo} is held at {held[:7]} by the lock file, and {asked[:40]} was asked for.",
                hint="Leave the revision out, or change the file.",
            )
        return held or asked

    def add(self, repo: str, commit: str) -> None:
        """Holds a model at the commit it was fetched at, unless it is held already."""
        with self._mutex:
            if self._path is None or not self._grows or repo in self._commits:
                return
            self._commits[repo] = commit
            rows = "".join(f'"{name}" = "{at}"\n' for name, at in sorted(self._commits.items()))
            draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            draft.write_text(_HEAD + rows, encoding="utf-8")
            os.replace(draft, self._path)
        log.info("%s is held at %s in %s", repo, commit[:7], self._path.name)


def _read(path: Path) -> dict[str, str]:
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PinsError(f"lock: {path.name} can't be read: {error}.") from error
    for name, commit in rows.items():
        try:
            check_id(name)
        except InputError as error:
            raise PinsError(f"lock: {path.name}: {error.message}") from error
        if not isinstance(commit, str) or not is_commit(commit):
            raise PinsError(f"lock: {path.name}: {name} needs a commit of 40 hexadecimal digits.")
    return {str(name): str(commit) for name, commit in rows.items()}
