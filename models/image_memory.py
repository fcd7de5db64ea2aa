"""How an image pipeline is laid out in memory: whole on the GPU, part by part, or layer by layer.

A pure decision with its reason, and the few calls that carry it out on a diffusers pipeline.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from models.host_memory import BUDGET_SHARE

log = logging.getLogger(__name__)

#: Kept free on a GPU for activations and the decoder's buffers, in bytes. A 1024-pixel decode in
#: half precision takes about this much without tiling.
WORKSPACE_BYTES = 3_000_000_000


@dataclass(frozen=True)
class MemoryMode:
    """Where the parts of a pipeline lie while it draws.

    Attributes:
        name: ``resident``, ``model offload`` (a part at a time on the GPU) or
            ``sequential offload`` (a layer at a time; many times slower).
        reason: one sentence with the figures.
        weight_bytes: all parts together, wherever they lie.
        largest_bytes: what lies on the device at once where the parts take turns: the largest one, or
            nothing that lasts where the layers do.
    """

    name: str
    reason: str
    weight_bytes: int
    largest_bytes: int = 0

    @property
    def sentence(self) -> str:
        """The mode and its reason for a person."""
        tiles = ", decoded in tiles" if self.offloads else ""
        return f"{self.name}{tiles} ({self.reason})"

    @property
    def device_bytes(self) -> int:
        """What it keeps on its device: everything, the largest part in turn, or next to nothing."""
        return self.largest_bytes if self.offloads else self.weight_bytes

    @property
    def offloads(self) -> bool:
        """Whether the parts wait outside the GPU."""
        return self.name != "resident"


def memory_mode(weight_bytes: int, largest_bytes: int, free_bytes: int) -> MemoryMode:
    """The fastest mode that fits.

    Args:
        weight_bytes: all parts together, in the dtype they run in.
        largest_bytes: the largest part, mostly the denoiser or a text encoder.
        free_bytes: what the GPU has free now.
    """
    needed = weight_bytes + WORKSPACE_BYTES
    figures = f"{needed / 1e9:.1f} GB needed, {free_bytes / 1e9:.1f} GB free"
    if needed <= free_bytes:
        return MemoryMode("resident", f"everything fits on the GPU: {figures}", weight_bytes)
    part = largest_bytes + WORKSPACE_BYTES
    if part <= free_bytes:
        return MemoryMode(
            "model offload",
            f"the whole does not fit ({figures}), its largest part does ({part / 1e9:.1f} GB)",
            weight_bytes,
            largest_bytes,
        )
    return MemoryMode(
        "sequential offload",
        f"even the largest part does not fit ({part / 1e9:.1f} GB): layer by layer, slow",
        weight_bytes,
    )


def device_need(sizes: Sequence[int], capacity_bytes: int) -> int:
    """Bytes of its device that a pipeline will keep, before it is loaded.

    Args:
        sizes: bytes of each of its parts, in the dtype they run in.
        capacity_bytes: what models may use of the device when it is empty of others.
    """
    whole, largest = sum(sizes), max(sizes, default=0)
    if whole <= capacity_bytes:
        return whole
    return largest if largest + WORKSPACE_BYTES <= capacity_bytes else 0


def cuda_free_bytes(device: str) -> int:
    """Free memory of a CUDA device now."""
    import torch

    return int(torch.cuda.mem_get_info(device)[0])


def cuda_capacity_bytes(device: str) -> int:
    """What models may use of a CUDA device that is empty of others."""
    import torch

    return int(torch.cuda.mem_get_info(device)[1] * BUDGET_SHARE)


def choose(
    sizes: list[int], device: str, free_bytes: Callable[[str], int] = cuda_free_bytes
) -> MemoryMode:
    """The mode for a pipeline on a device.

    Args:
        sizes: bytes of each of its parts.
        device: torch device string.
        free_bytes: asked for a CUDA device only; the seam for tests.
    """
    if not device.startswith("cuda"):
        return MemoryMode(
            "resident", f"{device} has one memory and everything stays in it", sum(sizes)
        )
    mode = memory_mode(sum(sizes), max(sizes, default=0), free_bytes(device))
    log.info("image pipeline: %s, %s", mode.name, mode.reason)
    return mode


def settle(pipe: Any, mode: MemoryMode, device: str) -> None:
    """Moves a pipeline from the CPU to its device in a mode; decodes in tiles where room is short."""
    if not mode.offloads:
        pipe.to(device)
        return
    if getattr(pipe, "vae", None) is not None and hasattr(pipe.vae, "enable_tiling"):
        pipe.vae.enable_tiling()
    if mode.name == "model offload":
        pipe.enable_model_cpu_offload(device=device)
    else:
        pipe.enable_sequential_cpu_offload(device=device)
