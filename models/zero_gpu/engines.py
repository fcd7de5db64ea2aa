"""The engines of a ZeroGPU Space: built in the main thread, called in forked processes."""

from __future__ import annotations

import inspect
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any, cast

from models.errors import AppError, Busy, ModelUnsupported
from models.lending import over
from models.loading import Builder, ModelSpec, Report
from models.registry import BUILD_LOCK, Registry
from models.spec import Engine, ModelCard, Placement, Weights
from models.stop import NEVER, StopToken
from models.variant_memory import Beside
from models.zero_gpu import ZeroGpuError
from models.zero_gpu.calls import ENGINES, Began, Call, Dispatch, Failed, Key, Mark, duration, run
from models.zero_gpu.deltas import Receiver
from models.zero_gpu.device import ZeroDevice, needs_gpu
from models.zero_gpu.flags import shared

log = logging.getLogger(__name__)


class RemoteEngine:
    """Stands for an engine whose verbs run where the GPU is; everything else is read from it here.

    Args:
        key: capability and model id.
        engine: the engine in this process: its plain attributes are true, its tensors can't be used.
        dispatch: ``models.zero_gpu.calls.run``, decorated by ``spaces.GPU``.
        card: whose kind of engine it is, where that is put over the one of ``key``.
    """

    reentrant = True  # each worker has an engine of its own

    def __init__(
        self, key: Key, engine: Engine, dispatch: Dispatch, card: ModelCard | None = None
    ) -> None:
        self._key, self._engine, self._dispatch, self._card = key, engine, dispatch, card
        self.memory_bytes = engine.memory_bytes

    def over(self, card: ModelCard) -> RemoteEngine:
        """See ``models.lending.over``: what it says of itself is read here, its verbs run over there."""
        return RemoteEngine(self._key, over(self._engine, card), self._dispatch, card)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._engine, name)
        return partial(self._call, name) if inspect.ismethod(found) else found

    def _call(self, verb: str, *args: Any, **kwargs: Any) -> Any:
        """A verb's result, or the iterator of its snapshots, as the engine itself would give it."""
        given = [*args, *kwargs.values()]
        stop = next((value for value in given if isinstance(value, StopToken)), NEVER)
        named = {k: _marked(v) for k, v in kwargs.items()}
        call = Call(self._key, verb, tuple(map(_marked, args)), named, card=self._card)
        answers = self._answers(call, stop)
        began = cast(Began, next(answers))
        if began.streams:
            return answers
        result = next(answers)
        for _ in answers:  # to its end, so that the worker is free
            pass
        return result

    def _answers(self, call: Call, stop: StopToken) -> Iterator[Any]:
        """``Began``, then whole snapshots; closing it ends the run over there."""
        receiver = Receiver()
        with (
            shared(stop) as slot,
            closing(cast(Any, self._dispatch(replace(call, slot=slot)))) as answers,
        ):
            try:
                for answer in answers:
                    if isinstance(answer, Failed):
                        raise answer.error
                    yield answer if isinstance(answer, Began) else receiver.unpack(answer)
            except AppError:
                raise
            except Exception as error:
                raise _explained(error, call) from error


def _marked(value: Any) -> Any:
    return Mark.STOP if isinstance(value, StopToken) else value


def _explained(error: Exception, call: Call) -> Exception:
    """An error of the ``spaces`` package, whose class is the page library's, in our words.

    Anything else is returned as it is.
    """
    title, text = str(getattr(error, "title", "")), str(getattr(error, "message", error))
    if not title.startswith("ZeroGPU"):
        return error
    if "aborted" in text:
        return AppError(
            f"ZeroGPU ended the run: it was given {duration(call)} s.",
            hint="Shorten the input, or ask for less; what was done so far stays.",
        )
    return Busy(f"{title}: {text}", hint="Sign in to Hugging Face for more, or come back later.")


