"""What needs a CUDA GPU: models as large as the real ones that take turns, their bytes, and crowds.

The weights are random (``gpu_checkpoints``): what a network costs does not depend on them, and what it
draws or writes is the same nonsense on both sides. Files lie in memory where there is room, so that
reading them costs as little as it can.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import gpu_checkpoints
from benchmarks.generation import together_and_alone
from benchmarks.harness import (
    Disagree,
    Effort,
    Row,
    Sample,
    Side,
    alone,
    at_most,
    percentile,
    times,
    versus,
)
from models.device import TorchDevice
from models.hub.desk import HubDesk
from models.loading import ModelSpec
from models.registry import Registry
from models.sources import ModelBuilder
from models.spec import ModelCard

TITLE = "On a GPU, with random weights"
#: A rehearsal where there is no GPU: tiny networks on the CPU, and figures that say nothing.
REHEARSAL = bool(os.environ.get("BENCH_REHEARSAL"))
DEVICE = "cpu" if REHEARSAL else "cuda:0"
#: Bytes that all files together take.
_FILES = 45_000_000_000
#: How long a load may take, in seconds.
_LOAD_S = 240.0
_PROMPT, _CLIENTS = "a red car", 32


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


def measure(effort: Effort) -> Iterator[Row]:
    """All rows; the checkpoints go at the end.

    Raises:
        RuntimeError: where torch sees no CUDA GPU.
    """
    import torch

    if not (REHEARSAL or torch.cuda.is_available()):
        raise RuntimeError("These rows need a CUDA GPU, and torch sees none here.")
    with tempfile.TemporaryDirectory(dir=_roomiest()) as folder:
        rig = Rig(Path(folder))
        for model in (FLUX, TURBO, WRITER, CLASSES):
            rig.folder(model)
        yield from crowd(rig, effort)
        yield from prompts(rig, effort)
        yield from turns_of(rig, WRITER, TURBO, effort)
        yield from turns_of(rig, TURBO, FLUX, effort)
        yield beside_a_load(rig)


@contextmanager
def held(registry: Registry, model: Model) -> Iterator[Any]:
    """Its engine, once it is loaded."""
    claim = registry.claim(model.spec)
    claim.future.result(_LOAD_S)
    with claim as engine:
        yield engine


# ---- crowds ---------------------------------------------------------------------------------


def crowd(rig: Rig, effort: Effort) -> Iterator[Row]:
    """32 clients that classify texts of some 64 tokens."""
    import torch
    from transformers import pipeline

    registry = rig.registry(10_000_000_000)
    texts = [f"{number:03d} {'a good film ' * 5}" for number in range(_CLIENTS * effort.of(8, 32))]
    peer = pipeline(
        "text-classification", model=str(rig.folder(CLASSES)), device=DEVICE, dtype=torch.bfloat16
    )
    with held(registry, CLASSES) as engine:

        def ours(text: str) -> float:
            *_, found = engine.score(text)
            return float(found.scores[0].score)

        def theirs(text: str) -> float:
            return float(peer(text)[0]["score"])

        many = partial(_threads, texts)
        for name, rival in (
            ("a thread a request", Side("pipeline(), a thread a request", partial(many, theirs))),
            ("one after the other", Side("pipeline(), one after the other",
                                         lambda: _in_turn(texts[:_CLIENTS], theirs))),
        ):  # fmt: skip
            yield versus(
                f"{_CLIENTS} clients, 64 tokens, {CLASSES.title} bfloat16, against {name}",
                Side("models.sentiment", partial(many, ours)), rival, unit="texts/s",
                rounds=effort.of(3, 5), higher_is_better=True,
                same=_alike if "thread" in name else None, floor=times(2.2),
            )  # fmt: skip
    registry.close()


def _threads(texts: list[str], classify: Callable[[str], float]) -> Sample:
    began = time.perf_counter()
    with ThreadPoolExecutor(_CLIENTS) as pool:
        found = list(pool.map(classify, texts))
    return Sample(len(texts) / (time.perf_counter() - began), found)


def _in_turn(texts: list[str], classify: Callable[[str], float]) -> Sample:
    began = time.perf_counter()
    found = [classify(text) for text in texts]
    return Sample(len(texts) / (time.perf_counter() - began), found)


def _alike(ours: list[float], theirs: list[float]) -> str:
    """Scores in bfloat16, whose sums depend on the number of rows."""
    gap = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
    if not gap < 0.02:
        raise Disagree(f"largest difference {gap:.2g}")
    return f"within {gap:.1g}"


def prompts(rig: Rig, effort: Effort) -> Iterator[Row]:
    """Sixteen prompts at once."""
    registry = rig.registry(10_000_000_000)
    with held(registry, WRITER) as engine:
        yield together_and_alone(
            engine.generator, f"16 prompts at once, {WRITER.title} bfloat16",
            tokens=effort.of(12, 64), rounds=2, warm=1, least_equal=0, floor=times(5),
        )  # fmt: skip
    registry.close()


# ---- taking turns ---------------------------------------------------------------------------


def turns_of(rig: Rig, small: Model, large: Model, effort: Effort) -> Iterator[Row]:
    """Two models with room for the larger one alone: what is charged, coming back, and a picture."""
    room = 1.05 * max(gpu_checkpoints.weight_bytes(rig.folder(model)) for model in (small, large))
    registry, before = rig.registry(int(room)), _allocated()

    def back(model: Model) -> Sample:
        """Seconds until the model is there, the other one leaving for it."""
        began = time.perf_counter()
        claim = registry.claim(model.spec)
        claim.future.result(_LOAD_S)
        claim.release()
        return Sample(time.perf_counter() - began)

    first = back(large).value
    yield alone(
        f"{large.title}: charged, of what torch has allocated", rounds=1, warm=0, unit="% off",
        round=lambda: Sample(_off(registry.charged_bytes(), _allocated() - before)),
        floor=at_most(2, "% off"), note=f"its first load took {first:.1f} s",
    )  # fmt: skip
    if large.capability == "image_generation":
        yield from pictures(registry, large, effort)
    back(small)

    def again() -> Sample:
        there = back(large)
        back(small)
        return there

    cache = Cache(rig.folder(large))
    yield versus(
        f"{large.title}: back on the GPU while {small.title} leaves",
        Side("models.registry", again), Side("from_pretrained in a cache of one", cache.load),
        unit="s", rounds=effort.of(2, 4), same=None, floor=times(3),
        note="files in memory; the peer's GPU is empty, ours has the other model to move out first",
    )  # fmt: skip
    registry.close()


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
        _wait()
        spent = time.perf_counter() - began
        del made
        gc.collect()
        if not REHEARSAL:
            torch.cuda.empty_cache()
        return Sample(spent)


def pictures(registry: Registry, model: Model, effort: Effort) -> Iterator[Row]:
    """One picture as the app draws it and as the bare pipeline does; and what it works in."""
    import torch

    turbo = model is TURBO
    steps, size = (1, 512) if turbo or REHEARSAL else (4, 1024)
    with held(registry, model) as engine:
        pipe = engine._pipe

        def ours() -> Sample:
            began = time.perf_counter()
            *_, drawing = engine.draw(
                _PROMPT,
                width=size,
                height=size,
                steps=steps,
                guidance=0.0 if turbo else None,
                seed=1,
            )
            _wait()
            return Sample(time.perf_counter() - began, drawing.pictures[0].image.tobytes())

        def bare() -> Sample:
            began = time.perf_counter()
            found = pipe(
                _PROMPT, width=size, height=size, num_inference_steps=steps, guidance_scale=0.0,
                generator=torch.Generator("cpu").manual_seed(1),
                **({} if turbo else {"max_sequence_length": 256}),
            ).images[0]  # fmt: skip
            _wait()
            return Sample(time.perf_counter() - began, found.tobytes())

        yield versus(
            f"{model.title}: {size} x {size} in {steps} step{'s' * (steps > 1)}",
            Side("models.image_engine, with previews", ours), Side("the bare pipeline", bare), unit="s",
            rounds=effort.of(3, 5),
        )  # fmt: skip
        if not REHEARSAL:
            yield alone(
                f"{model.title}: memory for a picture of {size} x {size} beside the weights",
                lambda: Sample(_peak(ours) / 1e9),
                unit="GB",
                rounds=1,
                warm=0,
                floor=at_most(3, "GB"),
                note="3 GB is what placement keeps free for it",
            )


def beside_a_load(rig: Rig) -> Row:
    """One model's answers while the largest one is read from its files."""
    registry = rig.registry(60_000_000_000)
    with held(registry, CLASSES) as engine:

        def spans(until: Callable[[], bool]) -> list[float]:
            found: list[float] = []
            while not until() or len(found) < 50:
                began = time.perf_counter()
                list(engine.score("a good film"))
                found.append(time.perf_counter() - began)
                threading.Event().wait(0.005)
            return found

        def round() -> Sample:
            quiet = spans(lambda: True)
            claim = registry.claim(FLUX.spec)
            busy = spans(claim.future.done)
            claim.future.result()
            claim.release()
            return Sample(percentile(busy, 99) / percentile(quiet, 99))

        row = alone(
            f"p99 of {CLASSES.title} while {FLUX.title} loads, over idle p99", round, unit="times",
            rounds=1, warm=0, floor=at_most(2, "times"),
        )  # fmt: skip
    registry.close()
    return row


# ---- memory ---------------------------------------------------------------------------------


def _roomiest() -> str:
    """Memory that looks like a folder where all files fit twice, else the usual place."""
    shared = "/dev/shm"  # noqa: S108 - a folder of random name is made there
    fits = os.path.isdir(shared) and shutil.disk_usage(shared).free > 2 * _FILES
    return shared if fits else tempfile.gettempdir()


def _off(charged: int, real: int) -> float:
    """How far the ledger is from what was allocated, in percent."""
    return abs(charged - real) / real * 100 if real else 0.0


def _allocated() -> int:
    if REHEARSAL:
        return 0
    import torch

    return int(torch.cuda.memory_allocated(DEVICE))


def _wait() -> None:
    if not REHEARSAL:
        import torch

        torch.cuda.synchronize(DEVICE)


def _peak(work: Callable[[], object]) -> int:
    import torch

    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(DEVICE)
    before = _allocated()
    work()
    return int(torch.cuda.max_memory_allocated(DEVICE)) - before
