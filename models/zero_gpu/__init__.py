"""ZeroGPU Spaces: a GPU that is lent for the length of one call, to a forked process.

What it asks for contradicts lazy loading, so it is a backend of its own, chosen at start by the
environment (docs/decisions/0017-zero-gpu.md):

    device.py     the device that models are placed on, and the fixed set that is built at start
    engines.py    builds that set in the main thread, and stands for it in the registry
    calls.py      one call of an engine's verb, in the process that has the GPU
    flags.py      Stop, seen by that process while it computes
    durations.py  for how long the GPU is asked for
    deltas.py     growing snapshots without sending what was sent before

The page, the registry and the runner are the same as everywhere: an engine that lives on the GPU is
stood for by a ``RemoteEngine``, whose verbs run over there.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Any

VARIABLE = "SPACES_ZERO_GPU"


class ZeroGpuError(RuntimeError):
    """Raised at start when the process is told that it is a ZeroGPU Space and can't be one."""


def wanted(environ: Mapping[str, str] | None = None) -> bool:
    """Whether this process runs on a ZeroGPU Space, read as the ``spaces`` package reads it."""
    found = (os.environ if environ is None else environ).get(VARIABLE, "")
    return found.lower() in {"1", "t", "true"}


def import_spaces() -> Any:
    """The ``spaces`` package, which has to be imported before gradio and torch are.

    Raises:
        ZeroGpuError: when it is not installed.
    """
    try:
        spaces = importlib.import_module("spaces")
    except ImportError as error:
        raise ZeroGpuError(
            f"{VARIABLE} is set, but the package spaces can't be imported: {error}"
        ) from error
    spaces.disable_gradio_auto_wrap()  # handlers only await; the dispatcher alone takes the GPU
    return spaces


def prepare() -> None:
    """Does what has to be done before gradio is imported; nothing where this is no ZeroGPU Space.

    Raises:
        ZeroGpuError: when ``spaces`` is not installed.
    """
    if wanted():
        import_spaces()
