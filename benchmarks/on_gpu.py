"""What needs a CUDA GPU: models as large as the real ones that take turns, their bytes, and crowds.

The weights are random (``gpu_checkpoints``): what a network costs does not depend on them, and what it
draws or writes is the same nonsense on both sides. Files lie in memory where there is room, so that
reading them costs as little as it can.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks import gpu_checkpoints
from benchmarks.generation import together_and_alone
from benchmarks.gpu_rig import (
    CLASSES,
    DEVICE,
    FLUX,
    LOAD_S,
    REHEARSAL,
    TURBO,
    WRITER,
    Cache,
    Model,
    Rig,
    allocated,
    held,
    off,
    peak,
    roomiest,
    wait,
)
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
from models.registry import Registry

TITLE = "On a GPU, with random weights"
_PROMPT, _CLIENTS = "a red car", 32


def measure(effort: Effort) -> Iterator[Row]:
    """All rows; the checkpoints go at the end.

    Raises:
        RuntimeError: where torch sees no CUDA GPU.
    """
    import torch

    if not (REHEARSAL or torch.cuda.is_available()):
        raise RuntimeError("These rows need a CUDA GPU, and torch sees none here.")
    with tempfile.TemporaryDirectory(dir=roomiest()) as folder:
        rig = Rig(Path(folder))
        for model in (FLUX, TURBO, WRITER, CLASSES):
            rig.folder(model)
        yield from crowd(rig, effort)
        yield from prompts(rig, effort)
        yield from turns_of(rig, WRITER, TURBO, effort)
        yield from turns_of(rig, TURBO, FLUX, effort)
        yield beside_a_load(rig)


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
            tokens=effort.of(12, 64), rounds=2, warm=1, floor=times(5),
        )  # fmt: skip
    registry.close()


# ---- taking turns ---------------------------------------------------------------------------


def turns_of(rig: Rig, small: Model, large: Model, effort: Effort) -> Iterator[Row]:
    """Two models with room for the larger one alone: what is charged, coming back, and a picture."""
    room = 1.05 * max(gpu_checkpoints.weight_bytes(rig.folder(model)) for model in (small, large))
    registry, before = rig.registry(int(room)), allocated()

    def back(model: Model) -> Sample:
        """Seconds until the model is there, the other one leaving for it."""
        began = time.perf_counter()
        claim = registry.claim(model.spec)
        claim.future.result(LOAD_S)
        claim.release()
        return Sample(time.perf_counter() - began)

    first = back(large).value
    yield alone(
        f"{large.title}: charged, of what torch has allocated", rounds=1, warm=0, unit="% off",
        round=lambda: Sample(off(registry.charged_bytes(), allocated() - before)),
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
            wait()
            return Sample(time.perf_counter() - began, drawing.pictures[0].image.tobytes())

        def bare() -> Sample:
            began = time.perf_counter()
            found = pipe(
                _PROMPT, width=size, height=size, num_inference_steps=steps, guidance_scale=0.0,
                generator=torch.Generator("cpu").manual_seed(1),
                **({} if turbo else {"max_sequence_length": 256}),
            ).images[0]  # fmt: skip
            wait()
            return Sample(time.perf_counter() - began, found.tobytes())

        yield versus(
            f"{model.title}: {size} x {size} in {steps} step{'s' * (steps > 1)}",
            Side("models.image_engine, with previews", ours), Side("the bare pipeline", bare), unit="s",
            rounds=effort.of(3, 5),
        )  # fmt: skip
        if not REHEARSAL:
            yield alone(
                f"{model.title}: memory for a picture of {size} x {size} beside the weights",
                lambda: Sample(peak(ours) / 1e9),
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
