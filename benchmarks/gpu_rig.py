"""The models of ``benchmarks.on_gpu``, a registry around them, and what the GPU's memory holds."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import gpu_checkpoints
from benchmarks.harness import Sample
from models.device import TorchDevice
from models.hub.desk import HubDesk
from models.loading import ModelSpec
from models.registry import Registry
from models.sources import ModelBuilder
from models.spec import ModelCard

#: A rehearsal where there is no GPU: tiny networks on the CPU, and figures that say nothing.
REHEARSAL = bool(os.environ.get("BENCH_REHEARSAL"))
DEVICE = "cpu" if REHEARSAL else "cuda:0"
#: Bytes that all files together take.
_FILES = 45_000_000_000
#: How long a load may take, in seconds.
LOAD_S = 240.0


@dataclass(frozen=True)
class Model:
    """One that takes turns with another.

    Attributes:
        name: of its folder, and as a row names it.
        capability: whose engine it has.
        engine: key of the loader.
        title: with its size, for the table.
        make: writes its checkpoint.
    """

    name: str
    capability: str
    engine: str
    title: str
    make: Callable[..., Path]

    @property
    def spec(self) -> ModelSpec:
        """What the registry is asked for."""
        name, bfloat16 = f"local/{self.name}", {"dtype": "bfloat16"}
        return ModelSpec(
            ModelCard(name, self.capability, self.engine, self.title, defaults={**bfloat16})
        )


WRITER = Model(
    "writer", "text_generation", "causal", "1.5B language model", gpu_checkpoints.language_model
)
TURBO = Model(
    "turbo", "image_generation", "diffusers", "SDXL-Turbo-sized, 6.9 GB", gpu_checkpoints.sdxl_turbo
)
FLUX = Model(
    "flux", "image_generation", "diffusers", "FLUX-sized, 33.7 GB", gpu_checkpoints.flux_schnell
)
CLASSES = Model("classes", "sentiment", "transformers", "BERT base", gpu_checkpoints.classifier)


class Roomy(TorchDevice):
    """A GPU beside as much host memory as the largest copies need."""

    def park_budget_bytes(self) -> int:
        """Beyond the usual share, which this machine's size decides."""
        return 0 if REHEARSAL else 60_000_000_000


class Rig:
    """A registry over random checkpoints of one folder."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self._folders = {f"local/{m.name}": base / m.name for m in (WRITER, TURBO, FLUX, CLASSES)}

    def folder(self, model: Model) -> Path:
        """Its checkpoint."""
        where = self._folders[f"local/{model.name}"]
        if not where.exists():
            began = time.perf_counter()
            where.mkdir(parents=True)
            model.make(where, DEVICE, tiny=REHEARSAL)
            size = gpu_checkpoints.weight_bytes(where) / 1e9
            print(f"   made {model.title}: {size:.2f} GB in {time.perf_counter() - began:.0f} s")
        return where

    def registry(self, budget_bytes: int) -> Registry:
        """One of so many bytes."""
        builder = ModelBuilder(self.base / "cache", self._folders, HubDesk(offline=True))
        device = Roomy(DEVICE, "the benchmark's")
        return Registry(builder, lambda: device, budget_bytes=budget_bytes)


@contextmanager
def held(registry: Registry, model: Model) -> Iterator[Any]:
    """Its engine, once it is loaded."""
    claim = registry.claim(model.spec)
    claim.future.result(LOAD_S)
    with claim as engine:
        yield engine


class Cache:
    """A count cache of one: what was there goes, then the wanted one is read from its files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self) -> Sample:
        """Seconds until the pipeline or model is on the GPU."""
        import torch
        from diffusers import DiffusionPipeline
        from transformers import AutoModelForCausalLM

        index = (self._folder / "model_index.json").exists()
        kind: Any = DiffusionPipeline if index else AutoModelForCausalLM
        began = time.perf_counter()
        made = kind.from_pretrained(self._folder, dtype=torch.bfloat16).to(DEVICE)
        wait()
        spent = time.perf_counter() - began
        del made
        gc.collect()
        if not REHEARSAL:
            torch.cuda.empty_cache()
        return Sample(spent)


def roomiest() -> str:
    """Memory that looks like a folder where all files fit twice, else the usual place."""
    shared = "/dev/shm"  # noqa: S108 - a folder of random name is made there
    fits = os.path.isdir(shared) and shutil.disk_usage(shared).free > 2 * _FILES
    return shared if fits else tempfile.gettempdir()


def off(charged: int, real: int) -> float:
    """How far the ledger is from what was allocated, in percent."""
    return abs(charged - real) / real * 100 if real else 0.0


def allocated() -> int:
    """Bytes that torch has allocated."""
    if REHEARSAL:
        return 0
    import torch

    return int(torch.cuda.memory_allocated(DEVICE))


def wait() -> None:
    """Until the GPU has done what it was given."""
    if not REHEARSAL:
        import torch

        torch.cuda.synchronize(DEVICE)


def peak(work: Callable[[], object]) -> int:
    """Bytes that a piece of work takes beyond what was taken before it."""
    import torch

    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(DEVICE)
    before = allocated()
    work()
    return int(torch.cuda.max_memory_allocated(DEVICE)) - before
