"""Which device and dtype a model gets, how much memory there is, and what running out looks like.

Every choice comes back with its reason. The ``Device`` protocol is the seam through which tests put
a fake device with a memory limit; nothing here imports torch before a device is really probed.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from models.errors import AppError, NoRoom
from models.spec import CPU_ENGINES, ModelCard, Placement

log = logging.getLogger(__name__)

#: Share of the memory that is free at the first load which models may use; the rest is for
#: activations, the page and the operating system.
BUDGET_SHARE = 0.7
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_CGROUP_USED = ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes")
DTYPE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


class Device(Protocol):
    """What the registry needs to know of a device.

    Attributes:
        name: torch device string.
    """

    name: str

    @property
    def label(self) -> str:
        """Human name, such as ``CPU, 2 cores``."""
        ...

    def budget_bytes(self) -> int:
        """Bytes that models may use; read once, at the first load."""
        ...

    def used_bytes(self) -> int:
        """Bytes that this process takes on the device now, as measured."""
        ...

    def place(self, card: ModelCard) -> Placement:
        """Device, dtype and reason for one model."""
        ...

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether the error means that this device's memory did not suffice."""
        ...

    def release_cached(self) -> None:
        """Hands cached, unused memory back; slow, so only off the hot path."""
        ...


@dataclass
class TorchDevice:
    """A device of the torch that is installed here. ``name`` is ``cpu``, ``cuda:N`` or ``mps``."""

    name: str
    reason: str

    @property
    def label(self) -> str:
        """Human name; asks CUDA for the card's name only when the device is a CUDA one."""
        if self.name == "cpu":
            return f"CPU, {usable_cores()} cores"
        if self.name.startswith("cuda"):
            return str(_torch().cuda.get_device_name(self.name))
        return "Apple GPU (MPS)"

    def budget_bytes(self) -> int:
        """``BUDGET_SHARE`` of what is free now."""
        if self.name.startswith("cuda"):
            free, _ = _torch().cuda.mem_get_info(self.name)
            return int(free * BUDGET_SHARE)
        return int(available_memory_bytes() * BUDGET_SHARE)

    def used_bytes(self) -> int:
        """Allocated tensors on a GPU; resident memory of the process on a CPU."""
        if self.name.startswith("cuda"):
            return int(_torch().cuda.memory_allocated(self.name))
        if self.name == "mps":
            return int(_torch().mps.current_allocated_memory())
        return process_memory_bytes()

    def place(self, card: ModelCard) -> Placement:
        """The card's own dtype where it names one, else the fastest that the device does well."""
        if card.engine in CPU_ENGINES:
            return Placement("cpu", CPU_ENGINES[card.engine], f"{card.engine} runs on the CPU only")
        wanted = str(card.defaults.get("dtype", ""))
        if self.name == "cpu":
            dtype = wanted if wanted in ("float32", "bfloat16") else "float32"
            why = "as the model asks" if dtype == wanted else "the precision every CPU computes in"
        else:
            best = "bfloat16" if self._has_bfloat16() else "float16"
            dtype = wanted if wanted in DTYPE_BYTES else best
            why = "as the model asks" if dtype == wanted else "half the memory at full range"
        return Placement(self.name, dtype, f"{self.reason}; {dtype}: {why}")

    def is_out_of_memory(self, error: BaseException) -> bool:
        """CUDA's own error class, and the CPU allocator's words for the same."""
        if isinstance(error, (MemoryError, _torch().OutOfMemoryError)):
            return True
        return "DefaultCPUAllocator: can't allocate memory" in str(error)

    def release_cached(self) -> None:
        """Empties CUDA's or Metal's caching allocator; nothing to do on a CPU."""
        if self.name.startswith("cuda"):
            _torch().cuda.empty_cache()
        elif self.name == "mps":
            _torch().mps.empty_cache()

    def _has_bfloat16(self) -> bool:
        return self.name == "mps" or bool(_torch().cuda.is_bf16_supported())


def choose_device(requested: str) -> TorchDevice:
    """The device for this process, with the reason.

    Args:
        requested: ``auto`` or a torch device string from the command line.

    Raises:
        NoRoom: when a device was asked for by name and is not here. Never another one instead.
    """
    torch = _torch()
    if requested == "auto":
        if torch.cuda.is_available():
            return TorchDevice("cuda:0", "a CUDA GPU is here")
        if torch.backends.mps.is_available():
            return TorchDevice("mps", "an Apple GPU is here")
        return TorchDevice("cpu", "no GPU found")
    name = "cuda:0" if requested == "cuda" else requested
    if name.startswith("cuda") and int(name[5:]) >= torch.cuda.device_count():
        raise NoRoom(
            f"Device {requested} was asked for, but torch sees {torch.cuda.device_count()} CUDA GPUs.",
            hint="Start with --device auto or --device cpu.",
        )
    if name == "mps" and not torch.backends.mps.is_available():
        raise NoRoom(
            "Device mps was asked for, but torch sees no Apple GPU.", hint="Use --device cpu."
        )
    return TorchDevice(name, "asked for on the command line")


def glimpse(requested: str) -> tuple[str, str]:
    """A guess at the device without importing torch, for the first page: (label, reason)."""
    if requested not in ("auto", "cpu"):
        return requested, "asked for on the command line"
    if has_gpu(requested):
        return "CUDA GPU", "an NVIDIA device is here"
    reason = "asked for on the command line" if requested == "cpu" else "no GPU found"
    return f"CPU, {usable_cores()} cores", reason


def has_gpu(requested: str) -> bool:
    """Whether a GPU will be used, judged without importing torch."""
    if requested == "auto":
        return any(Path("/dev").glob("nvidia[0-9]*"))
    return requested != "cpu"


def usable_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_memory_bytes() -> int:
    """Free memory of the machine or of the control group, whichever is less."""
    import psutil

    free = int(psutil.virtual_memory().available)
    limit, used = _first_number(_CGROUP_LIMITS), _first_number(_CGROUP_USED)
    return min(free, limit - used) if limit is not None and used is not None else free


def process_memory_bytes() -> int:
    """Resident memory of this process."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def tensor_bytes(*modules: Any) -> int:
    """Bytes of the parameters and buffers of torch modules, shared storage counted once."""
    seen: dict[int, int] = {}
    for module in modules:
        for tensor in (*module.parameters(), *module.buffers()):
            seen[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
    return sum(seen.values())


def explain_out_of_memory(title: str, needed_bytes: int, device: str) -> AppError:
    """The error for a visitor when a model or run did not fit after every retry."""
    return NoRoom(
        f"{title} needs about {needed_bytes / 1e9:.1f} GB, which {device} does not have free.",
        hint="Unload another model, choose a smaller one, or try again in a moment.",
    )


def _first_number(paths: tuple[str, ...]) -> int | None:
    for path in paths:
        try:
            text = Path(path).read_text().strip()
        except OSError:
            continue
        return int(text) if text.isdigit() else None
    return None


@cache
def _torch() -> Any:
    import torch

    return torch
