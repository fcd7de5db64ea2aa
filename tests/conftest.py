"""The running app that end-to-end and browser tests share: one process, real starter models."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 120
CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
CHROMIUM_ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as page:
            return page.status == 200
    except OSError:
        return False


@contextmanager
def started_app(environ: Mapping[str, str], log: Path, *options: str) -> Iterator[str]:
    """The address of the app in a process of its own, as a user starts it.

    Args:
        environ: all of its environment.
        log: where its output goes.
        options: of the command line, beside the port.
    """
    port = free_port()
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port), *options],
            cwd=ROOT, env=dict(environ), stdout=stream, stderr=subprocess.STDOUT,
        )  # fmt: skip
        url, deadline = f"http://127.0.0.1:{port}/", time.monotonic() + START_LIMIT_S
        while not answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                pytest.fail(f"the app did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)
        yield url
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as a user starts it, on a free port, offline."""
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with started_app({**os.environ, "MODELDECK_VARIANTS": "off"}, log, "--offline") as url:
        yield url
    print(log.read_text()[-4000:])
