"""Writes the checksums of the committed starter weights: ``python -m models.starter.weights_lock``.

Run it after training; ``--check`` only says what differs, and fails.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

from models.sources import sha256

log = logging.getLogger(__name__)

WEIGHTS = Path(__file__).parent / "weights"
#: Folders whose starters read their checksums from a lock file.
LOCKED = ("image", "music")


def digests(folder: Path) -> dict[str, str]:
    """Hex digest of every safetensors file under a folder, by relative path."""
    found = sorted(folder.rglob("*.safetensors"))
    return {path.relative_to(folder).as_posix(): sha256(path) for path in found}


def lock_file(folder: Path) -> Path:
    """The lock of a folder of weights, beside it: training replaces the folder as a whole."""
    return folder.with_name(f"{folder.name}.sha256.json")


def drift(folder: Path) -> list[str]:
    """Relative paths whose digest is not the one in the folder's lock file."""
    lock = lock_file(folder)
    known: dict[str, str] = json.loads(lock.read_text(encoding="utf-8")) if lock.is_file() else {}
    now = digests(folder)
    return sorted(name for name in known.keys() | now.keys() if known.get(name) != now.get(name))


def main() -> int:
    """Writes or checks every lock file; the exit status is 1 when a check failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    changed = [(name, path) for name in LOCKED for path in drift(WEIGHTS / name)]
    for name, path in changed:
        log.info("%s/%s differs from its lock", name, path)
    if not check:
        for name in LOCKED:
            text = json.dumps(digests(WEIGHTS / name), indent=1) + "\n"
            lock_file(WEIGHTS / name).write_text(text, encoding="utf-8")
    return 1 if check and changed else 0


if __name__ == "__main__":
    raise SystemExit(main())
