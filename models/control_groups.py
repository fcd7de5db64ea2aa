"""How much memory the control groups of this process leave it: version 1, version 2, nested.

A container limits memory by a group of its own, and every group above it may limit it further, so
all levels from the process's own group up to the root count. Files that were read but not used
lately can be dropped by the kernel at any time and are no use of memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class _Names:
    """The files of one version of control groups."""

    limit: str
    used: str
    reclaimable: str


_V1 = _Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_V2 = _Names("memory.max", "memory.current", "inactive_file")


def left_bytes(proc: Path = Path("/proc/self")) -> int | None:
    """What may still be taken before a group's limit is met; None where nothing limits it.

    Args:
        proc: folder with the process's ``cgroup`` and ``mountinfo``.
    """
    left = [room for folder, names in _folders(proc) if (room := _room(folder, names)) is not None]
    return max(0, min(left)) if left else None


def _folders(proc: Path) -> Iterator[tuple[Path, _Names]]:
    """Every group folder that this process is in, from its own up to the mount's root."""
    try:
        groups = (proc / "cgroup").read_text("utf-8").splitlines()
        mounts = (proc / "mountinfo").read_text("utf-8").splitlines()
    except OSError:
        return
    for line in groups:
        _, controllers, path = line.split(":", 2)
        names = _V1 if "memory" in controllers.split(",") else _V2
        if names is _V2 and controllers:
            continue
        for root, point in _mounted(mounts, names):
            yield from ((folder, names) for folder in _upwards(point, _below(root, path)))


def _mounted(mounts: list[str], names: _Names) -> Iterator[tuple[str, Path]]:
    """Root inside the hierarchy and mount point, of each mount with memory files."""
    for line in mounts:
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if names is _V2 and kind[0] == "cgroup2":
            yield _plain(fields[3]), Path(_plain(fields[4]))
        if names is _V1 and kind[0] == "cgroup" and "memory" in kind[-1].split(","):
            yield _plain(fields[3]), Path(_plain(fields[4]))


def _below(root: str, path: str) -> str:
    """The group's path as seen from the mount; its root when the group lies outside of it."""
    if root == "/":
        return path.strip("/")
    inside = path == root or path.startswith(root + "/")
    return path[len(root) :].strip("/") if inside else ""


def _upwards(point: Path, inner: str) -> Iterator[Path]:
    folder = point / inner
    if ".." in folder.parts:  # the group lies above this container's namespace
        folder = point
    yield folder
    while folder != point:
        folder = folder.parent
        yield folder


def _room(folder: Path, names: _Names) -> int | None:
    limit, used = _number(folder / names.limit), _number(folder / names.used)
    if limit is None or used is None:
        return None
    return limit - used + _reclaimable(folder / "memory.stat", names.reclaimable)


def _reclaimable(path: Path, name: str) -> int:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.split()[0] == name), 0)


def _number(path: Path) -> int | None:
    """The file's number; None for ``max``, for a missing file, and for version 1's "no limit"."""
    try:
        text = path.read_text("utf-8").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and int(text) < 1 << 60 else None


def _plain(path: str) -> str:
    """Undoes the octal escapes of mountinfo."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), path)
