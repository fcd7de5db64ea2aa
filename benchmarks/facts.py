"""What a figure was measured on: processor, memory, versions and how busy the machine was."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psutil

from models.device import usable_cores

PACKAGES = ("torch", "transformers", "gradio", "diffusers")


def machine() -> dict[str, str]:
    """Facts for the results file: no host name, no path."""
    return {
        "processor": f"{_processor()}, {usable_cores()} cores",
        "memory": f"{psutil.virtual_memory().total / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def load_before() -> float:
    """Processes that wanted the processor in the last minute, on average: 0 on a quiet machine."""
    return os.getloadavg()[0]


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.is_file():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
