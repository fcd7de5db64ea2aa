"""The end of the process: quiet, after closing what is open, and soon whatever still runs."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.conftest import ROOT
from tests.fakes import WAIT_S

_SCRIPT = """
import atexit, signal, sys, threading, time
from models.leaving import leave, until_told

def tell():
    while signal.getsignal(signal.SIGINT) in (signal.default_int_handler, signal.SIG_IGN):
        time.sleep(0.01)
    print("ready", flush=True)

def close():
    print("closing", flush=True)
    sys.stdin.readline()
    print("closed", flush=True)

class TakenApart:
    def __del__(self):
        print("Python took itself apart", flush=True)

kept = TakenApart()
atexit.register(print, "tidied up")
threading.Thread(target=tell).start()
until_told()
leave(close, grace_s=float(sys.argv[1]))
"""


@contextmanager
def running(grace_s: float) -> Iterator[subprocess.Popen[str]]:
    """A process that closes until it is sent a line, once it waits to be told to."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, str(grace_s)], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_is_told_to_end_closes_and_says_nothing(number):
    with running(WAIT_S) as process:
        process.send_signal(number)
        assert process.communicate("\n", timeout=WAIT_S) == ("closing\nclosed\ntidied up\n", "")
        assert process.returncode == 0


def test_a_second_signal_does_not_break_into_the_closing():
    with running(WAIT_S) as process:
        process.terminate()
        assert process.stdout.readline() == "closing\n"
        process.terminate()
        assert process.communicate("\n", timeout=WAIT_S) == ("closed\ntidied up\n", "")
        assert process.returncode == 0


def test_what_does_not_end_in_time_is_broken_off():
    with running(0.1) as process:
        process.terminate()
        assert process.wait(WAIT_S) == 0
        said = process.stdout.read().splitlines()
        assert said[-1] == "tidied up"  # a busy machine may not have begun to close by then
        assert "closed" not in said
        assert process.stderr.read() == "what still runs after 0.1 s is broken off\n"
