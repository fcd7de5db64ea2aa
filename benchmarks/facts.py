"""What a figure was measured on: processor, memory, versions and how busy the machine was."""

from __future__ import annotations

import platform
from importlib.metadata import distributions, version
from pathlib import Path

import psutil

from models.device import usable_cores
from models.machine import nvidia_gpu

PACKAGES = ("torch", "transformers", "gradio", "diffusers")


def machine() -> dict[str, str]:
    """Facts for the results file: no host name, no path."""
    gpu, _ = nvidia_gpu(0)
    return {
        "processor": f"{_processor()}, {usable_cores()} cores",
        **({"gpu": gpu} if gpu else {}),
        "memory": f"{psutil.virtual_memory().total / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES if _here(name)),
    }


def _here(name: str) -> bool:
    return any(distributions(name=name))


def busy_share(look_s: float = 0.3) -> float:
    """How much of the processor others take now: 0 on a quiet machine, 1 where nothing is left.

    The load average would still count the benchmark that ended a moment ago.
    """
    return float(psutil.cpu_percent(look_s)) / 100


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.is_file():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
