"""The Dockerfile as instructions, and a rehearsal of it where there is no container engine.

``python -m deploy.dockerfile`` does what a build and a start would do, in a fresh virtual environment
and a temporary folder: copies, runs the RUN lines, starts the command and asks the health check.
What needs the image itself (its user and volume) is left out, and told.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
#: Seconds that the rehearsed start may take until the health check answers.
START_S = 120


@dataclass(frozen=True)
class Instruction:
    """One line of a Dockerfile, continued lines joined: its first word, and the rest."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The rest as words; of the JSON form its items."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)


def instructions(dockerfile: str) -> list[Instruction]:
    """Every instruction of a Dockerfile, in order."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Instruction(*line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def variables(found: list[Instruction], name: str) -> dict[str, str]:
    """What ENV or ARG instructions set."""
    pairs = [pair for item in found if item.name == name for pair in item.words]
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


def copied(found: list[Instruction]) -> Iterator[tuple[str, str]]:
    """Source and target of every COPY."""
    for item in found:
        if item.name == "COPY":
            *sources, target = item.words
            yield from ((source, target) for source in sources)


def ignored(path: str, rules: str) -> bool:
    """Whether a ``.dockerignore`` keeps a path out of the build; the last rule that fits decides."""
    out = False
    for rule in (line for line in rules.splitlines() if line and not line.startswith("#")):
        keeps, pattern = rule.startswith("!"), rule.lstrip("!").removeprefix("**/")
        anywhere = "**/" in rule
        parts = path.split("/")
        tried = parts if anywhere else ["/".join(parts[: n + 1]) for n in range(len(parts))]
        if any(fnmatch.fnmatch(one, pattern) for one in tried):
            out = not keeps
    return out


def stage(found: list[Instruction], folder: Path) -> None:
    """Copies what COPY copies, without what ``.dockerignore`` keeps out."""
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    for source, target in copied(found):
        path, place = ROOT / source, folder / target
        if path.is_file():
            place = place / path.name if target.endswith("/") else place
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
            continue
        for inner in path.rglob("*"):
            name = inner.relative_to(ROOT).as_posix()
            if inner.is_file() and not ignored(name, rules):
                (place / inner.relative_to(path)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(inner, place / inner.relative_to(path))


def rehearse(arguments: dict[str, str]) -> None:
    """Builds and starts in a temporary folder.

    Args:
        arguments: build arguments that differ from the defaults.

    Raises:
        subprocess.CalledProcessError: when an instruction fails.
        TimeoutError: when the started app does not become healthy.
    """
    found = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="image-") as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        shown = {**variables(found, "ARG"), **arguments, **_environment(found, folder)}
        environment = {**os.environ, **shown}
        stage(found, folder / "app")
        for item in found:
            if item.name == "RUN" and "useradd" in item.text:
                log.info("left out, it needs the image: %s", item.text)
            elif item.name == "RUN":
                log.info("RUN %s", item.text)
                shell = ["bash", "-o", "pipefail", "-c", item.text]
                subprocess.run(shell, cwd=folder / "app", env=environment, check=True)
        _start(found, folder, environment)


def _environment(found: list[Instruction], folder: Path) -> dict[str, str]:
    """ENV with the image's paths inside ``folder`` and its Python first."""
    values = {k: v.replace("/cache", f"{folder}/cache") for k, v in variables(found, "ENV").items()}
    return {**values, "PATH": f"{folder}/venv/bin:{os.environ['PATH']}"}


def _start(found: list[Instruction], folder: Path, environment: dict[str, str]) -> None:
    command = next(item for item in found if item.name == "CMD").words
    check = next(item for item in found if item.name == "HEALTHCHECK")
    asks = json.loads(check.text[check.text.index("[") :])
    process = subprocess.Popen(command, cwd=folder / "app", env=environment)
    try:
        deadline = time.monotonic() + START_S
        while subprocess.run(asks, env=environment, stderr=subprocess.DEVNULL).returncode:
            if process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError("the app did not become healthy")
            time.sleep(1)
        log.info("healthy")
    finally:
        process.terminate()
        process.wait(30)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="deploy.dockerfile", description="Rehearses the Dockerfile."
    )
    parser.add_argument("arguments", nargs="*", help="build arguments, NAME=value")
    given = dict(pair.split("=", 1) for pair in parser.parse_args().arguments)
    rehearse(given)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
