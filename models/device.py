"""Which device and dtype a model gets, how much memory there is, and what running out looks like.

Every choice comes back with its reason. The ``Device`` protocol is the seam through which tests put
a fake device with a memory limit; nothing here imports torch before a device is really probed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from models import allocator
from models.errors import AppError, NoRoom
from models.host_memory import (
    BUDGET_SHARE,
    PARK_SHARE,
    HostMemory,
    available_memory_bytes,
    process_memory_bytes,
)
from models.peaks import CudaGauge, Gauge
from models.spec import CPU_ENGINES, Engine, ModelCard, Placement

log = logging.getLogger(__name__)

#: What libraries say when memory runs out and no class of error tells: torch's allocator of the CPU, CUDA
#: itself (also through CTranslate2) and Metal, cuBLAS and cuDNN, C++, onnxruntime.
_RAN_OUT = (
    "DefaultCPUAllocator: can't allocate memory", "out of memory", "_STATUS_ALLOC_FAILED", "bad_alloc",
    "Failed to allocate memory",
)  # fmt: skip
DTYPE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


class Device(Protocol):
    """What the registry needs to know of a device.

    Attributes:
        name: torch device string.
    """

    name: str

    @property
    def exact(self) -> bool:
        """Whether ``used_bytes`` counts tensors, rather than whatever the process takes."""
        ...

    @property
    def label(self) -> str:
        """Human name, such as ``CPU, 2 cores``."""
        ...

    def budget_bytes(self) -> int:
        """Bytes that models may use; read once, at the first load."""
        ...

    def host_budget_bytes(self) -> int:
        """Bytes that models whose runtime knows the CPU only may use beside the device."""
        ...

    def host_free_bytes(self) -> int:
        """Bytes of host memory that are free now."""
        ...

    def park_budget_bytes(self) -> int:
        """Bytes of host memory for parked copies; 0 where parking gains nothing."""
        ...

    def beside_runs(self) -> AbstractContextManager[None]:
        """What is copied to the device in the block does not hold up what it computes meanwhile."""
        ...

    def park(self, engine: Engine) -> bool:
        """Moves an idle engine's tensors into host memory; False when it can't be done."""
        ...

    def gauge(self, memory: str) -> Gauge | None:
        """The high-water mark of a memory, by its torch device string; None where there is none."""
        ...

    def unpark(self, engine: Engine) -> None:
        """Moves a parked engine's tensors back onto the device; the copy in host memory stays."""
        ...

    def forget_copy(self, engine: Engine) -> None:
        """Gives back the host memory of an engine that came back."""
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
class TorchDevice(HostMemory):
    """A device of the torch that is installed here. ``name`` is ``cpu``, ``cuda:N`` or ``mps``."""

    name: str
    reason: str

    @property
    def label(self) -> str:
        """Human name; asks CUDA for the card's name only when the device is a CUDA one."""
        if self.name == "cpu":
            return _cpu()
        if self.name.startswith("cuda"):
            return str(_torch().cuda.get_device_name(self.name))
        return "Apple GPU (MPS)"

    def budget_bytes(self) -> int:
        """``BUDGET_SHARE`` of what is free now."""
        if self.name.startswith("cuda"):
            free, _ = _torch().cuda.mem_get_info(self.name)
            return int(free * BUDGET_SHARE)
        return int(available_memory_bytes() * BUDGET_SHARE)

    @property
    def exact(self) -> bool:
        """GPUs count what is allocated; on a CPU there is only the process's resident memory."""
        return self.name != "cpu"

    def gauge(self, memory: str) -> Gauge | None:
        """CUDA's own for a GPU; see ``HostMemory`` for the CPU."""
        return CudaGauge(memory) if memory.startswith("cuda") else super().gauge(memory)

    def park_budget_bytes(self) -> int:
        """``PARK_SHARE`` of the host's free memory for CUDA; Metal shares its memory with the CPU."""
        return int(available_memory_bytes() * PARK_SHARE) if self.name.startswith("cuda") else 0

    @contextmanager
    def beside_runs(self) -> Iterator[None]:
        """On CUDA a stream of its own, waited for at the end: runs compute on the usual one."""
        if not self.name.startswith("cuda"):
            yield
            return
        stream = _second_stream(self.name)
        with _torch().cuda.stream(stream):
            yield
            stream.synchronize()

    def park(self, engine: Engine) -> bool:
        """See ``models.parking.park``; running out of pinned memory means that it can't be done."""
        from models.parking import park

        try:
            with self.beside_runs():
                return park(engine, self.name)
        except (RuntimeError, MemoryError) as error:
            log.warning("could not park an engine: %s", error)
            return False

    def unpark(self, engine: Engine) -> None:
        """See ``models.parking.unpark``."""
        from models.parking import unpark

        with self.beside_runs():
            unpark(engine, self.name)

    def forget_copy(self, engine: Engine) -> None:
        """See ``models.parking.forget_copy``."""
        from models.parking import forget_copy

        forget_copy(engine)

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
        """torch's own error class, and the words of others; see ``ran_out``."""
        return isinstance(error, _torch().OutOfMemoryError) or ran_out(error)

    def release_cached(self) -> None:
        """Empties CUDA's or Metal's caching allocator; on Linux also the C library's."""
        if self.name.startswith("cuda"):
            _torch().cuda.empty_cache()
        elif self.name == "mps":
            _torch().mps.empty_cache()
        allocator.trim()

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
    return _cpu(), reason


def _cpu() -> str:
    return "CPU, 1 core" if usable_cores() == 1 else f"CPU, {usable_cores()} cores"


def has_gpu(requested: str) -> bool:
    """Whether a GPU will be used, judged without importing torch."""
    if requested == "auto":
        return any(Path("/dev").glob("nvidia[0-9]*"))
    return requested != "cpu"


def usable_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ran_out(error: BaseException) -> bool:
    """Whether an error means that memory did not suffice, by its class or words; asks no library."""
    if isinstance(error, MemoryError):
        return True
    foreign = isinstance(error, RuntimeError) or type(error).__module__.startswith("onnxruntime")
    return foreign and any(words in str(error) for words in _RAN_OUT)


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


@cache
def _second_stream(device: str) -> Any:
    """The CUDA stream of what is copied beside the runs; one, since its memory is used again by it alone."""
    return _torch().cuda.Stream(device)


@cache
def _torch() -> Any:
    import torch

    return torch
