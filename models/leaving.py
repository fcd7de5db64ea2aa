"""How the process ends: told by SIGTERM or Ctrl+C it stops what runs, closes, and is gone within seconds."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

log = logging.getLogger(__name__)

#: For what is open to be closed, in seconds: Docker, for one, kills after ten.
GRACE_S = 8.0
_LOOK_S = 0.1


def until_told() -> None:
    """Blocks the main thread until SIGTERM or SIGINT (Ctrl+C) comes.

    The handler only notes it. An exception out of a handler comes up wherever the main thread happens to
    be: from the second signal on in the middle of tidying up, which it breaks off with a traceback.
    """
    told = list[int]()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda came, _: told.append(came))
    if hasattr(os, "register_at_fork"):  # who is forked, such as for a GPU, waits for no note
        os.register_at_fork(after_in_child=_as_usual)
    while not told:
        time.sleep(_LOOK_S)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # who presses it twice wants to be out now


def leave(close: Callable[[], None], *, grace_s: float = GRACE_S) -> None:
    """Closes what is open; when that takes too long, ends the process in the middle of it.

    Otherwise it would last as long as the longest run: Python waits for every thread of a pool. In either
    case the process ends before Python takes itself apart: a thread that still computes, such as the
    batcher's, would be thrown out of its C++ library when that wants Python back, and the process aborted
    ("terminate called without an active exception").

    Args:
        close: waits for what still runs.
        grace_s: how long it may, in seconds.
    """
    closing = threading.Thread(target=close, name="closing", daemon=True)
    closing.start()
    closing.join(grace_s)
    if closing.is_alive():
        log.warning("what still runs after %g s is broken off", grace_s)
        _end()
    atexit.register(_end)  # Python has waited for the threads of pools when it calls this


def _end() -> None:
    """Ends the process after what was to be done at its end."""
    atexit.unregister(_end)
    atexit._run_exitfuncs()  # removes temporary files, ends other processes
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(0)


def _as_usual() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