class Prebuilt:
    """A builder whose GPU models were built at start, in the main thread; others load as everywhere.

    Args:
        builder: finds and constructs models.
        device: where they are placed.
        dispatch: see ``RemoteEngine``.
    """

    def __init__(self, builder: Builder, device: ZeroDevice, dispatch: Dispatch) -> None:
        self._builder, self._device, self._dispatch = builder, device, dispatch
        self._weights: dict[Key, Weights] = {}

    def prepare(self, card: ModelCard) -> None:
        """Fetches and builds one model now.

        Raises:
            ZeroGpuError: outside the main thread, where ``spaces`` can't stand in for CUDA.
            AppError: why the model can't be had.
        """
        if threading.current_thread() is not threading.main_thread():
            raise ZeroGpuError("Models of a ZeroGPU Space are built in the main thread only.")
        began, key = time.perf_counter(), (card.capability, card.id)
        weights = self._builder.fetch(ModelSpec(card), _log_progress(card))
        with BUILD_LOCK:
            engine = self._builder.build(weights, self._device.place(card))
        ENGINES[key], self._weights[key] = engine, weights
        log.info("%s built in %.1f s", card.id, time.perf_counter() - began)

    def fetch(self, spec: ModelSpec, report: Report) -> Weights:
        """See ``models.loading.Builder``.

        Raises:
            ModelUnsupported: for a GPU model that was not built at start.
        """
        found = self._weights.get((spec.card.capability, spec.card.id))
        if found is not None:
            return found
        if not needs_gpu(spec.card):
            return self._builder.fetch(spec, report)
        here = ", ".join(
            model for capability, model in ENGINES if capability == spec.card.capability
        )
        raise ModelUnsupported(
            f"{spec.card.id} is not among the models of this ZeroGPU Space.",
            hint=f"Choices: {here}. Duplicate the Space to choose others.",
        )

    def estimate_bytes(self, weights: Weights, placement: Placement) -> int:
        """Exact for what is built already."""
        engine = ENGINES.get((weights.card.capability, weights.card.id))
        return engine.memory_bytes if engine else self._builder.estimate_bytes(weights, placement)

    def beside(self, weights: Weights, placement: Placement, size_bytes: int) -> Beside:
        """Nothing for what is built already."""
        built = (weights.card.capability, weights.card.id) in ENGINES
        return Beside() if built else self._builder.beside(weights, placement, size_bytes)

    def build(self, weights: Weights, placement: Placement) -> Engine:
        """The stand-in of a GPU model, or a real engine on the CPU."""
        key = (weights.card.capability, weights.card.id)
        engine = ENGINES.get(key)
        if engine is None:
            return self._builder.build(weights, placement)
        return RemoteEngine(key, engine, self._dispatch)


def make_registry(builder: Builder, cards: list[ModelCard], spaces: Any) -> Registry:
    """Builds the fixed set and a registry that holds it for good.

    Args:
        builder: finds and constructs models.
        cards: the fixed set, from ``models.zero_gpu.device.fixed_set``.
        spaces: the ``spaces`` package.

    Raises:
        ZeroGpuError: when they do not fit onto the GPU together.
        AppError: when one of them can't be had.
    """
    device = ZeroDevice()
    decorate: Callable[[Dispatch], Dispatch] = spaces.GPU(duration=duration)
    prebuilt = Prebuilt(builder, device, decorate(run))
    for card in cards:
        prebuilt.prepare(card)
    total, budget = sum(e.memory_bytes for e in ENGINES.values()), device.budget_bytes()
    if total > budget:
        raise ZeroGpuError(
            f"The models take {total / 1e9:.1f} GB; weights may take {budget / 1e9:.1f} GB of the GPU. "
            "Name fewer or smaller ones in MODELDECK_ZERO_MODELS."
        )
    registry = Registry(prebuilt, lambda: device)
    for spec in map(ModelSpec, cards):
        with registry.claim(spec):
            registry.pin(spec.key)
    return registry


def _log_progress(card: ModelCard) -> Report:
    def report(fraction: float | None, note: str) -> None:
        if fraction is None:
            log.info("%s: %s", card.id, note)

    return report
