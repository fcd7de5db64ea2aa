"""The running app that end-to-end and browser tests share: one process, real starter models."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from gradio_client import Client

# How long an example takes is the machine's affair: by default 200 ms would be a fault.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
ROOT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 120
#: For one answer over HTTP: clients give up after 5 s by default, which a busy machine may need.
ANSWER_LIMIT_S = 60
get = partial(httpx.get, timeout=ANSWER_LIMIT_S)
post = partial(httpx.post, timeout=ANSWER_LIMIT_S)
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
#: Marks of each file whose tests need the app in a Chromium.
IN_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.starter,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


def pytest_xdist_make_scheduler(config, log):
    """With several workers, files that share a server go to the same one."""
    from tests.scheduling import Together

    return Together(config, log) if config.option.dist == "loadfile" else None


def pytest_collection_modifyitems(items):
    from tests.scheduling import fresh_first

    items.sort(key=lambda item: fresh_first(item.nodeid))


def free_port() -> int:
    """A free port that stays free until it is used: the system gives these to no connection."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_LIMIT_S) as page:
            return page.status == 200
    except OSError:
        return False


def client_of(address: str, headers: dict[str, str] | None = None) -> Client:
    """gradio's client of a running app, as patient as a busy machine needs."""
    from gradio_client import Client

    patience = {"timeout": ANSWER_LIMIT_S}
    return Client(address, verbose=False, headers=headers, httpx_kwargs=patience)


@contextmanager
def app_process(
    environ: Mapping[str, str], log: Path, *options: str, folder: Path = ROOT
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The app in a process of its own, as a user starts it, once it answers: its address, and the process.

    Args:
        environ: all of its environment.
        log: where its output goes.
        options: of the command line, beside the port.
        folder: where the app lies.
    """
    port = free_port()
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port), *options],
            cwd=folder, env=dict(environ), stdout=stream, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            url, deadline = f"http://127.0.0.1:{port}/", time.monotonic() + START_LIMIT_S
            while not answers(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the app did not start:\n{log.read_text()[-3000:]}")
                time.sleep(0.1)
            yield url, process
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
        finally:
            process.kill()
            process.wait()


@contextmanager
def started_app(environ: Mapping[str, str], log: Path, *options: str) -> Iterator[str]:
    """The address of ``app_process``."""
    with app_process(environ, log, *options) as (url, _):
        yield url


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as a user starts it, on a free port, offline."""
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with started_app({**os.environ, "MODELDECK_VARIANTS": "off"}, log, "--offline") as url:
        yield url
    print(log.read_text()[-4000:])
