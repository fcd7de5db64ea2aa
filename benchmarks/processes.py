"""Servers and load generators as processes of their own, which always end with the benchmark."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
#: Longest time a server may take to answer for the first time, in seconds.
START_LIMIT_S = 120.0
_PRELOADED = (
    "torch",
    "transformers.models.bert.modeling_bert",
    "transformers.models.gpt2.modeling_gpt2",
)


@dataclass(frozen=True)
class Server:
    """A running server: its address without a slash at the end, its process, seconds to its first page."""

    address: str
    pid: int
    start_s: float

    @property
    def memory_mb(self) -> float:
        """Resident memory of the process and its children, in megabytes."""
        process = psutil.Process(self.pid)
        return sum(p.memory_info().rss for p in [process, *process.children(True)]) / 1e6


def free_port() -> int:
    """A TCP port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(
    *command: str, page: str = "/", environ: dict[str, str] | None = None
) -> Iterator[Server]:
    """Starts ``python COMMAND``, where ``{port}`` stands for a free port, and waits for its page.

    Args:
        command: arguments of this Python, such as ``app.py --port {port}``.
        page: path that answers 200 once the server is there.
        environ: variables added to this process's.

    Raises:
        RuntimeError: when the server ends or stays silent, with the end of what it wrote.
    """
    port = free_port()
    arguments = [part.replace("{port}", str(port)) for part in command]
    with tempfile.TemporaryFile("w+") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env={**os.environ, **(environ or {})},
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            while not _answers(address + page):
                if process.poll() is not None or time.perf_counter() - began > START_LIMIT_S:
                    log.seek(0)
                    raise RuntimeError(f"{arguments} did not start:\n{log.read()[-2000:]}")
                time.sleep(0.02)
            yield Server(address, process.pid, time.perf_counter() - began)
        finally:
            end(process)


@contextmanager
def elsewhere() -> Iterator[ProcessPoolExecutor]:
    """A second process for load: ``pool.submit(function, ...).result()`` with a module-level function."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


def fresh(work: Callable[..., Any], *arguments: Any) -> Any:
    """The value of a module-level function in a process of its own that has torch and transformers
    imported and nothing else: what it breaks in them is gone with it.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(list(_PRELOADED))
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, *arguments).result()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as page:  # noqa: S310 - our own server
            page.read()
            return bool(page.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and everything it started, politely first."""
    if process.poll() is not None:
        return
    children = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
    for child in children:
        child.terminate()
    for child in psutil.wait_procs(children, timeout=5)[1]:
        child.kill()
