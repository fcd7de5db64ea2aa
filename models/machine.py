"""What this machine can take, known before torch is imported: for recommendations and first estimates."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

from models.catalog_file import TIER_BYTES, TIERS
from models.device import Device, glimpse, has_gpu
from models.host_memory import BUDGET_SHARE, available_memory_bytes
from models.spec import ModelCard
from models.units import size

log = logging.getLogger(__name__)

#: A card sold as "8 GB" may report a little less.
_NEARLY = 0.9
#: How long nvidia-smi may take, in seconds.
_ASK_S = 5.0


@dataclass(frozen=True)
class Machine:
    """The device that models run on, as far as it is known.

    Attributes:
        label: its name for a person.
        budget_bytes: what models may use; 0 when that is not known yet.
        has_gpu: whether it is a GPU.
        dtype: torch dtype name that most models are read in.
    """

    label: str
    budget_bytes: int
    has_gpu: bool
    dtype: str

    @property
    def tier(self) -> str:
        """The hardware tier whose models it takes: ``cpu``, or by what models may use of its memory."""
        if not self.has_gpu:
            return "cpu"
        if not self.budget_bytes:
            return "8gb"
        memory = self.budget_bytes / BUDGET_SHARE
        return max(
            (tier for tier, least in TIER_BYTES.items() if memory >= least * _NEARLY),
            key=TIERS.index, default="cpu",
        )  # fmt: skip

    @property
    def room(self) -> str:
        """What models may use, as words: ``5.2 GB that models may use on CPU, 2 cores``."""
        return f"{size(self.budget_bytes)} that models may use on {self.label}"


def machine_of(device: Device | None, requested: str, budget_bytes: int | None) -> Machine:
    """The machine: as the device tells once it was chosen, else by a glimpse.

    Args:
        device: what the registry builds on; None before the first load.
        requested: ``auto`` or a torch device string from the command line.
        budget_bytes: what models may use, once that is known.
    """
    if device is None or not budget_bytes:
        return glimpse_machine(requested, budget_bytes)
    dtype = device.place(ModelCard("any/model", "sentiment", "transformers", "")).dtype
    return Machine(device.label, budget_bytes, device.name != "cpu", dtype)


def glimpse_machine(device: str, budget_bytes: int | None = None) -> Machine:
    """The machine by what the operating system tells.

    Args:
        device: ``auto`` or a torch device string.
        budget_bytes: what models may use, where somebody said so.
    """
    label = glimpse(device)[0]
    if not has_gpu(device):
        free = int(available_memory_bytes() * BUDGET_SHARE)
        return Machine(label, budget_bytes or free, has_gpu=False, dtype="float32")
    if device == "mps":
        shared = int(available_memory_bytes() * BUDGET_SHARE)
        return Machine("Apple GPU (MPS)", budget_bytes or shared, has_gpu=True, dtype="bfloat16")
    name, memory = nvidia_gpu(_number(device))
    budget = budget_bytes or int(memory * BUDGET_SHARE)
    return Machine(name or label, budget, has_gpu=True, dtype="bfloat16")


@cache
def nvidia_gpu(number: int) -> tuple[str, int]:
    """Name and bytes of an NVIDIA GPU as its driver's own tool tells; empty and 0 where it does not.

    Args:
        number: as torch counts, which leaves out what ``CUDA_VISIBLE_DEVICES`` hides.
    """
    tool = shutil.which("nvidia-smi")
    shown = [v for v in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if v.strip()]
    which = shown[number].strip() if number < len(shown) else str(number)
    if tool is None:
        return "", 0
    asked = ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits", f"--id={which}"]
    try:
        done = subprocess.run(  # noqa: S603 - the driver's own tool, and no shell
            [tool, *asked], capture_output=True, text=True, timeout=_ASK_S, check=True
        )
        name, _, mebibytes = done.stdout.strip().splitlines()[0].rpartition(",")
        return name.strip(), int(mebibytes) << 20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        log.warning("nvidia-smi does not tell the GPU's memory: %s", error)
        return "", 0


def _number(device: str) -> int:
    digits = device.removeprefix("cuda:")
    return int(digits) if digits.isdigit() else 0
